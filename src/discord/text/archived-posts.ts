import { type Client, DiscordAPIError, type GuildTextBasedChannel, RESTJSONErrorCodes } from 'discord.js';
import type { PostedIn } from '../../ports/record.ts';
import { verdictOf } from '../rest/verdict.ts';

/**
 * What became of a wish to change an old post. `untaken`: Discord never takes this text; `refused`: it will not let us;
 * `reason` is for people.
 */
export type PostChange =
  | { readonly kind: 'done' | 'gone' | 'later' | 'untaken' }
  | { readonly kind: 'refused'; readonly reason: string };

/** Nothing of it is there any more. */
const GONE: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
]);
const NO_RIGHT: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.MissingAccess,
  RESTJSONErrorCodes.MissingPermissions,
]);
const SHUT: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.InvalidActionOnArchivedThread,
  RESTJSONErrorCodes.ThreadLocked,
]);

/** Changes messages that the bot posted long ago, one at a time. Waiting for Discord's limits is left to discord.js. */
export class ArchivedPosts {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Gives `change` the post's text, and puts what it gives in its place; undefined: it stays. Never rejects. */
  async change(post: PostedIn, change: (content: string) => Promise<string | undefined>): Promise<PostChange> {
    return this.#try(post, async (channel) => {
      // The content of one's own messages comes without the privileged intent.
      const { content } = await channel.messages.fetch({ message: post.messageId, cache: false, force: true });
      const next = await change(content);
      if (next === undefined) return;
      await channel.messages.edit(post.messageId, { content: next, allowedMentions: { parse: [] } });
    });
  }

  /** Puts this in the place of all of the post, its buttons and files included. Never rejects. */
  async replace(post: PostedIn, content: string): Promise<PostChange> {
    return this.#try(post, async (channel) => {
      const nothing = { components: [], attachments: [], embeds: [] };
      await channel.messages.edit(post.messageId, { content, allowedMentions: { parse: [] }, ...nothing });
    });
  }

  async #try(post: PostedIn, act: (channel: GuildTextBasedChannel) => Promise<void>): Promise<PostChange> {
    try {
      // An archived thread is in no cache.
      const channel = await this.#client.channels.fetch(post.channelId);
      if (!channel?.isTextBased() || channel.isDMBased()) return { kind: 'gone' };
      await inOpenThread(channel, () => act(channel));
      return { kind: 'done' };
    } catch (error) {
      if (!(error instanceof DiscordAPIError)) return { kind: 'later' };
      if (GONE.has(error.code)) return { kind: 'gone' };
      if (NO_RIGHT.has(error.code)) {
        return { kind: 'refused', reason: 'I lack View Channel, Read Message History or Connect there' };
      }
      if (SHUT.has(error.code)) return { kind: 'refused', reason: 'the thread is locked, or I may not open it again' };
      if (verdictOf(error) === 'content') return { kind: 'untaken' };
      // Such as 30046: too many edits of messages that are older than an hour.
      return { kind: 'later' };
    }
  }
}

/**
 * Nothing can be edited in an archived thread, and Discord archives threads after some days without a message. Whoever may
 * write there may open one that is not locked; https://docs.discord.com/developers/resources/channel#modify-channel
 */
async function inOpenThread(channel: GuildTextBasedChannel, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const archived =
      error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.InvalidActionOnArchivedThread;
    if (!archived || !channel.isThread() || channel.locked) throw error;
    await channel.edit({ archived: false });
    try {
      await act();
    } finally {
      // As it was; where that fails, Discord archives it again by itself.
      await channel.edit({ archived: true }).catch(() => {});
    }
  }
}
