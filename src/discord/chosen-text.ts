import type { Guild } from 'discord.js';
import type { MessageButton, PostFile, TextChannel } from '../bridge/room-ports.ts';
import { openTextChannel } from './text-channel.ts';

/**
 * The text channel that is chosen at the time of each post; what was posted elsewhere before is still edited there.
 * Message ids of this one are `channel:message`.
 */
export class ChosenText implements TextChannel {
  readonly #guild: Guild;
  /** Where the next post goes. */
  channelId: string;

  constructor(guild: Guild, channelId: string) {
    this.#guild = guild;
    this.channelId = channelId;
  }

  async post(content: string, buttons?: readonly MessageButton[], files?: readonly PostFile[]): Promise<string> {
    const { channelId } = this;
    const channel = await openTextChannel(this.#guild, channelId);
    return `${channelId}:${await channel.post(content, buttons, files)}`;
  }

  async edit(
    messageId: string,
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
  ): Promise<void> {
    const [channelId = '', id = ''] = messageId.split(':');
    const channel = await openTextChannel(this.#guild, channelId);
    await channel.edit(id, content, buttons, files);
  }
}
