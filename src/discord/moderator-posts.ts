import { type Client, DiscordAPIError, RESTJSONErrorCodes } from 'discord.js';
import type { PostedIn } from '../bridge/record-ports.ts';
import type { MessageButton, PostFile } from '../bridge/room-ports.ts';
import { type DiscordTextChannel, openTextChannel } from './text-channel.ts';

/** Posts in the moderators' channels of guilds. Rejects with an Error whose message a person can read. */
export class DiscordModeratorPosts {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async post(
    { guildId, channelId }: { readonly guildId: string; readonly channelId: string },
    content: string,
    buttons: readonly MessageButton[],
    files: readonly PostFile[] = [],
  ): Promise<PostedIn> {
    const channel = await this.#channel(guildId, channelId);
    return { channelId, messageId: await channel.post(content, buttons, files) };
  }

  async edit(guildId: string, at: PostedIn, content: string, buttons: readonly MessageButton[]): Promise<void> {
    const channel = await this.#channel(guildId, at.channelId);
    try {
      await channel.edit(at.messageId, content, buttons);
    } catch (error) {
      // A moderator deleted it: there is nothing left to change.
      const { cause } = error as Error;
      if (!(cause instanceof DiscordAPIError) || cause.code !== RESTJSONErrorCodes.UnknownMessage) throw error;
    }
  }

  async #channel(guildId: string, channelId: string): Promise<DiscordTextChannel> {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) throw new Error('I am not on that server any more.');
    return openTextChannel(guild, channelId, { what: 'moderators', command: '/rules channel' });
  }
}
