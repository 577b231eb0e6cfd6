// What is kept of one person in one guild: shown, handed over, forgotten. Types only. Instants are ms since 1970.

import type { PostedIn } from './record.ts';
import type { UserId } from './voice.ts';

/** How many things are kept of a person. `answers`: of the bot, to them alone. */
export interface KeptCounts {
  readonly utterances: number;
  readonly answers: number;
  readonly toolCalls: number;
  readonly comings: number;
  readonly notices: number;
  readonly notes: number;
  readonly reminders: number;
  /** For moderators, about what they said. */
  readonly cards: number;
  /** What they did or noted on cards about others. */
  readonly deeds: number;
  /** Rules that they added. */
  readonly rules: number;
  /** Others' tool calls in which their words or name stand, and answers that repeat them. */
  readonly quotes: number;
  /** Days on which what they used was counted under their name. */
  readonly usageDays: number;
}

/** What forgetting leaves. `reports`: that they made. `readings`: of the record. `permissions`: under their id. */
export interface StayingCounts {
  readonly reports: number;
  readonly readings: number;
  readonly permissions: number;
}

/** What is kept of a person, in short. */
export interface KeptOfPerson {
  readonly counts: KeptCounts;
  readonly staying: StayingCounts;
  /** The oldest of it; null: nothing is kept. */
  readonly since: number | null;
  /** How long the guild keeps what is said. */
  readonly retentionDays: number;
  /** Messages in Discord from which their words are still to be taken, and those where that was given up. */
  readonly editing: PostEditing;
}

/** How far the editing of old messages is. `failed`: why each could not be edited, in words for people. */
export interface PostEditing {
  readonly waiting: number;
  readonly failed: readonly { readonly post: PostedIn; readonly reason: string }[];
}

/**
 * What of others was deleted or emptied because it repeated somebody's words. `replies`: answers; `lineIds`: all lines;
 * `calls`: of tools, as they were asked.
 */
export interface ForgottenBeside {
  readonly replies: readonly { readonly conversationId: number; readonly replyId: string }[];
  readonly lineIds: ReadonlySet<number>;
  readonly calls: readonly { readonly callId: string; readonly name: string; readonly arguments: string }[];
}

/** What was forgotten. `posts`: messages in Discord that are edited now, one after the other. */
export interface Forgotten {
  readonly counts: KeptCounts;
  readonly posts: number;
}

/** What a guild's people may know and have forgotten of themselves. Rejects with StoreError. */
export interface OwnRecords {
  /** The guilds in which anything is kept of this person, also those that they or the bot left. */
  guildsOf(userId: UserId): Promise<readonly string[]>;
  kept(guildId: string, userId: UserId): Promise<KeptOfPerson>;
  /** All of it, as JSON text. `also`: what is kept of them elsewhere. */
  exported(guildId: string, userId: UserId, also?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Everywhere: conversations that run, the database, the posts. What they say afterwards is recorded again. */
  erase(guildId: string, userId: UserId): Promise<Forgotten>;
}
