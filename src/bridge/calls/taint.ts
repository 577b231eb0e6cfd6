import type { UserId } from '../../ports/voice.ts';

/**
 * Which calls may have been led by text from outside (a web page, a search, an MCP server, what a tool found in the
 * record). The model does not forget such text, and may have told it on in its own words: once it came, every later call
 * of the conversation may be led by it, over all connections and models. What one person had kept (a note, a reminder) may
 * lead everybody else's calls. Pure.
 */
export class Taint {
  #open = false;
  /** Whose kept words the session was given; null: nobody knows whose. */
  readonly #kept = new Set<UserId | null>();

  /** Text from outside came into the conversation. */
  entered(): void {
    this.#open = true;
  }

  /** The session is given what this person had kept. */
  keptCame(userId: UserId | null): void {
    this.#kept.add(userId);
  }

  /** Nothing of this person is known to the session any more. */
  erase(userId: UserId): void {
    this.#kept.delete(userId);
  }

  /** The session is another one, which was told of nothing so far. */
  begunAnew(): void {
    this.#open = false;
    this.#kept.clear();
  }

  /** Whether a call of these people may have been led by such text. */
  covers(askers: readonly { readonly userId: UserId }[]): boolean {
    if (this.#open) return true;
    return [...this.#kept].some((owner) => askers.length !== 1 || askers[0]?.userId !== owner);
  }
}
