import { createHash } from 'node:crypto';

/** Requests per window of one bucket. */
interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

/** What a request took of its bucket; `retryAfterMs` where there was nothing left to take. */
export interface Taken {
  readonly bucket: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly retryAfterMs?: number;
  readonly global?: boolean;
}

// Discord does not publish its limits; these are the ones that libraries see in its headers.
const LIMITS: readonly (readonly [route: RegExp, limit: Limit])[] = [
  [/^(POST|PATCH) \/channels\/:channel\/messages/, { limit: 5, windowMs: 5000 }],
  [/^DELETE \/channels\/:channel\/messages/, { limit: 5, windowMs: 1000 }],
  [/^(POST|PATCH|DELETE|GET) \/webhooks\//, { limit: 5, windowMs: 2000 }],
  [/^(PUT|POST|PATCH|DELETE) \/applications\/:application\//, { limit: 5, windowMs: 5000 }],
  [/^(PATCH) \/(channels|guilds)\//, { limit: 10, windowMs: 10_000 }],
];
const OTHERWISE: Limit = { limit: 50, windowMs: 1000 };
/** https://docs.discord.com/developers/topics/rate-limits#global-rate-limit */
const GLOBAL: Limit = { limit: 50, windowMs: 1000 };

/** Discord's buckets: per route and top-level resource. A window begins with its first request. */
export class RateLimits {
  readonly #windows = new Map<string, { startedAt: number; used: number }>();
  readonly #factor: number;

  /** `factor` shortens every window, so that a test need not wait. */
  constructor(factor = 1) {
    this.#factor = factor;
  }

  /** `route` as in `POST /channels/:channel/messages`; `major`: the ids of its top-level resource; `now` in ms since 1970. */
  take(route: string, major: string, now: number): Taken {
    const interaction = /\/(webhooks|interactions)\//.test(route);
    const limit = LIMITS.find(([pattern]) => pattern.test(route))?.[1] ?? OTHERWISE;
    const bucket = createHash('sha256').update(route).digest('hex').slice(0, 32);
    const own = this.#use(`${bucket} ${major}`, limit, now);
    if (own.retryAfterMs !== undefined) return { bucket, ...own };
    // Answers to interactions do not count for the bot's global limit.
    const global = interaction ? undefined : this.#use('global', GLOBAL, now);
    return {
      bucket,
      ...own,
      ...(global?.retryAfterMs !== undefined && { retryAfterMs: global.retryAfterMs, global: true }),
    };
  }

  #use(key: string, { limit, windowMs }: Limit, now: number): Omit<Taken, 'bucket'> {
    const length = windowMs * this.#factor;
    let window = this.#windows.get(key);
    if (!window || now - window.startedAt >= length) {
      window = { startedAt: now, used: 0 };
      this.#windows.set(key, window);
    }
    const resetAfterMs = window.startedAt + length - now;
    if (window.used >= limit) return { limit, remaining: 0, resetAfterMs, retryAfterMs: resetAfterMs };
    window.used += 1;
    return { limit, remaining: limit - window.used, resetAfterMs };
  }
}
