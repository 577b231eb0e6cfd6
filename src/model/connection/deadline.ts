/** One thing that is waited for: when its time is up, something happens once. Holds no process. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Takes the place of what was waited for before. */
  set(ms: number, late: () => void): void {
    this.clear();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      late();
    }, ms).unref();
  }

  /** It came, or nobody waits for it. Idempotent. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Several things that are waited for, by name. */
export class Deadlines {
  readonly #deadlines = new Map<string, Deadline>();

  set(name: string, ms: number, late: () => void): void {
    const deadline = this.#deadlines.get(name) ?? new Deadline();
    this.#deadlines.set(name, deadline);
    deadline.set(ms, () => {
      this.#deadlines.delete(name);
      late();
    });
  }

  /** Gives whether it was waited for. */
  clear(name: string): boolean {
    this.#deadlines.get(name)?.clear();
    return this.#deadlines.delete(name);
  }

  close(): void {
    for (const deadline of this.#deadlines.values()) deadline.clear();
    this.#deadlines.clear();
  }
}
