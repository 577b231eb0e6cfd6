import type { Client } from 'discord.js';
import { MessageGoneError } from '../../ports/errors.ts';
import type { PostedIn } from '../../ports/record.ts';
import type { MessageButton, PostFile } from '../../ports/room.ts';
import { Deliveries } from '../rest/deliveries.ts';
import { type DiscordTextChannel, openTextChannel } from './text-channel.ts';

/** Posts in the moderators' channels of guilds. Rejects with an Error whose message a person can read. */
export class DiscordModeratorPosts {
  readonly #client: Client;
  readonly #deliveries = new Deliveries();

  constructor(client: Client) {
    this.#client = client;
  }

  async post(
    { guildId, channelId, key }: { readonly guildId: string; readonly channelId: string; readonly key?: string },
    content: string,
    buttons: readonly MessageButton[],
    files: readonly PostFile[] = [],
  ): Promise<PostedIn> {
    const channel = await this.#channel(guildId, channelId);
    const messageId = await this.#deliveries.deliver(key && `${key} ${channelId}`, (delivery) =>
      channel.post(content, buttons, files, delivery),
    );
    return { channelId, messageId };
  }

  async edit(guildId: string, at: PostedIn, content: string, buttons: readonly MessageButton[]): Promise<void> {
    const channel = await this.#channel(guildId, at.channelId);
    try {
      await channel.edit(at.messageId, content, buttons);
    } catch (error) {
      // A moderator deleted it: there is nothing left to change.
      if (!(error instanceof MessageGoneError)) throw error;
    }
  }

  async #channel(guildId: string, channelId: string): Promise<DiscordTextChannel> {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) throw new Error('I am not on that server any more.');
    return openTextChannel(guild, channelId, { what: 'moderators', command: '/rules channel' });
  }
}
