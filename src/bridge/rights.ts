import type { Person, Turn } from './ports.ts';

/** How many turns are remembered; a tool call for an older one counts as by nobody known. */
const REMEMBERED = 400;

/** The turns of one bridge by id: the only way from a reply or a tool call to the people whom it answers. */
export class TurnBook {
  readonly #turns = new Map<number, Turn>();

  add(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    if (this.#turns.size > REMEMBERED) this.#turns.delete(this.#turns.keys().next().value as number);
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
