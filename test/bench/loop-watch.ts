import { readFileSync } from 'node:fs';
import { quantile } from './statistics.ts';

/** How late the event loop of a process was, in ms, by a timer of 1 ms. */
export interface LoopFigures {
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
  /** The worst without what this thread waited for a free core (Linux; elsewhere the same as `worst`). */
  readonly ownWorst: number;
}

/** Looks at the event loop of this process for as long as it runs. Whoever made it stops it. */
export class LoopWatch {
  readonly #gaps: number[] = [];
  #lookedAt = performance.now();
  #queuedMs = queuedMs();
  #ownWorst = 0;
  #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setTimeout(this.#look, 1);
  }

  /** Idempotent. */
  stop(): LoopFigures {
    clearTimeout(this.#timer);
    const [median, p99, worst] = [0.5, 0.99, 1].map((share) => quantile(this.#gaps, share)) as [number, number, number];
    return { median, p99, worst, ownWorst: this.#ownWorst };
  }

  readonly #look = (): void => {
    const gap = performance.now() - this.#lookedAt;
    const queued = queuedMs();
    this.#gaps.push(gap);
    this.#ownWorst = Math.max(this.#ownWorst, gap - (queued - this.#queuedMs));
    this.#queuedMs = queued;
    this.#lookedAt = performance.now();
    this.#timer = setTimeout(this.#look, 1);
  };
}

/** For how long this thread was ready to run and had no core: docs.kernel.org/scheduler/sched-stats.html, /proc/pid/schedstat. */
function queuedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
