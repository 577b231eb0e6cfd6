import type { ModelLog } from '../connection/model-socket.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** The life of a session whose server does not say when it ends, or says what cannot be. Azure ends them after 30 minutes. */
export const ASSUMED_LIFE_MS = 25 * 60_000;
/** The last part of a life, in which a session is replaced. */
const LAST_PART = 0.1;
/** A connection that lived for so many times the least pause between two renewals shows that there is no haste. */
const AT_EASE = 4;
/** A connection that its server ended so close to the end that it had told ended as told. */
const AS_TOLD_MS = 10_000;

/** What is known of the present connection. All instants of performance.now(). */
interface Life {
  readonly since: number;
  /** Its planned end; undefined: none is known. */
  until: number | undefined;
  /** By when the renewal has to be done that has begun. */
  byAt: number | undefined;
}

/**
 * When the replacement of a connection begins whose end is known, and by when it has to be done. What a server says of
 * its end is believed only within reason, for it is told by two clocks of which one may be wrong: a renewal comes in the
 * last part of the connection's own life, and while the line is alive renewals do not follow on each other's heels.
 */
export class Rotation {
  readonly #patience: RetryPolicy;
  readonly #log: ModelLog;
  readonly #begin: (byAt: number) => void;
  #life: Life;
  /** From the beginning of a connection to its renewal at the least. */
  #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #warned = false;

  /** `begin`: the renewal is due; called again for the same connection where it has to be done sooner than was said. */
  constructor(deps: { readonly patience: RetryPolicy; readonly log: ModelLog }, begin: (byAt: number) => void) {
    this.#patience = deps.patience;
    this.#log = deps.log;
    this.#begin = begin;
    this.#pauseMs = deps.patience.renewalMs;
    this.#life = { since: performance.now(), until: undefined, byAt: undefined };
  }

  /** A connection serves from now on. `until`: its end where its kind has one, as its server told it. */
  serves(until: number | undefined): void {
    const since = performance.now();
    this.stop();
    this.#life = { since, until: undefined, byAt: undefined };
    if (until === undefined) return;
    const believed = this.#believes(until);
    if (!believed) this.#warn(until - since, 'the provider tells an end of the session that cannot be');
    this.#plan(believed ? until : since + ASSUMED_LIFE_MS);
  }

  /** The server says when it ends the present connection. The latest word counts, within reason. */
  endsAt(at: number): void {
    if (this.#believes(at)) this.#plan(at);
    else this.#warn(at - performance.now(), 'the provider announces an end of the connection that cannot be');
  }

  /**
   * The present connection is of no use any more: it is replaced by then, sooner in a quiet moment. No word of a server
   * is behind that, so it neither waits for the pause between renewals nor makes it longer.
   */
  replaceBy(at: number): void {
    const { byAt } = this.#life;
    if (byAt !== undefined && byAt <= at) return;
    this.stop();
    this.#renew(at);
  }

  /** The connection that was requested did not come: the present one is renewed as if nothing had been. */
  resume(): void {
    const { until } = this.#life;
    this.#life.byAt = undefined;
    if (until !== undefined) this.#plan(until);
  }

  /** The present connection is gone; `lost`: not by our will. */
  ended(lost: boolean): void {
    const { until } = this.#life;
    // As told: its word is as good as ever.
    if (lost && until !== undefined && performance.now() >= until - AS_TOLD_MS)
      this.#pauseMs = this.#patience.renewalMs;
    this.stop();
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #believes(at: number): boolean {
    const { shortestMs, longestMs } = this.#patience.life;
    return at - this.#life.since >= shortestMs && at - performance.now() <= longestMs;
  }

  #plan(until: number): void {
    const life = this.#life;
    const { quietMs, forcedMs, life: bounds } = this.#patience;
    life.until = until;
    const whole = until - life.since;
    const lastMs = Math.min(quietMs, whole / 2, Math.max(bounds.shortestMs, whole * LAST_PART));
    const wantedAt = Math.max(performance.now(), until - lastMs);
    const beginAt = Math.max(wantedAt, life.since + this.#pauseMs);
    // Where there is little time, most of it is for a quiet moment. An end that has passed forces nothing.
    const byAt = beginAt < until ? until - Math.min(forcedMs, (until - beginAt) / 4) : beginAt + quietMs;
    if (life.byAt !== undefined) {
      if (byAt < life.byAt) this.#renew(byAt);
      return;
    }
    if (beginAt > wantedAt) this.#warn(whole, 'the provider ends its connections in a hurry: renewed more slowly');
    this.stop();
    this.#timer = setTimeout(() => this.#due(byAt), beginAt - performance.now()).unref();
  }

  #due(byAt: number): void {
    const livedMs = performance.now() - this.#life.since;
    const { renewalMs } = this.#patience;
    this.#pauseMs = livedMs < AT_EASE * this.#pauseMs ? Math.min(2 * this.#pauseMs, ASSUMED_LIFE_MS) : renewalMs;
    this.#renew(byAt);
  }

  #renew(byAt: number): void {
    this.#life.byAt = byAt;
    this.#begin(byAt);
  }

  /** Once a conversation. */
  #warn(toldMs: number, message: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn({ toldMs: Math.round(toldMs) }, message);
  }
}
