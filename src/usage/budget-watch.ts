import { setTimeout as wait } from 'node:timers/promises';
import { wallClock } from '../clock/wall-clock.ts';
import type { BridgeHandle } from '../ports/conversation.ts';
import type { GuildSettings, SettingsStore } from '../ports/settings.ts';
import type { BudgetState, BudgetStep, CheaperModel } from '../ports/usage.ts';
import type { UserId } from '../ports/voice.ts';
import { frugal, isAt, personLine, stepLine, stepOf, stepsBetween } from './budget-steps.ts';
import type { UsageTracker } from './usage-tracker.ts';

const ANEW = 'There is money again: I go on as before.';
/** The clock of the machine may be a little behind. */
const LATER_MS = 1_000;
const LONGEST_TIMER_MS = 3_600_000;
/** An answer that sounds when the money is spent may last so long. */
const LAST_ANSWER_MS = 20_000;
const CHECK_MS = 200;

/** Whom a watch over a conversation's budgets tells what. */
export interface BudgetWatchParts {
  readonly guildId: string;
  readonly spending: Pick<UsageTracker, 'watch' | 'standing'>;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly cheaper: CheaperModel | null;
  /** It only writes down what is said. */
  readonly listens: boolean;
  readonly nameOf: (userId: UserId) => string;
  /** A line for everybody there; may hold names. */
  readonly tell: (line: string) => void;
  /** The settings come to something else now: frugal() tells what. Gives those that cannot be taken on. */
  readonly onChanged: (settings: GuildSettings) => readonly (keyof GuildSettings)[];
  /** Nothing is left. */
  readonly onSpent: (budget: BudgetState) => void;
  readonly onFailed: (error: unknown) => void;
}

/**
 * Watches what one conversation costs: tells people when a budget nears its end, saves in steps before it, and ends it
 * there. Whose own budget is spent costs nothing more. Close it.
 */
export class BudgetWatch {
  readonly #parts: BudgetWatchParts;
  readonly #unwatch: () => void;
  #step: BudgetStep = 'free';
  /** Those who used up theirs, and those who were told that they are near. */
  #spent = new Set<UserId>();
  readonly #told = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: BudgetWatchParts) {
    this.#parts = parts;
    this.#unwatch = parts.spending.watch(parts.guildId, () => this.look());
  }

  /** What settings come to with the money that is left. */
  frugal(settings: GuildSettings): GuildSettings {
    return frugal(settings, this.#step, this.#parts.listens ? null : this.#parts.cheaper);
  }

  /** Whether this person may cost anything more. */
  mayCost(userId: UserId): boolean {
    return !this.#spent.has(userId);
  }

  /** Looks how things stand, one look after the other. */
  look(): void {
    this.#looking = this.#looking.then(() => this.#look()).catch((error: unknown) => this.#parts.onFailed(error));
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    clearTimeout(this.#again);
  }

  async #look(): Promise<void> {
    const { guildId, spending, settings } = this.#parts;
    if (this.#closed) return;
    const { step, nearest, people } = await spending.standing(guildId);
    const own = await settings.get(guildId);
    if (this.#closed) return;
    this.#lookAtPeople(people);
    this.#lookAgain([...(nearest ? [nearest] : []), ...people.values()]);
    const before = this.#step;
    if (step === before) return;
    this.#step = step;
    const waits = this.#parts.onChanged(own);
    if (nearest) this.#tellSteps(before, nearest, own, waits);
    if (isAt(before, 'called') && !isAt(step, 'called')) this.#parts.tell(ANEW);
    if (step === 'spent' && nearest) this.#parts.onSpent(nearest);
  }

  /** `waits`: what the running conversation cannot take on, so that nobody is told of it. */
  #tellSteps(
    before: BudgetStep,
    state: BudgetState,
    settings: GuildSettings,
    waits: readonly (keyof GuildSettings)[],
  ): void {
    const { listens, cheaper, tell } = this.#parts;
    for (const step of stepsBetween(before, this.#step)) {
      if (step === 'called' && waits.includes('answer')) continue;
      const line = this.#step === 'spent' ? undefined : stepLine(step, state, { settings, listens, cheaper });
      if (line !== undefined) tell(line);
    }
  }

  #lookAtPeople(people: ReadonlyMap<UserId, BudgetState>): void {
    const { nameOf, tell } = this.#parts;
    this.#spent = new Set([...people].flatMap(([id, state]) => (stepOf(state) === 'spent' ? [id] : [])));
    for (const [id, state] of people) {
      const told = JSON.stringify([id, stepOf(state) === 'spent', state.span, state.until, state.limitUsd]);
      if (this.#told.has(told)) continue;
      this.#told.add(told);
      tell(personLine(nameOf(id), state));
    }
  }

  /** When a day or a month ends, nobody has to speak for it to be noticed. */
  #lookAgain(states: readonly BudgetState[]): void {
    clearTimeout(this.#again);
    if (states.length === 0) return;
    const ms = Math.min(...states.map(({ until }) => until)) - wallClock.now() + LATER_MS;
    this.#again = setTimeout(() => this.look(), Math.min(Math.max(ms, LATER_MS), LONGEST_TIMER_MS)).unref();
  }
}

/** Ends a conversation whose money is spent; whoever is being answered hears the answer to its end. */
export async function leaveFor(bridge: Pick<BridgeHandle, 'status' | 'close'>, budget: BudgetState): Promise<void> {
  const latest = performance.now() + LAST_ANSWER_MS;
  do await wait(CHECK_MS, undefined, { ref: false });
  while (bridge.status().speaking && performance.now() < latest);
  await bridge.close({ kind: 'budget', budget });
}
