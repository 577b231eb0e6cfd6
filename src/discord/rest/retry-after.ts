/** Nobody is believed who wants more; a day is also what Discord's own longest limits take. */
const LONGEST_MS = 24 * 3_600_000;
/** Zero and less than a second come from servers that are asked far too often already. */
const SHORTEST_MS = 1_000;

/** What of a response's headers is read; names in lower case. */
export interface Headers {
  get(name: string): string | null;
}

/**
 * How long a 429 asks to wait, in ms: seconds or an HTTP date in the header (RFC 9110, 10.2.3), else `retry_after` of
 * Discord's body. undefined where neither can be read as a time to come.
 */
export function retryAfterOf(headers: Headers, body: unknown): number | undefined {
  const header = headers.get('retry-after')?.trim();
  const ms = header ? (ofSeconds(Number(header)) ?? ofDate(header, headers.get('date'))) : undefined;
  return ms ?? ofSeconds(bodySeconds(body));
}

function bodySeconds(body: unknown): number {
  const isObject = typeof body === 'object' && body !== null;
  return isObject && 'retry_after' in body ? Number(body.retry_after) : Number.NaN;
}

function ofSeconds(seconds: number): number | undefined {
  if (!(seconds >= 0)) return undefined;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, seconds * 1000));
}

/** By the server's clock where it says its time, since ours may be wrong. */
function ofDate(text: string, serverDate: string | null): number | undefined {
  // Number() and Date.parse() both take things that are no HTTP date, such as "-5".
  if (!/[a-z]{3}/i.test(text)) return undefined;
  const serverNow = Date.parse(serverDate ?? '');
  const ms = Date.parse(text) - (Number.isNaN(serverNow) ? Date.now() : serverNow);
  return ms >= 0 ? ofSeconds(ms / 1000) : undefined;
}
