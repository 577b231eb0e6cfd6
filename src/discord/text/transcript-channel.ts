import { DiscordAPIError, type Guild, type GuildBasedChannel, RESTJSONErrorCodes } from 'discord.js';
import type { Delivery } from '../../lib/delivery.ts';
import { MessageGoneError, PlaceRefusedError } from '../../ports/errors.ts';
import type { MessageButton, PostFile, TextChannel } from '../../ports/room.ts';
import { lackingToWrite } from '../guild/write-permissions.ts';
import { startThread } from './conversation-thread.ts';
import { openTextChannel } from './text-channel.ts';

/** A thread for the conversation. */
export interface ThreadWish {
  /** What it is called; of any length. */
  readonly name: string;
  /** Is told why there is none, in a whole sentence; the posts go to the channel itself. */
  readonly failed: (message: string) => void;
}

/** Where else the posts of a conversation may go. */
interface Refuge {
  /** The channel whose chat takes them where the chosen channel takes nothing any more. */
  readonly chatId: () => string;
  /** Is told once of each channel that takes nothing any more, in a whole sentence. */
  readonly lost?: (message: string) => void;
}

/** Where posts go that belong to one moment, whatever is chosen later. */
interface Choice {
  readonly channelId: string;
  readonly thread: ThreadWish | null;
  /** Whose chat takes them where the channel takes nothing any more. */
  readonly chatId: string | undefined;
  /** Where the last post went. */
  last: string;
}

/** A channel that refused is asked again after this, where nothing is known to stand against it any more. */
const AGAIN_MS = 60_000;

/** The thread cannot be written in any more, though it is there. */
const CLOSED: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.InvalidActionOnArchivedThread,
  RESTJSONErrorCodes.ThreadLocked,
]);

/**
 * The text channel that is chosen at the time of each post, or a thread in it that is made for the first one; where that
 * takes nothing any more, the chat of the voice channel. What was posted elsewhere before is still edited there. Message
 * ids of this one are `channel:message`.
 */
export class TranscriptChannel implements TextChannel {
  readonly #guild: Guild;
  readonly #refuge: Refuge | undefined;
  #channelId: string;
  /** null: posts go to the channel itself. */
  thread: ThreadWish | null = null;
  /** By channel: its thread, or where none can be, the channel. */
  readonly #threads = new Map<string, Promise<string>>();
  /** Channels that take nothing, with the instant (performance.now()) and the reason. */
  readonly #shut = new Map<string, { readonly at: number; readonly why: string }>();
  readonly #told = new Set<string>();
  /** Where the last post went that was made for no choice of before. */
  #last: string;

  /** Without `refuge` there is no other place. */
  constructor(guild: Guild, channelId: string, refuge?: Refuge) {
    this.#guild = guild;
    this.#channelId = channelId;
    this.#last = channelId;
    this.#refuge = refuge;
  }

  /** The chosen channel: there the next post goes, or with `thread` into its thread. */
  get channelId(): string {
    return this.#channelId;
  }

  set channelId(channelId: string) {
    this.#channelId = channelId;
    this.#shut.clear();
    this.#told.clear();
  }

  /** The channel that takes posts now: the chosen one, or the one in its stead. */
  get takerId(): string {
    return this.#open(this.#choice) ?? this.#channelId;
  }

  here(): TextChannel {
    const choice = this.#choice;
    return {
      post: (...message) => this.#post(choice, ...message),
      edit: (...message) => this.edit(...message),
      abandon: (why) => this.#abandon(choice, why),
    };
  }

  post(
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
    delivery?: Delivery,
  ): Promise<string> {
    const choice = this.#choice;
    const posted = this.#post(choice, content, buttons, files, delivery);
    return posted.finally(() => {
      this.#last = choice.last;
    });
  }

  get #choice(): Choice {
    const { thread } = this;
    return { channelId: this.#channelId, thread, chatId: this.#refuge?.chatId(), last: this.#last };
  }

  async #post(
    choice: Choice,
    content: string,
    buttons?: readonly MessageButton[],
    files?: readonly PostFile[],
    delivery?: Delivery,
  ): Promise<string> {
    for (let lost = 0; ; lost++) {
      const channelId = this.#open(choice);
      if (channelId === undefined) throw new PlaceRefusedError(this.#why(choice));
      const place = await this.#place(choice, channelId);
      delivery?.goesTo(place);
      choice.last = place;
      try {
        const channel = await openTextChannel(this.#guild, place);
        return `${place}:${await channel.post(content, buttons, files, delivery)}`;
      } catch (error) {
        if (!(error instanceof PlaceRefusedError)) throw error;
        if (place === channelId) this.#shutDown(choice, channelId, error.message);
        else this.#threadLost(choice, { channelId, threadId: place, error, again: lost === 0 });
      }
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
      if (!(error instanceof PlaceRefusedError)) throw error;
      throw new MessageGoneError(error.message, { cause: error });
    }
  }

  abandon(why: string): void {
    this.#abandon(this.#choice, why);
  }

  #abandon(choice: Choice, why: string): void {
    const channelId = this.#open(choice);
    if (channelId === undefined) return;
    if (choice.last !== channelId) this.#threads.set(channelId, Promise.resolve(channelId));
    else this.#shutDown(choice, channelId, why);
  }

  /** The first channel that may take a post. */
  #open({ channelId, chatId }: Choice): string | undefined {
    const channels = chatId === undefined ? [channelId] : [channelId, chatId];
    return channels.find((id) => {
      const shut = this.#shut.get(id);
      if (!shut) return true;
      const channel = this.#guild.channels.cache.get(id);
      const open = performance.now() - shut.at >= AGAIN_MS && channel && this.#lackingIn(channel) === undefined;
      if (open) this.#shut.delete(id);
      return open === true;
    });
  }

  #why({ channelId }: Choice): string {
    return this.#shut.get(channelId)?.why ?? 'There is no channel that I may write in.';
  }

  #shutDown(choice: Choice, channelId: string, why: string): void {
    this.#shut.set(channelId, { at: performance.now(), why });
    if (this.#told.has(channelId)) return;
    this.#told.add(channelId);
    // Nobody needs to choose another place instead of one that is left.
    if (choice.channelId !== this.#channelId) return;
    const next = this.#open(choice) === undefined ? '' : ' The transcript goes on here.';
    const choose = why.includes('/transcript channel') ? '' : ' /transcript channel chooses another place.';
    this.#refuge?.lost?.(`${why}${next}${choose}`);
  }

  #place({ thread, channelId: chosen }: Choice, channelId: string): Promise<string> {
    if (!thread || channelId !== chosen) return Promise.resolve(channelId);
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
   * The thread takes nothing any more: of one that was deleted another one is made; where somebody closed it, or took the
   * right to write in it, it is the channel.
   */
  #threadLost(
    choice: Choice,
    lost: { readonly channelId: string; readonly threadId: string; readonly error: Error; readonly again: boolean },
  ): void {
    const { channelId, threadId, error, again } = lost;
    const thread = this.#guild.channels.cache.get(threadId);
    if (!thread?.isThread() && again) {
      this.#threads.delete(channelId);
      return;
    }
    this.#threads.set(channelId, Promise.resolve(channelId));
    const lacking = thread && this.#lackingIn(thread);
    // What takes the right to write in the channel as well is told of the channel.
    if (lacking !== undefined && this.#lackingIn(this.#guild.channels.cache.get(channelId)) !== undefined) return;
    const why = CLOSED.has(codeOf(error) ?? '')
      ? 'Somebody closed the thread of this conversation.'
      : lacking === undefined
        ? error.message
        : `I lack ${lacking} in the thread of this conversation.`;
    choice.thread?.failed(`${why} I write into the channel itself.`);
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
