/**
 * A queue that one reader reads with `for await`. push() never waits; after end() or fail() what is queued is still
 * delivered, then the loop ends or throws. Bounded: past `limit` the oldest is dropped and `onDrop` called.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  readonly #onDrop: ((item: T) => void) | undefined;
  #waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void } | undefined;
  #closed: { error: unknown } | { error?: never } | undefined;

  constructor(options: { limit: number; onDrop?: (item: T) => void }) {
    this.#limit = options.limit;
    this.#onDrop = options.onDrop;
  }

  push(item: T): void {
    if (this.#closed) return;
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve({ value: item, done: false });
      return;
    }
    this.#items.push(item);
    if (this.#items.length > this.#limit) this.#onDrop?.(this.#items.shift() as T);
  }

  /** No more items; idempotent, and nothing after a fail(). */
  end(): void {
    this.#close({});
  }

  /** No more items, and the reader's loop throws `error` once the queue is empty. */
  fail(error: unknown): void {
    this.#close({ error });
  }

  #close(closed: { error: unknown } | { error?: never }): void {
    if (this.#closed) return;
    this.#closed = closed;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    if ('error' in closed) waiting.reject(closed.error);
    else waiting.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: () => {
        if (this.#items.length > 0) return Promise.resolve({ value: this.#items.shift() as T, done: false });
        const closed = this.#closed;
        if (closed) {
          return 'error' in closed ? Promise.reject(closed.error) : Promise.resolve({ value: undefined, done: true });
        }
        return new Promise((resolve, reject) => {
          this.#waiting = { resolve, reject };
        });
      },
      return: () => {
        this.end();
        this.#items.length = 0;
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}
