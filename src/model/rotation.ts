import type { Patience } from './back-off.ts';

const LOOK_EVERY_MS = 100;

/** When a connection that has a known end is replaced: in a quiet moment before it, or else shortly before it. */
export class Rotation {
  readonly #parts: { readonly patience: Patience; quiet(): boolean; rotate(): void };
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { readonly patience: Patience; quiet(): boolean; rotate(): void }) {
    this.#parts = parts;
  }

  /** `at`: performance.now(). The latest word counts. */
  endsAt(at: number): void {
    const { quietMs, forcedMs } = this.#parts.patience;
    const leftMs = at - performance.now();
    // Where there is little time, most of it is for a quiet moment.
    const forcedAt = at - Math.min(forcedMs, leftMs / 4);
    this.#look(Math.max(0, leftMs - quietMs), forcedAt);
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(inMs: number, forcedAt: number): void {
    this.stop();
    this.#timer = setTimeout(() => {
      if (this.#parts.quiet() || performance.now() >= forcedAt) this.#parts.rotate();
      else this.#look(LOOK_EVERY_MS, forcedAt);
    }, inMs);
    this.#timer.unref();
  }
}
