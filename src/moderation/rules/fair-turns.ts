/** After so long whoever else wants the process goes first. */
const PATIENCE_MS = 5;

interface Work {
  /** Takes one step; false: it was the last one. */
  step(): boolean;
}

/**
 * Takes long work in its small steps, in turn for each guild and a few milliseconds at a time. However much one guild has
 * to do, the process waits for one step, and another guild for one slice of each guild that is busy.
 */
export class FairTurns {
  /** Those whose turn it is next stand first. */
  readonly #guilds = new Map<string, Work[]>();
  #running = false;

  /** Resolves with what the work gives, and rejects with what it throws. Of one guild in the order of the calls. */
  run<Result>(guildId: string, work: Generator<undefined, Result, void>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const step = (): boolean => {
      try {
        const { done, value } = work.next();
        if (done) resolve(value);
        return !done;
      } catch (error) {
        reject(error);
        return false;
      }
    };
    const waiting = this.#guilds.get(guildId);
    if (waiting) waiting.push({ step });
    else this.#guilds.set(guildId, [{ step }]);
    if (!this.#running) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const [next] = this.#guilds;
      if (!next) break;
      const [guildId, waiting] = next;
      this.#guilds.delete(guildId);
      slice(waiting);
      if (waiting.length > 0) this.#guilds.set(guildId, waiting);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }
}

/** As much as fits into a few milliseconds, at least one step. */
function slice(waiting: Work[]): void {
  const since = performance.now();
  while (waiting[0] && performance.now() - since < PATIENCE_MS) if (!waiting[0].step()) waiting.shift();
}
