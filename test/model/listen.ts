import assert from 'node:assert/strict';
import type { SessionEvent, SpeechSession } from '../../src/ports/model.ts';

type Of<T extends SessionEvent['type']> = SessionEvent & { type: T };

/** Reads a session's events into a list and waits for what is expected. */
export class Listener {
  readonly events: SessionEvent[] = [];
  /** How the events ended: undefined while they go on, null at a quiet end. */
  end: { error: unknown } | null | undefined;
  readonly #session: SpeechSession;
  #wake: () => void = () => {};

  constructor(session: SpeechSession) {
    this.#session = session;
    void this.#read();
  }

  /** The first event of this type, from index `from` on, for which `test` holds; waits for it, 20 s at most. */
  async next<T extends SessionEvent['type']>(type: T, test: (event: Of<T>) => boolean = () => true, from = 0) {
    return (await this.#find(() => {
      const found = this.events.slice(from).find((event) => event.type === type && test(event as Of<T>));
      return found as Of<T> | undefined;
    }, `no ${type}`)) as Of<T>;
  }

  /** Waits until the events are over. */
  async ended(): Promise<{ error: unknown } | null> {
    return (await this.#find(() => (this.end === undefined ? undefined : { end: this.end }), 'no end')).end;
  }

  all<T extends SessionEvent['type']>(type: T): Of<T>[] {
    return this.events.filter((event) => event.type === type) as Of<T>[];
  }

  /** What is known of the words of each turn, the last word on it. */
  get transcripts(): Record<string, string> {
    return Object.fromEntries(this.all('turn-transcript').map(({ turnId, text }) => [String(turnId), text]));
  }

  /** The events without sound, shortened for comparison. */
  get brief(): unknown[] {
    return this.events.filter(({ type }) => type !== 'audio');
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.#session.events) {
        this.events.push(event);
        this.#wake();
      }
      this.end = null;
    } catch (error) {
      this.end = { error };
    }
    this.#wake();
  }

  async #find<R>(look: () => R | undefined, complaint: string): Promise<R> {
    const until = performance.now() + 20_000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = until - performance.now();
      const seen = JSON.stringify(this.brief).slice(-1_500);
      if (left <= 0 || (this.end !== undefined && complaint !== 'no end')) assert.fail(`${complaint} in ${seen}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
