/** As many turns as TurnBook remembers: a call for an older one is by nobody known and may only read. */
const REMEMBERED = 400;

/**
 * Which calls may have been led by text from outside (a web page, a search, an MCP server). It is so for every call of a
 * reply to a turn for which such text came, and for every other one until a person's next turn begins. Pure.
 */
export class Taint {
  readonly #turnIds = new Set<number>();
  #open = false;

  /** Text from outside came into the conversation for these turns. */
  entered(turnIds: readonly number[]): void {
    this.#open = true;
    for (const id of turnIds) this.#turnIds.add(id);
    for (const id of this.#turnIds) {
      if (this.#turnIds.size <= REMEMBERED) return;
      this.#turnIds.delete(id);
    }
  }

  /** A person's turn began: what is called for it alone is that person's wish again. */
  turnBegan(): void {
    this.#open = false;
  }

  covers(turnIds: readonly number[]): boolean {
    return this.#open || turnIds.some((id) => this.#turnIds.has(id));
  }
}
