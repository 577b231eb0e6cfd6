import { setTimeout as wait } from 'node:timers/promises';
import { DefaultRestOptions, RateLimitError, type REST, type RESTOptions } from 'discord.js';
import type { Logger } from 'pino';
import { followClock } from './limit-clock.ts';
import { type RefusedScope, RestRefusal, RestTimeout } from './refusal.ts';
import { retryAfterOf } from './retry-after.ts';

type MakeRequest = RESTOptions['makeRequest'];
type Request = Parameters<MakeRequest>[1];
type Response = Awaited<ReturnType<MakeRequest>>;

/** How long requests wait and how often they are refused. Ms. */
export interface RestPatience {
  /** A request that would have to wait for longer than this is refused at once. */
  readonly longestWaitMs: number;
  /** Within this a request has its answer, or fails. */
  readonly answerMs: number;
  /** After a 429 that names no time; doubles up to the longest with each further one. */
  readonly unknownMs: number;
  readonly longestUnknownMs: number;
  /** With so many refused in ten minutes, nearly none are sent. */
  readonly mostRefused: number;
}

const PATIENCE: RestPatience = {
  longestWaitMs: 15_000,
  answerMs: 40_000,
  unknownMs: 20_000,
  longestUnknownMs: 600_000,
  mostRefused: 500,
};
/** One request is told to wait at most so often, however short each wait is. */
const MOST_WAITS = 4;
/** Discord bans an address after 10,000 refused requests in ten minutes: https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans */
const WINDOW_MS = 600_000;
const REFUSED_PAUSE_MS = 30_000;

/** What a guard is made of. */
export interface RestGuardOptions {
  readonly log: Logger;
  /** The library's way to send a request; that of discord.js unless said. */
  readonly makeRequest?: MakeRequest;
  /** Discord took the bot's token no more for one request. */
  readonly onUnauthorized?: () => void;
  readonly patience?: Partial<RestPatience>;
}

/** https://docs.discord.com/developers/topics/rate-limits#global-rate-limit: not bound to the bot's global limit. */
const OF_INTERACTIONS = /^(\w+ )?\/(interactions|webhooks)\//;

interface Block {
  readonly until: number;
  readonly scope: RefusedScope;
  /** Whether Discord named the time. */
  readonly isTold: boolean;
  /** It is the bot's global limit, which answers to interactions are not bound to. */
  readonly isGlobal?: true;
}

/**
 * Keeps the REST client from asking too often and from waiting too long: what Discord refuses for longer than a moment
 * fails at once, and is not asked for again before its time. The library alone (@discordjs/rest 2.6.3) waits for as long as
 * it is told, and asks again at once where the time cannot be read.
 */
export class RestGuard {
  readonly #log: Logger;
  readonly #send: MakeRequest;
  readonly #onUnauthorized: () => void;
  readonly #patience: RestPatience;
  readonly #routes = new Map<string, Block>();
  #everything: Block | undefined;
  /** Until when the limit of the whole bot is waited for. */
  #globalUntil = Number.NEGATIVE_INFINITY;
  #unknownInARow = 0;
  /** When requests were refused, performance.now(); the last ten minutes. */
  #refused: number[] = [];
  /** By the headers, which a request keeps over its repetitions. */
  readonly #waits = new WeakMap<object, { count: number; ms: number }>();

  constructor({ log, makeRequest, onUnauthorized, patience }: RestGuardOptions) {
    this.#log = log;
    this.#send = makeRequest ?? DefaultRestOptions.makeRequest;
    this.#onUnauthorized = onUnauthorized ?? (() => {});
    this.#patience = { ...PATIENCE, ...patience };
  }

  /** For the `rest` options of a client: sends a request, unless it would be refused. */
  readonly makeRequest: MakeRequest = (url, init) => this.#request(url, init);

  /** Bounds the time that requests take in the library, its queues and waits included. */
  watch(rest: REST): void {
    const queue = rest.queueRequest.bind(rest);
    followClock(rest);
    // No limit is let through to the library that holds for so long: its clock was set while it waited.
    rest.options.rejectOnRateLimit = ({ timeToReset }) => timeToReset > this.#patience.longestWaitMs;
    rest.queueRequest = async (request) => {
      followClock(rest);
      const late = AbortSignal.timeout(this.#patience.answerMs);
      const signal = request.signal ? AbortSignal.any([request.signal, late]) : late;
      const begin = async (): ReturnType<typeof queue> => {
        const waitMs = OF_INTERACTIONS.test(request.fullRoute) ? 0 : this.#globalUntil - performance.now();
        if (waitMs > 0) await wait(waitMs, undefined, { signal });
        return orAborted(queue({ ...request, signal }), signal);
      };
      try {
        return await begin().catch((error: unknown) => {
          if (!(error instanceof RateLimitError)) throw error;
          followClock(rest);
          return begin();
        });
      } catch (error) {
        if (!late.aborted || error instanceof RestRefusal) throw error;
        const seconds = Math.round(this.#patience.answerMs / 1000);
        throw new RestTimeout(`Discord did not answer within ${seconds} s.`, { cause: error });
      }
    };
  }

  async #request(url: string, init: Request): Promise<Response> {
    const route = routeOf(url, init);
    const block = this.#blockOf(route);
    if (block) throw refusalOf(block);
    const response = await whole(await this.#send(url, init));
    const { status } = response;
    if (status === 401 && isByToken(init)) this.#onUnauthorized();
    // https://docs.discord.com/developers/topics/rate-limits: those of a shared limit do not count.
    const isShared = response.headers.get('x-ratelimit-scope') === 'shared';
    if ([401, 403, 429].includes(status) && !isShared) this.#countRefused();
    if (status === 429) return this.#limited(route, init, response);
    if (status < 400) this.#unknownInARow = 0;
    return this.#takingNote(route, response);
  }

  /** A limit that is used up for long is ours to keep: the library would wait for it. */
  #takingNote(route: string, response: Response): Response {
    const { headers } = response;
    const ms = Number(headers.get('x-ratelimit-reset-after')) * 1000;
    if (headers.get('x-ratelimit-remaining') !== '0' || !(ms > this.#patience.longestWaitMs)) return response;
    this.#routes.set(route, { until: performance.now() + ms, scope: 'route', isTold: true });
    return withHeader(response, 'x-ratelimit-remaining', '1');
  }

  /** A short wait is the library's; anything else is refused, and remembered. */
  async #limited(route: string, init: Request, response: Response): Promise<Response> {
    const body = await response.json().catch(() => undefined);
    const told = retryAfterOf(response.headers, body);
    // Without a time it is the address that is banned, most likely: then everything has to rest.
    const scope = told === undefined ? 'address' : scopeOf(response, body);
    const waits = this.#waits.get(init.headers ?? init) ?? { count: 0, ms: 0 };
    const total = { count: waits.count + 1, ms: waits.ms + (told ?? 0) };
    this.#waits.set(init.headers ?? init, total);
    if (told !== undefined && total.ms <= this.#patience.longestWaitMs && total.count <= MOST_WAITS) {
      // Of the limit of the whole bot the library would hold up answers to interactions as well.
      if (scope === 'bot') this.#globalUntil = Math.max(this.#globalUntil, performance.now() + told);
      const { headers, ...rest } = withHeader(response, 'retry-after', String(told / 1000));
      headers.delete('x-ratelimit-global');
      return { ...rest, headers };
    }
    const block: Block = {
      until: performance.now() + (told ?? this.#unknownMs()),
      scope,
      isTold: told !== undefined,
      ...(scope === 'bot' && { isGlobal: true }),
    };
    this.#block(route, block);
    throw refusalOf(block);
  }

  #unknownMs(): number {
    const { unknownMs, longestUnknownMs } = this.#patience;
    this.#unknownInARow += 1;
    return Math.min(longestUnknownMs, unknownMs * 2 ** (this.#unknownInARow - 1));
  }

  #block(route: string, block: Block): void {
    const { scope, isTold } = block;
    const seconds = Math.round((block.until - performance.now()) / 1000);
    this.#log.warn(
      { scope, seconds, isTold, ...(scope === 'route' && { route: withoutIds(route) }) },
      'Discord refuses requests (429)',
    );
    if (scope !== 'route') {
      this.#everything = block;
      return;
    }
    for (const [key, { until }] of this.#routes) if (until <= performance.now()) this.#routes.delete(key);
    this.#routes.set(route, block);
  }

  #blockOf(route: string): Block | undefined {
    const now = performance.now();
    const everything = this.#everything?.isGlobal && OF_INTERACTIONS.test(route) ? undefined : this.#everything;
    return [everything, this.#routes.get(route)].find((block) => block && block.until > now);
  }

  #countRefused(): void {
    const now = performance.now();
    this.#refused.push(now);
    const most = this.#patience.mostRefused;
    if (this.#refused.length < most) return;
    this.#refused = this.#refused.filter((at) => at > now - WINDOW_MS).slice(-most);
    if (this.#refused.length < most) return;
    this.#everything = { until: now + REFUSED_PAUSE_MS, scope: 'bot', isTold: true };
    this.#log.warn({ refused: most }, 'Discord refused too many requests in ten minutes: nearly none are sent now');
  }
}

function refusalOf({ scope, until, isTold }: Block): RestRefusal {
  return new RestRefusal({ scope, waitMs: isTold ? until - performance.now() : undefined });
}

/** One kind of request on one channel, server or webhook, as Discord's limits are; other ids do not count. */
function routeOf(url: string, { method = 'GET' }: Request): string {
  const [top, major, ...rest] = new URL(url).pathname.replace(/^.*?\/v\d+\//, '').split('/');
  return [`${method} /${top}`, major, ...rest.map((part) => part.replace(/^\d+$/, ':id'))].join('/');
}

/** For the log: tokens of webhooks and interactions are secret. */
function withoutIds(route: string): string {
  return route.replace(/\/\d+/g, '/:id').replace(/\/[\w-]{30,}/g, '/:token');
}

/** Answers to interactions go by their own token. */
function isByToken({ headers }: Request): boolean {
  return typeof headers === 'object' && headers !== null && 'Authorization' in headers;
}

/**
 * Discord names the scope; what comes without any of its headers is from the network before it (Cloudflare), by address.
 * https://docs.discord.com/developers/topics/rate-limits#header-format
 */
function scopeOf({ headers }: Response, body: unknown): RefusedScope {
  const isGlobal = typeof body === 'object' && body !== null && 'global' in body && body.global === true;
  if (isGlobal || headers.has('x-ratelimit-global') || headers.get('x-ratelimit-scope') === 'global') return 'bot';
  const isDiscords = headers.has('x-ratelimit-bucket') || headers.has('x-ratelimit-scope');
  const saysGlobal = typeof body === 'object' && body !== null && 'global' in body;
  return isDiscords || saysGlobal ? 'route' : 'address';
}

/** The response with its body, so that one that never ends is cut off with the request. */
async function whole(response: Response): Promise<Response> {
  const { headers, ok, status, statusText } = response;
  const bytes = await response.arrayBuffer();
  const text = async () => Buffer.from(bytes).toString();
  return {
    ...{ body: null, bodyUsed: true, headers, ok, status, statusText },
    arrayBuffer: async () => bytes,
    text,
    json: async () => JSON.parse(await text()),
  };
}

function withHeader(response: Response, name: string, value: string): Response {
  const headers = new Headers([...response.headers]);
  headers.set(name, value);
  return { ...response, headers };
}

/** The answer, or the signal's reason: in its own waits the library does not look at the signal. */
async function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  answer.catch(() => {});
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
