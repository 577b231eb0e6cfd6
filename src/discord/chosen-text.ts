import { DiscordAPIError, type Guild, type GuildBasedChannel, RESTJSONErrorCodes } from 'discord.js';
import { MessageGoneError } from '../bridge/errors.ts';
import type { MessageButton, PostFile, TextChannel } from '../bridge/room-ports.ts';
import { startThread } from './conversation-thread.ts';
import { openTextChannel } from './text-channel.ts';
import { lackingToWrite } from './writing.ts';

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

/** What was posted there is out of reach for good, or until somebody opens the thread again. */
const GONE: ReadonlySet<string | number> = new Set([
  ...CLOSED,
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownMessage,
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
    const posted = async (where: string): Promise<string> => {
      const channel = await openTextChannel(this.#guild, where);
      return `${where}:${await channel.post(content, buttons, files)}`;
    };
    try {
      return await posted(place);
    } catch (error) {
      if (place === channelId || !this.#lost(channelId, place, error)) throw error;
      return posted(await this.#place(channelId));
    }
  }

  async edit(
    messageId: string,
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
  ): Promise<void> {
    const [channelId = '', id = ''] = messageId.split(':');
    try {
      const channel = await openTextChannel(this.#guild, channelId);
      await channel.edit(id, content, buttons, files);
    } catch (error) {
      if (!(error instanceof Error) || !GONE.has(codeOf(error) ?? '')) throw error;
      throw new MessageGoneError(error.message, { cause: error });
    }
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

  /**
   * Whether there is another place now: of a thread that was deleted another one is made; where somebody closed it, or
   * took the right to write in it, it is the channel.
   */
  #lost(channelId: string, threadId: string, error: unknown): boolean {
    const thread = this.#guild.channels.cache.get(threadId);
    if (!thread?.isThread()) {
      this.#threads.delete(channelId);
      return true;
    }
    const closed = CLOSED.has(codeOf(error) ?? '');
    const lacking = this.#lackingIn(thread);
    if (!closed && (!lacking || this.#lackingIn(this.#guild.channels.cache.get(channelId)))) return false;
    this.#threads.set(channelId, Promise.resolve(channelId));
    const why = closed
      ? 'Somebody closed the thread of this conversation.'
      : `I lack ${lacking} in the thread of this conversation.`;
    this.thread?.failed(`${why} I write into the channel itself.`);
    return true;
  }

  #lackingIn(channel: GuildBasedChannel | undefined): string | undefined {
    const { me } = this.#guild.members;
    return channel?.isTextBased() && me ? lackingToWrite(channel, me) : undefined;
  }
}

/** Discord's code behind an error of a text channel. */
function codeOf(error: unknown): string | number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof DiscordAPIError ? cause.code : undefined;
}
