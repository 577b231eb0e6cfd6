import { DiscordAPIError, type Guild, RESTJSONErrorCodes } from 'discord.js';
import type { MessageButton, PostFile, TextChannel } from '../bridge/room-ports.ts';
import { startThread } from './conversation-thread.ts';
import { openTextChannel } from './text-channel.ts';

/** A thread for the conversation. */
export interface ThreadWish {
  /** What it is called; of any length. */
  readonly name: string;
  /** Is told why there is none, in a whole sentence; the posts go to the channel itself. */
  readonly failed: (message: string) => void;
}

/** The thread cannot be written in any more, though it is there. */
const CLOSED: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.InvalidActionOnArchivedThread,
  RESTJSONErrorCodes.ThreadLocked,
]);

/**
 * The text channel that is chosen at the time of each post, or a thread in it that is made for the first one; what was
 * posted elsewhere before is still edited there. Message ids of this one are `channel:message`.
 */
export class ChosenText implements TextChannel {
  readonly #guild: Guild;
  /** Where the next post goes; with `thread`, in which channel its thread is. */
  channelId: string;
  /** null: posts go to the channel itself. */
  thread: ThreadWish | null = null;
  /** By channel: its thread, or where none can be, the channel. */
  readonly #threads = new Map<string, Promise<string>>();

  constructor(guild: Guild, channelId: string) {
    this.#guild = guild;
    this.channelId = channelId;
  }

  async post(content: string, buttons?: readonly MessageButton[], files?: readonly PostFile[]): Promise<string> {
    const { channelId } = this;
    const place = await this.#place(channelId);
    try {
      const channel = await openTextChannel(this.#guild, place);
      return `${place}:${await channel.post(content, buttons, files)}`;
    } catch (error) {
      if (place !== channelId) this.#lost(channelId, place, error);
      throw error;
    }
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

  #place(channelId: string): Promise<string> {
    const { thread } = this;
    if (!thread) return Promise.resolve(channelId);
    const known =
      this.#threads.get(channelId) ??
      startThread(this.#guild, channelId, thread.name).catch((error: Error) => {
        thread.failed(`${error.message} I write into the channel itself.`);
        return channelId;
      });
    this.#threads.set(channelId, known);
    return known;
  }

  /** Of a thread that was deleted another one is made; one that somebody closed stays closed. */
  #lost(channelId: string, threadId: string, error: unknown): void {
    if (!this.#guild.channels.cache.has(threadId)) {
      this.#threads.delete(channelId);
      return;
    }
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof DiscordAPIError) || !CLOSED.has(cause.code)) return;
    this.#threads.set(channelId, Promise.resolve(channelId));
    this.thread?.failed('Somebody closed the thread of this conversation. I write into the channel itself.');
  }
}
