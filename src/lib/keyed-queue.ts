/** Work that has an order within a guild, while no guild waits for another. Nothing is kept of a guild that is idle. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs when everything given for this guild before is over, also where that failed. Settles as `act` does. */
  run<T>(guildId: string, act: () => Promise<T>): Promise<T> {
    const next = (this.#last.get(guildId) ?? Promise.resolve()).then(act);
    const over = next
      .catch(() => {})
      .then(() => {
        if (this.#last.get(guildId) === over) this.#last.delete(guildId);
      });
    this.#last.set(guildId, over);
    return next;
  }

  /** Resolves when everything given so far is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
