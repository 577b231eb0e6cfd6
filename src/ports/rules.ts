// What moderators want to know of: rules, the cards of what they hit, and reports of people. Types only.

import type { PostedIn } from './record.ts';
import type { Person, UserId } from './voice.ts';

/** `word`: words with `*` as Discord's AutoMod means it; `pattern`: RE2; `exception`: words in which nothing is a hit. */
export type RuleKind = 'word' | 'pattern' | 'exception';

/** A rule of a guild. `text` is untrusted. */
export interface Rule {
  readonly id: number;
  readonly kind: RuleKind;
  readonly text: string;
}

/** Where a rule hit a text: UTF-16 offsets of the original. */
export interface Hit {
  readonly rule: Rule;
  readonly start: number;
  readonly end: number;
}

/** How a guild uses its rules. `log`: hits are counted and logged; `card`: they are shown to moderators. */
export interface RuleSettings {
  readonly mode: 'log' | 'card';
  /** The moderators' channel; null: none yet. */
  readonly channelId: string | null;
  /** What the model says is looked at, too. */
  readonly watchModel: boolean;
}

/**
 * What became of adding many rules. `known`: were there already, letter for letter. `same`: are the same word as another
 * rule, in other letters. `refused`: a sentence for each that was not taken. Untrusted text in it.
 */
export interface Added {
  readonly added: number;
  readonly known: number;
  readonly same: readonly { readonly text: string; readonly as: string }[];
  readonly refused: readonly { readonly text: string; readonly why: string }[];
}

/** The rules of every guild. Rejects with StoreError where the database fails. */
export interface Rules {
  settings(guildId: string): Promise<RuleSettings>;
  set(guildId: string, change: Partial<RuleSettings>): Promise<RuleSettings>;
  /** Oldest first, each with how often it was hit. */
  list(guildId: string): Promise<readonly (Rule & { readonly hits: number })[]>;
  /** Rules that cannot be taken are refused one by one, the others are added. */
  add(guildId: string, by: UserId, rules: readonly Omit<Rule, 'id'>[]): Promise<Added>;
  /** False where there is none. */
  remove(guildId: string, id: number): Promise<boolean>;
  /** What of a text is hit, one hit a rule; never holds up the process for long. */
  test(guildId: string, text: string): Promise<readonly Hit[]>;
}

/** Rules of Discord's own AutoMod that can be taken, and what cannot. */
export interface ForeignRules {
  readonly rules: readonly Omit<Rule, 'id'>[];
  /** A sentence for each thing that has no counterpart here. Untrusted text in it. */
  readonly left: readonly string[];
}

/** A line of the conversation on a card. `userId` null: the model, or nobody knows. Untrusted text. */
export interface CardLine {
  readonly userId: UserId | null;
  readonly name: string;
  readonly text: string;
  readonly at: number;
  /** The line that was hit. */
  readonly hit?: boolean;
}

/** What a moderator did about a card. `text`: of a note. */
export interface CardDeed {
  readonly kind: 'dismissed' | 'noted' | 'muted' | 'timed-out';
  readonly by: Person;
  readonly at: number;
  readonly text?: string;
}

/** Something that a rule hit, as it is kept and shown. Untrusted text in it. Instants are ms since 1970. */
export interface RuleCard {
  readonly id: number;
  readonly guildId: string;
  /** The voice channel. */
  readonly channelId: string;
  /** null: the model said it, or nobody knows who. */
  readonly userId: UserId | null;
  readonly name: string;
  readonly text: string;
  readonly rules: readonly Rule[];
  /** `turn:ID` or `reply:ID` of its conversation; empty: nobody knows. */
  readonly key: string;
  /** Its sound, as in the record. */
  readonly at: number;
  readonly endedAt: number;
  /** 30 s around it; grows until `complete`. */
  readonly context: readonly CardLine[];
  readonly complete: boolean;
  /** Where it was said can be read, once it is posted. */
  readonly said: PostedIn | null;
  /** The card itself; null: not posted. */
  readonly posted: PostedIn | null;
  readonly deeds: readonly CardDeed[];
}

/** A copy of what was said, sealed for moderators because somebody asked for it. Untrusted text in it. */
export interface Report {
  readonly id: number;
  readonly guildId: string;
  /** The voice channel. */
  readonly channelId: string;
  readonly by: Person;
  readonly about: Person | null;
  readonly reason: string;
  /** The last five minutes, a line each. */
  readonly text: string;
  readonly at: number;
  /** Its card; null: not posted yet. */
  readonly posted: PostedIn | null;
}

/** What came of a wish to report. `silent`: nothing in it is by whom it is about. `unposted`: sealed, but no moderator was told. `why`: a sentence. */
export type ReportOutcome =
  | { readonly kind: 'sealed'; readonly id: number; readonly lines: number; readonly silent: boolean }
  | { readonly kind: 'unposted'; readonly id: number; readonly why: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'too-often'; readonly againAt: number };

/** What rules hit while moderators could not see it. */
export interface Cards {
  /** Posts the newest of what no moderator of a guild has seen yet; gives how many. */
  bring(guildId: string): Promise<number>;
}

/** Takes reports of people. */
export interface Reports {
  /** The last five minutes of this voice channel. */
  report(wish: Omit<Report, 'id' | 'text' | 'at' | 'posted'>): Promise<ReportOutcome>;
  /** Posts what no moderator of a guild has seen yet. */
  bring(guildId: string): Promise<void>;
}
