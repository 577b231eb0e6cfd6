import * as chrono from 'chrono-node';
import { ToolError } from './tool.ts';

/**
 * The instant that English words mean, in ms since 1970: `in 20 minutes`, `tomorrow at 9:00`, an ISO date. Where they
 * name a time of day, it is that of `timeZone`; throws ToolError that asks for it where it is null, and for words that
 * mean no time. `past`: of two days that may be meant, the one before.
 */
export function momentOf(
  words: string,
  { now, timeZone, past = false }: { now: Date; timeZone: string | null; past?: boolean },
): number {
  const offset = timeZone === null ? 0 : offsetOf(timeZone, now);
  const [found, ...more] = chrono.parse(words, { instant: now, timezone: offset }, { forwardDate: !past });
  if (!found || more.length > 0) {
    throw new ToolError(`${JSON.stringify(words)} is no time. Say it like "in 20 minutes" or "tomorrow at 9:00".`);
  }
  const { start } = found;
  const at = start.date();
  const tags = start.tags();
  if (tags.has('result/relativeDateAndTime') || tags.has('result/relativeDate') || start.isCertain('timezoneOffset')) {
    return at.getTime();
  }
  if (timeZone === null) {
    throw new ToolError('In which city or time zone? Ask the person, then call again with `place`.');
  }
  // Between now and then the clocks may change.
  return at.getTime() - (offsetOf(timeZone, at) - offset) * 60_000;
}

/** Minutes ahead of UTC. */
function offsetOf(timeZone: string, at: Date): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at);
  const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d+):?(\d+)?/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
