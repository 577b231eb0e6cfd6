import type { Turn, UserId } from '../../ports/voice.ts';

/** An answer that has not begun this long after the end of the turn is not coming. */
const ANSWERED_MS = 15_000;
/** Words that did not come this long after the end of the turn are not coming. */
const WRITTEN_MS = 60_000;
/** Turns that are known to have been taken back; words of one before these are not expected any more. */
const REMEMBERED = 256;

interface Going {
  readonly turn: Turn;
  /** Typing to the bot is consent for that text. */
  readonly typed: boolean;
  endedAt: number | undefined;
  answered: boolean;
  written: boolean;
}

/** Turns of which something is still to come: sound, words or an answer. What their speakers took back. Pure. */
export class ActiveTurns {
  readonly #going = new Map<number, Going>();
  readonly #withdrawn = new Set<number>();

  began(turn: Turn, now: number): void {
    for (const [id, going] of this.#going) if (isOver(going, now)) this.#going.delete(id);
    this.#going.set(turn.id, { turn, typed: false, endedAt: undefined, answered: false, written: false });
  }

  typed(turn: Turn, now: number): void {
    this.#going.set(turn.id, { turn, typed: true, endedAt: now, answered: false, written: true });
  }

  ended(turnId: number, now: number): void {
    const going = this.#going.get(turnId);
    if (going) going.endedAt = now;
  }

  answered(turnIds: readonly number[]): void {
    for (const id of turnIds) {
      const going = this.#going.get(id);
      if (going) going.answered = true;
    }
  }

  written(turnId: number): void {
    const going = this.#going.get(turnId);
    if (going) going.written = true;
  }

  /** Takes back everything that this person said and that is under way. `unanswered`: whether an answer to it may be on its way. */
  withdraw(userId: UserId, now: number): { readonly turns: readonly Turn[]; readonly unanswered: boolean } {
    const own = [...this.#going.values()].filter(
      (going) => going.turn.userId === userId && !going.typed && !isOver(going, now),
    );
    for (const { turn } of own) {
      this.#going.delete(turn.id);
      this.#withdrawn.add(turn.id);
    }
    while (this.#withdrawn.size > REMEMBERED) this.#withdrawn.delete(this.#withdrawn.values().next().value as number);
    return { turns: own.map(({ turn }) => turn), unanswered: own.some(({ answered }) => !answered) };
  }

  /** No answer is awaited any more; words may still come. Gives the turns that waited for one. */
  leaveAll(): readonly number[] {
    const waiting = [...this.#going].filter(([, { answered }]) => !answered);
    for (const [, going] of waiting) going.answered = true;
    return waiting.map(([id]) => id);
  }

  /** Whose turns these are. */
  get people(): UserId[] {
    return [...this.#going.values()].flatMap(({ turn }) => turn.userId ?? []);
  }

  isWithdrawn(turnId: number): boolean {
    return this.#withdrawn.has(turnId);
  }

  /** Whether these are turns that were taken back, and nothing else. */
  areWithdrawn(turnIds: readonly number[]): boolean {
    return turnIds.length > 0 && turnIds.every((id) => this.#withdrawn.has(id));
  }

  /** Whether somebody's turn is over and waits for its answer. */
  awaitsAnswer(now: number): boolean {
    return [...this.#going.values()].some((going) => going.endedAt !== undefined && !isAnswered(going, now));
  }
}

function isAnswered({ answered, endedAt }: Going, now: number): boolean {
  return answered || (endedAt !== undefined && now - endedAt > ANSWERED_MS);
}

function isOver(going: Going, now: number): boolean {
  if (going.endedAt === undefined) return false;
  const written = going.written || now - going.endedAt > WRITTEN_MS;
  return written && isAnswered(going, now);
}
