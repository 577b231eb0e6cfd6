/** So long at most the sound and everything else of this process waits. */
const LONGEST_MS = 8;

/** Lets everything else of the process have its turn in the middle of long work. */
export class Breath {
  #since = performance.now();

  /** Undefined while nobody has waited for long; else to be awaited. */
  due(): Promise<void> | undefined {
    if (performance.now() - this.#since < LONGEST_MS) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#since = performance.now();
        resolve();
      }),
    );
  }
}
