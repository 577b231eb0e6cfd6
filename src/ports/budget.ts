// What conversations may cost, as the rooms see it. Types only.
import type { Provider, UserId } from './model.ts';

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
