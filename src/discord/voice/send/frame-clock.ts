/** Beats fall on multiples of this, so that many channels share wake-ups and their encoding does not come in one lump. */
export const SLOT_MS = 5;
/** Timers count whole milliseconds and may fire one early; to wake a second time for it would cost more than it is worth. */
export const EARLY_MS = 1;

/** Called when it is due; gives when it is due next, in ms of the clock, or undefined when it is over. Must not throw. */
export type Beat = (now: number) => number | undefined;

/** What moves a clock: the system's, or a test's. `set` gives the function that takes the timer back. */
export interface TimeSource {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  set(run: () => void, ms: number): () => void;
}

/** process.hrtime is monotonic: neither NTP nor an operator who sets the wall clock moves it. */
const SYSTEM: TimeSource = {
  now: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  set: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The clock of all pacers: one timer, set for the earliest beat, however many channels speak. Idle, it has none. */
export class FrameClock {
  readonly #source: TimeSource;
  readonly #dueAt = new Map<Beat, number>();
  #wakeAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(source: TimeSource = SYSTEM) {
    this.#source = source;
  }

  /** Milliseconds of a monotonic clock with an arbitrary beginning. */
  now(): number {
    return this.#source.now();
  }

  /** Calls `beat` at `at`, and then whenever it asks for. Replaces what was set for it. */
  start(beat: Beat, at: number): void {
    this.#dueAt.set(beat, at);
    if (at < this.#wakeAt) this.#arm(at);
  }

  /** Idempotent. */
  stop(beat: Beat): void {
    this.#dueAt.delete(beat);
    if (this.#dueAt.size === 0) this.#disarm();
  }

  #arm(at: number): void {
    this.#disarm();
    this.#wakeAt = at;
    this.#cancel = this.#source.set(() => this.#wake(), Math.max(1, Math.ceil(at - this.now())));
  }

  #disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #wake(): void {
    this.#disarm();
    for (const [beat, dueAt] of [...this.#dueAt]) {
      const now = this.now();
      // A beat may stop another one, or set it anew.
      if (this.#dueAt.get(beat) !== dueAt || dueAt > now + EARLY_MS) continue;
      const next = beat(now);
      if (this.#dueAt.get(beat) !== dueAt) continue;
      if (next === undefined) this.#dueAt.delete(beat);
      else this.#dueAt.set(beat, next);
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const dueAt of this.#dueAt.values()) earliest = Math.min(earliest, dueAt);
    if (earliest < this.#wakeAt) this.#arm(earliest);
  }
}

/** The first slot at or after an instant. */
export function slotFrom(at: number): number {
  return Math.ceil(at / SLOT_MS) * SLOT_MS;
}
