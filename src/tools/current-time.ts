import { z } from 'zod';
import { defineTool, type Tool, ToolError } from './tool.ts';

/** Well-known places that no IANA zone is named after. */
const PLACES: Readonly<Record<string, string>> = {
  'abu dhabi': 'Asia/Dubai',
  atlanta: 'America/New_York',
  austin: 'America/Chicago',
  bangalore: 'Asia/Kolkata',
  barcelona: 'Europe/Madrid',
  beijing: 'Asia/Shanghai',
  bern: 'Europe/Zurich',
  boston: 'America/New_York',
  california: 'America/Los_Angeles',
  'cape town': 'Africa/Johannesburg',
  china: 'Asia/Shanghai',
  cologne: 'Europe/Berlin',
  dallas: 'America/Chicago',
  delhi: 'Asia/Kolkata',
  edinburgh: 'Europe/London',
  england: 'Europe/London',
  florida: 'America/New_York',
  france: 'Europe/Paris',
  frankfurt: 'Europe/Berlin',
  geneva: 'Europe/Zurich',
  germany: 'Europe/Berlin',
  hamburg: 'Europe/Berlin',
  hanoi: 'Asia/Bangkok',
  houston: 'America/Chicago',
  india: 'Asia/Kolkata',
  italy: 'Europe/Rome',
  japan: 'Asia/Tokyo',
  kyoto: 'Asia/Tokyo',
  'las vegas': 'America/Los_Angeles',
  lyon: 'Europe/Paris',
  manchester: 'Europe/London',
  marseille: 'Europe/Paris',
  melbourne: 'Australia/Melbourne',
  miami: 'America/New_York',
  milan: 'Europe/Rome',
  montreal: 'America/Toronto',
  mumbai: 'Asia/Kolkata',
  munich: 'Europe/Berlin',
  'new delhi': 'Asia/Kolkata',
  'new zealand': 'Pacific/Auckland',
  osaka: 'Asia/Tokyo',
  ottawa: 'America/Toronto',
  philadelphia: 'America/New_York',
  'rio de janeiro': 'America/Sao_Paulo',
  rio: 'America/Sao_Paulo',
  'saint petersburg': 'Europe/Moscow',
  'san diego': 'America/Los_Angeles',
  'san francisco': 'America/Los_Angeles',
  seattle: 'America/Los_Angeles',
  'south korea': 'Asia/Seoul',
  spain: 'Europe/Madrid',
  stuttgart: 'Europe/Berlin',
  uk: 'Europe/London',
  'united kingdom': 'Europe/London',
  utc: 'UTC',
  gmt: 'UTC',
  'washington dc': 'America/New_York',
  washington: 'America/New_York',
  wellington: 'Pacific/Auckland',
};

/** The date and time of a place, without asking anybody. `now` is settable for tests. */
export function currentTime(options: { now?: () => Date } = {}): Tool {
  return defineTool({
    name: 'current_time',
    description: 'Tells the current date and time in a city or time zone. Without a place: in UTC.',
    input: z.object({
      place: z
        .string()
        .trim()
        .max(100)
        .optional()
        .describe('A large city in English, such as "Berlin", or an IANA time zone such as "America/New_York"'),
    }),
    risk: 'read',
    run({ place }) {
      const timeZone = place ? zoneOf(place) : 'UTC';
      return describe(options.now?.() ?? new Date(), timeZone);
    },
  });
}

/** The IANA zone of a city, a country or a zone. Throws ToolError where none is known. */
export function zoneOf(place: string): string {
  const key = plain(place);
  // "Paris, France" and "Austin (Texas)" are meant as their first part.
  const city = plain(place.split(/[,(]/)[0] ?? place);
  const zone = PLACES[key] ?? PLACES[city] ?? cities().get(key) ?? cities().get(city) ?? namedZone(place);
  if (zone) return zone;
  const what = JSON.stringify(place);
  throw new ToolError(
    `No time zone is known for ${what}. Try a larger city nearby or an IANA zone such as Europe/Berlin.`,
  );
}

/** Last part of each IANA zone ("Europe/Berlin" → "berlin"); made once, at the first question. */
let citiesByName: ReadonlyMap<string, string> | undefined;
function cities(): ReadonlyMap<string, string> {
  citiesByName ??= new Map(
    Intl.supportedValuesOf('timeZone').map((zone) => [plain(zone.slice(zone.lastIndexOf('/') + 1)), zone]),
  );
  return citiesByName;
}

/** A zone that Intl knows, also under an old name or in another spelling of its letters' case. */
function namedZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Letters without accents and case, one blank between words. */
export function plain(text: string): string {
  const letters = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return letters.replace(/[._-]/g, ' ').replace(/\s+/g, ' ').trim();
}

function describe(now: Date, timeZone: string) {
  const date = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full' }).format(now);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(now);
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now);
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  return { timeZone, date, time, offset: offset.replace('GMT', 'UTC') };
}
