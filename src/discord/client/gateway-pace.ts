/** How many sessions Discord lets the bot start: `session_start_limit` of GET /gateway/bot. Ms. */
export interface SessionStarts {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

const DAY_MS = 24 * 3_600_000;
/**
 * Before the first, second, … attempt to connect since a connection held. Within the minute for which Discord keeps a
 * session several, so that the bot is not put out of its voice channels.
 */
const CONNECT_PAUSES_MS = [0, 500, 2_000, 5_000, 10_000, 10_000, 15_000, 30_000, 60_000];
/** A connection that was ready for so long held. */
const HELD_MS = 5_000;
/** Before a login, by how many sessions in a row were short. https://docs.discord.com/developers/events/gateway#rate-limiting: 5 s at least */
const LOGIN_PAUSES_MS = [5_000, 10_000, 30_000, 90_000, 270_000];
/** A session that was ready for so long is a good one. */
const STEADY_MS = 30_000;
/** Logins that come together, at most; later ones follow at even distances over what is left of the day. */
const BURST = 10;
/** Attempts to resume a session before another one is begun. */
const MOST_RESUMES = 5;
/** Attempts to connect after which the session is given up: by their pauses the minute for which Discord keeps it is over. */
const MOST_ATTEMPTS = 7;

/**
 * When the bot may next connect and log in to the gateway. Time is an argument, performance.now(). The library alone
 * (@discordjs/ws 1.2.3) connects twice a second and logs in every 5 s, for ever.
 */
export class GatewayPace {
  #attempts = 0;
  #lastAttemptAt = Number.NEGATIVE_INFINITY;
  #readyAt: number | undefined;
  #resumes = 0;
  #shortSessions = 0;
  #isSessionSteady = true;
  #lastLoginAt = Number.NEGATIVE_INFINITY;
  #starts: SessionStarts = { total: 1000, remaining: 1000, resetAfterMs: DAY_MS };
  #learnedAt = 0;
  /** Logins that may come at once, and since when that is counted. */
  #burst = BURST;
  #burstAt = 0;

  /** What Discord said of the session starts. */
  learn(starts: SessionStarts, now: number): void {
    this.#starts = starts;
    this.#learnedAt = now;
    this.#burst = this.#mostBurst();
    this.#burstAt = now;
  }

  /** Session starts that are left until `resetMs` from now. */
  left(now: number): { readonly remaining: number; readonly resetMs: number } {
    const { total, remaining, resetAfterMs } = this.#starts;
    const resetMs = this.#learnedAt + resetAfterMs - now;
    if (resetMs > 0) return { remaining, resetMs };
    this.learn({ total, remaining: total, resetAfterMs: DAY_MS }, now);
    return { remaining: total, resetMs: DAY_MS };
  }

  /** Whether to give up the session and begin another one: it was tried to be resumed too often. */
  get isSessionLost(): boolean {
    return this.#resumes >= MOST_RESUMES;
  }

  /** Whether it was tried so often to connect that Discord keeps the session no longer. */
  get isUnreachable(): boolean {
    return this.#attempts >= MOST_ATTEMPTS;
  }

  /** How long to wait before connecting, to log in or to resume a session. */
  waitMs(to: 'log in' | 'resume', now: number): number {
    const pause = CONNECT_PAUSES_MS[Math.min(this.#attempts, CONNECT_PAUSES_MS.length - 1)] as number;
    const connectAt = this.#lastAttemptAt + pause;
    return Math.max(0, (to === 'resume' ? connectAt : Math.max(connectAt, this.#loginAt(now))) - now);
  }

  /** A connection is being opened. */
  connecting(now: number): void {
    this.#attempts += 1;
    this.#lastAttemptAt = now;
  }

  /** IDENTIFY is being sent. */
  loggingIn(now: number): void {
    this.#refill(now);
    this.#burst = Math.max(0, this.#burst - 1);
    this.#shortSessions = this.#isSessionSteady ? 0 : this.#shortSessions + 1;
    this.#isSessionSteady = false;
    this.#resumes = 0;
    this.#lastLoginAt = now;
    const { remaining } = this.left(now);
    this.#starts = { ...this.#starts, remaining: Math.max(0, remaining - 1) };
  }

  /** RESUME is being sent. */
  resuming(): void {
    this.#resumes += 1;
  }

  /** READY or RESUMED came. */
  ready(now: number): void {
    this.#readyAt = now;
  }

  /** The connection ended. */
  lost(now: number): void {
    const readyMs = this.#readyAt === undefined ? 0 : now - this.#readyAt;
    if (readyMs >= HELD_MS) this.#attempts = 0;
    if (readyMs >= STEADY_MS) {
      this.#resumes = 0;
      this.#isSessionSteady = true;
    }
    this.#readyAt = undefined;
  }

  #loginAt(now: number): number {
    this.#refill(now);
    const { remaining, resetMs } = this.left(now);
    if (remaining <= 0) return now + resetMs;
    const count = this.#isSessionSteady ? 0 : this.#shortSessions + 1;
    const pause = LOGIN_PAUSES_MS[Math.min(count, LOGIN_PAUSES_MS.length - 1)] as number;
    const share = this.#burst >= 1 ? 0 : this.#shareMs(now);
    return this.#lastLoginAt + Math.max(pause, share);
  }

  /** The even distance between logins over what is left of the day. */
  #shareMs(now: number): number {
    const { remaining, resetMs } = this.left(now);
    return resetMs / Math.max(1, remaining);
  }

  #refill(now: number): void {
    const gained = (now - this.#burstAt) / this.#shareMs(now);
    this.#burst = Math.min(this.#mostBurst(), this.#burst + gained);
    this.#burstAt = now;
  }

  #mostBurst(): number {
    return Math.min(BURST, Math.max(1, Math.floor(this.#starts.remaining / 20)));
  }
}
