import type { StorageHealth } from '../../ports/storage.ts';

type Act = () => PromiseLike<unknown>;

/**
 * Writes of which only the last one of each key counts, one at a time in the order in which they were asked for. One that
 * fails because the database does not work is tried again when it does, unless another one of its key was written or waits by then.
 */
export class LateWrites {
  readonly #health: StorageHealth | undefined;
  /** The newest write of each key that is not done. */
  readonly #waiting = new Map<string, Act>();
  #last: Promise<unknown> = Promise.resolve();

  /** `what`: such as `places`, for the log. Without `health` nothing is tried again. */
  constructor(what: string, health?: StorageHealth) {
    this.#health = health;
    const waiting = this.#waiting;
    health?.join({
      what,
      get waiting() {
        return waiting.size;
      },
      catchUp: () => this.#catchUp(),
    });
  }

  /** Rejects with what the database says. */
  async run(key: string, act: Act): Promise<void> {
    this.#waiting.set(key, act);
    const done = this.#last.then(() => this.#write(key, act));
    this.#last = done.catch(() => {});
    try {
      await done;
    } catch (error) {
      if (!this.#health?.failed(error)) this.#waiting.delete(key);
      throw error;
    }
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #catchUp(): Promise<void> {
    await this.#last;
    for (const [key, act] of [...this.#waiting]) {
      const done = this.#last.then(() => this.#write(key, act));
      this.#last = done.catch(() => {});
      await done;
    }
  }

  async #write(key: string, act: Act): Promise<void> {
    // A newer one follows, and may have been written already.
    if (this.#waiting.get(key) !== act) return;
    await act();
    if (this.#waiting.get(key) === act) this.#waiting.delete(key);
  }
}
