import type { IncomingHttpHeaders } from 'node:http';
import { wallClock } from '../../clock/wall-clock.ts';

/**
 * When a service that refused wants to be asked again, in ms from now; undefined: it does not say. `retry-after-ms` is
 * OpenAI's and Azure's own; `retry-after` is seconds or a date (RFC 9110, 10.2.3). Whoever waits sets a limit to it.
 */
export function retryAfterIn(headers: IncomingHttpHeaders): number | undefined {
  const ms = positive(headers['retry-after-ms']?.toString());
  if (ms !== undefined) return ms;
  const told = headers['retry-after'];
  const seconds = positive(told);
  if (seconds !== undefined) return seconds * 1000;
  const at = told === undefined ? Number.NaN : Date.parse(told);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallClock.now());
}

/**
 * The same in words, as OpenAI and Google put it into their messages: “Please try again in 1.2s”, “in 6m0s”, “retry after
 * 27 seconds”, “Please retry in 31.6s.”
 */
export function retryAfterSaid(message: string): number | undefined {
  // google.rpc.RetryInfo in the body of a 429.
  const delay = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(message)?.[1];
  if (delay !== undefined) return Number(delay) * 1000;
  const found = /(?:try again|retry)(?: again)? (?:in|after) (?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?(ms|s\b|sec))?/i.exec(
    message,
  );
  if (!found || (found[1] === undefined && found[2] === undefined)) return undefined;
  const [, minutes = '0', amount = '0', unit = 's'] = found;
  return Number(minutes) * 60_000 + Number(amount) * (unit === 'ms' ? 1 : 1000);
}

function positive(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
