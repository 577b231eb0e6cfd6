import type { Person, Turn } from './ports.ts';

/** How many turns are remembered; a tool call for an older one counts as by nobody known. */
const REMEMBERED = 4_000;

/** The turns of one bridge by id: the only way from a reply or a tool call to the people whom it answers. */
export class TurnBook {
  readonly #turns = new Map<number, Turn>();
  /** What each reply answers. */
  readonly #replies = new Map<string, readonly number[]>();

  add(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    if (this.#turns.size > REMEMBERED) this.#turns.delete(this.#turns.keys().next().value as number);
  }

  /** A reply to these turns began. */
  replied(replyId: string, turnIds: readonly number[]): void {
    this.#replies.set(replyId, turnIds);
    if (this.#replies.size > REMEMBERED) this.#replies.delete(this.#replies.keys().next().value as string);
  }

  /** The known turns that a reply answers. */
  behind(replyId: string): Turn[] {
    return this.list(this.#replies.get(replyId) ?? []);
  }

  get(turnId: number): Turn | undefined {
    return this.#turns.get(turnId);
  }

  /** The turns that are known among these, in the given order. */
  list(turnIds: readonly number[]): Turn[] {
    return turnIds.flatMap((id) => this.#turns.get(id) ?? []);
  }

  /**
   * The people behind these turns, each once. `certain` only if every turn is known and has a known speaker, and there
   * is at least one: whoever is asked for rights must then ask for those that all of them share.
   */
  askers(turnIds: readonly number[]): { askers: Person[]; certain: boolean } {
    const askers = new Map<string, Person>();
    let certain = turnIds.length > 0;
    for (const id of turnIds) {
      const turn = this.#turns.get(id);
      if (turn?.userId) askers.set(turn.userId, { userId: turn.userId, name: turn.name });
      else certain = false;
    }
    return { askers: [...askers.values()], certain };
  }
}
