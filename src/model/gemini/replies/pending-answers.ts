import { merged } from '../../connection/turn-ids.ts';

/** An answer that the server did not begin within this time is not coming. */
const SILENT_MS = 5_000;

/** Turns behind these are out of the model's context long since. */
const MOST_UNANSWERED = 2_000;

/** Turns behind a result that the model was told of. */
interface Told {
  readonly turnIds: readonly number[];
  known: boolean;
  settled: boolean;
}

/**
 * What the model has to answer: turns that ended, and turns behind tool results. The Live API does not say what a
 * generation answers, so everything that is open counts for it. A generation that begins while several are owed may
 * be the answer to an earlier end only; then the later turns count for the next one as well.
 */
export class GeminiPendingAnswers {
  #unanswered: readonly number[] = [];
  #resultTurns: readonly number[] = [];
  #doubtful: readonly number[] = [];
  #told: Told[] = [];
  /** For a generation that nothing seems to have asked for. */
  #last: readonly number[] = [];
  /**
   * Generations that the server may still owe, each with the turns that asked for it: one for every end of a turn and
   * every result, less one for every turnComplete.
   */
  #owed: (readonly number[])[] = [];
  /** When the server knew of the last of them. */
  #owedSince = Number.POSITIVE_INFINITY;
  #owes = 0;

  get anyUnanswered(): boolean {
    return this.#unanswered.length > 0;
  }

  /** Turns behind results that no generation has used yet. */
  get resultTurns(): readonly number[] {
    return this.#resultTurns;
  }

  /** These turns want an answer, or want one after all. */
  open(turnIds: readonly number[]): void {
    this.#unanswered = merged(turnIds, this.#unanswered).slice(-MOST_UNANSWERED);
  }

  /** A result for a call of these turns was sent. */
  result(turnIds: readonly number[]): void {
    this.#resultTurns = merged(this.#resultTurns, turnIds);
  }

  /**
   * The server was given something to answer. `busy`: it is at an answer already, or has not begun one. `caughtUpTo`:
   * what it sent before that instant was taken. Gives what known() is to be called with.
   */
  owe(turnIds: readonly number[], caughtUpTo: number, busy: boolean): number {
    // A server that was quiet for so long owes nothing: it answered several turns at once.
    if (caughtUpTo - this.#owedSince > SILENT_MS && !busy) {
      this.#owed = [];
      this.#doubtful = [];
    }
    this.#owed.push(turnIds);
    this.#owedSince = Number.POSITIVE_INFINITY;
    this.#owes += 1;
    return this.#owes;
  }

  /** The server knows of what this number of owe() stands for. */
  known(owe: number, now: number): void {
    if (owe === this.#owes) this.#owedSince = now;
  }

  /**
   * A result was given without a request to answer it: a generation that began before the server had it does not use
   * it, so it counts until one that surely began later. `quiet`: the server is at no answer; where it owes none either, it
   * has the result before whatever it begins next. Gives what reached() is to be called with.
   */
  tell(turnIds: readonly number[], quiet: boolean): Told {
    this.result(turnIds);
    const told = { turnIds, known: false, settled: quiet && this.#owed.length === 0 };
    if (turnIds.length > 0) this.#told.push(told);
    return told;
  }

  /** The server has the result. `quiet`: it is at no answer, and owes none. */
  reached(told: Told, quiet: boolean): void {
    told.known = true;
    told.settled ||= quiet && this.#owed.length === 0;
  }

  /** The server ended an answer: what begins now knows all that it has. */
  completed(): void {
    for (const told of this.#told) told.settled ||= told.known;
  }

  /** The server was asked once more for what it owes. */
  oweAgain(): void {
    this.#owed.push(this.#unanswered);
  }

  get owed(): number {
    return this.#owed.length;
  }

  /** The next generation may answer these turns as well. */
  doubt(turnIds: readonly number[]): void {
    this.#doubtful = merged(this.#doubtful, turnIds);
  }

  /** One answer less is to come. */
  given(): void {
    this.#owed.shift();
  }

  /** What a generation that begins now may answer; `doubtful`: what the server may not have known of. */
  all(also: readonly number[]): { turnIds: readonly number[]; doubtful: readonly number[] } {
    const open = merged(merged(this.#unanswered, this.#resultTurns), merged(this.#doubtful, also));
    const told = this.#told.map((one) => one.turnIds).reduce(merged, open);
    const turnIds = told.length > 0 ? told : this.#last;
    // The server may have begun when it knew of the first only. What asked last need not be the latest turn: a result
    // belongs to an earlier one.
    return { turnIds, doubtful: this.#owed.slice(1).reduce(merged, []) };
  }

  /** A generation with these turns reaches the people. */
  answered({ turnIds, doubtful }: { turnIds: readonly number[]; doubtful: readonly number[] }): void {
    this.#unanswered = this.#unanswered.filter((id) => !turnIds.includes(id));
    this.#resultTurns = [];
    this.#told = this.#told.filter(({ settled }) => !settled);
    this.#doubtful = doubtful;
    this.#last = turnIds;
  }
}
