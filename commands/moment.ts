import * as chrono from 'chrono-node';

const SPAN = /^(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)(\s+ago)?$/i;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DAY_MS = UNIT_MS.d;

/**
 * The instant (ms since 1970) that somebody means by `2026-11-20`, `yesterday`, `yesterday 18:00` or `2h` (ago), in
 * English and by UTC's clock. A day without a time of day is its beginning, or with `end` its end. Undefined: it means
 * no time.
 */
export function pastMoment(words: string, { now, end = false }: { now: number; end?: boolean }): number | undefined {
  const text = words.trim();
  const [, count, unit = ''] = SPAN.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * UNIT_MS[unit[0]?.toLowerCase() as keyof typeof UNIT_MS];
  const [found, ...more] = chrono.parse(text, { instant: new Date(now), timezone: 0 }, { forwardDate: false });
  // Half understood is not understood: somebody would search in other days than they think.
  if (!found || more.length > 0 || found.end || found.text.length < text.length) return undefined;
  const at = found.start.date().getTime();
  if (found.start.isCertain('hour')) return at;
  const day = Math.floor(at / DAY_MS) * DAY_MS;
  return end ? day + DAY_MS : day;
}
