import { wallTime } from '../../time/zones.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Days by the zone of their clocks; making one takes longer than using it a hundred times. */
const DATES = new Map<string, Intl.DateTimeFormat>();

/** Whose clocks and days a file has: a zone that Intl knows; null: UTC. */
export type FileZone = string | null;

/** From the beginning, for people: `0:02:05`. */
export function offsetText(ms: number): string {
  const seconds = Math.floor(Math.max(ms, 0) / SECOND_MS);
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** From the beginning, to the millisecond, as subtitles have it: `00:02:05,250`. */
export function stamp(ms: number, point: ',' | '.'): string {
  const whole = Math.max(0, Math.round(ms));
  const hours = two(Math.floor(whole / HOUR_MS));
  const rest = `${two(Math.floor(whole / MINUTE_MS) % 60)}:${two(Math.floor(whole / SECOND_MS) % 60)}`;
  return `${hours}:${rest}${point}${String(whole % SECOND_MS).padStart(3, '0')}`;
}

/** The time of day: `20:14:05`. */
export function clockText(at: number, zone: FileZone = null): string {
  const { hour, minute, second } = wallTime(at, zone ?? 'UTC');
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

/** `Saturday 21 November 2026`. */
export function dateText(at: number, zone: FileZone = null): string {
  const timeZone = zone ?? 'UTC';
  const date =
    DATES.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  DATES.set(timeZone, date);
  return date.format(at).replace(',', '');
}

/** `20:14`. */
export function minuteText(at: number, zone: FileZone = null): string {
  return clockText(at, zone).slice(0, 5);
}

/** What a file calls its clocks. */
export function zoneText(zone: FileZone): string {
  return zone ?? 'UTC';
}

/** `Saturday 21 November 2026, 20:14 to 20:57 UTC`; with the day of its end, where that is another one. */
export function spanText(startedAt: number, endedAt: number, zone: FileZone): string {
  const [first, last] = [dateText(startedAt, zone), dateText(endedAt, zone)];
  const until = `${first === last ? '' : `${last}, `}${minuteText(endedAt, zone)}`;
  return `${first}, ${minuteText(startedAt, zone)} to ${until} ${zoneText(zone)}`;
}

/** `43 min`, `2 h 5 min`, `12 s`. */
export function lengthText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(Math.max(ms, 0) / SECOND_MS)} s`;
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `0.8 s`, for what was played and how long a call took. */
export function secondsText(ms: number): string {
  return ms < SECOND_MS ? `${Math.round(ms)} ms` : `${(ms / SECOND_MS).toFixed(1)} s`;
}

/** ISO 8601 in UTC, to the millisecond. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
