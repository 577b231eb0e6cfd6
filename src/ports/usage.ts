// What models used and what that costs: tokens, days, budgets. Types only.

import type { Provider } from './capabilities.ts';
import type { UserId } from './voice.ts';

/** Tokens by what they stand for. The `cached…` ones are counted there only. */
export interface Tokens {
  readonly textIn: number;
  readonly cachedTextIn: number;
  readonly audioIn: number;
  readonly cachedAudioIn: number;
  readonly textOut: number;
  readonly audioOut: number;
}

/** Tokens of one reply. `estimated`: the provider did not report them, or not by modality. */
export interface Usage {
  /** Web searches of the provider, billed apart. Absent: none. */
  readonly searches?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly tokens: Tokens;
  readonly estimated: boolean;
}

/** What one person used of one model. `costUsd` null: no price is known. `userId` empty: nobody knows whose it was. */
export interface UsageLine {
  readonly userId: UserId;
  /** The name that the guild showed last. Untrusted text. */
  readonly name: string;
  readonly channelId: string;
  readonly provider: Provider;
  readonly model: string;
  /** A share of a reply counts as that part of one. */
  readonly replies: number;
  readonly tokens: Tokens;
  /** Sound that was transcribed and billed apart. */
  readonly seconds: number;
  readonly estimated: boolean;
  readonly costUsd: number | null;
}

/** What one UTC day (YYYY-MM-DD) cost, by model. `costUsd` null: no price is known for a part of it. */
export interface UsageDay {
  readonly day: string;
  readonly costs: readonly { readonly model: string; readonly costUsd: number | null }[];
}

/** Whose money it is: what one person may cost on a server, a server, or the whole bot. */
export type BudgetOf = 'person' | 'server' | 'bot';

/** A day or a month of UTC. */
export type BudgetSpan = 'day' | 'month';

/** What a day and a month may cost in US dollars; 0: no limit. */
export interface SpanLimits {
  readonly day: number;
  readonly month: number;
}

/** The operator's limits: of the whole bot, and what holds where a server set none. */
export type BudgetDefaults = Readonly<Record<BudgetOf, SpanLimits>>;

/**
 * A limit and how much of it is spent. `until`: when it begins anew, ms since 1970. `words`, `anew`: the budget, and that
 * moment, in a sentence for people. `back`: when the bot is back, and who can change it: what "I can come back" is followed
 * by.
 */
export interface BudgetState {
  readonly of: BudgetOf;
  readonly span: BudgetSpan;
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly until: number;
  readonly words: string;
  readonly anew: string;
  readonly back: string;
}

/**
 * How near the end a budget is. `near`: people are told. `called`: only who calls the bot is answered. `brief`: it leaves
 * after a short silence. `cheap`: a cheaper model takes over, where one is configured. `spent`: it leaves.
 */
export type BudgetStep = 'free' | 'near' | 'called' | 'brief' | 'cheap' | 'spent';

/** How a guild stands. `nearest`: the limit of the server or of the bot that decides `step`; undefined: there is none. */
export interface BudgetStanding {
  readonly step: BudgetStep;
  readonly nearest: BudgetState | undefined;
  /** People who are near the end of theirs, or at it. */
  readonly people: ReadonlyMap<UserId, BudgetState>;
}

/** The model that goes on where the money runs out. */
export interface CheaperModel {
  readonly provider: Provider;
  readonly model: string;
}

/** What guilds used; days and months are those of UTC. */
export interface UsageReport {
  today(guildId: string): Promise<readonly UsageLine[]>;
  month(guildId: string): Promise<readonly UsageLine[]>;
  /** The last 30 days, today included, oldest first; a day without use has no costs. */
  days(guildId: string): Promise<readonly UsageDay[]>;
  /** The limits that hold for this guild and the bot, and how much of each is spent. */
  budgets(guildId: string): Promise<readonly BudgetState[]>;
  /** What one person may cost here; 0: no limit. */
  personLimits(guildId: string): Promise<SpanLimits>;
  /** A limit of the bot, of this guild or, where `userId` is given, of this person that is spent; undefined: none is. */
  spent(guildId: string, userId?: UserId): Promise<BudgetState | undefined>;
}
