/** The last latencies of one kind, in ms, newest last. */
export class Latencies {
  readonly #limit: number;
  readonly #values: number[] = [];

  constructor(limit = 20) {
    this.#limit = limit;
  }

  add(ms: number): void {
    this.#values.push(ms);
    if (this.#values.length > this.#limit) this.#values.shift();
  }

  get list(): readonly number[] {
    return [...this.#values];
  }
}
