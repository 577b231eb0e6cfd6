// Names of places and the time zones of their clocks.
import { fold } from '../folding/fold.ts';

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

/** The IANA zone of a city, a country or a zone; undefined where none is known. */
export function findZone(place: string): string | undefined {
  const key = plain(place);
  // "Paris, France" and "Austin (Texas)" are meant as their first part.
  const city = plain(place.split(/[,(]/)[0] ?? place);
  return PLACES[key] ?? PLACES[city] ?? cities().get(key) ?? cities().get(city) ?? namedZone(place);
}

/** Zones that have what was typed in their own name or in that of a place, those that begin with it first. */
export function proposedZones(typed: string): readonly string[] {
  const part = plain(typed.replaceAll('/', ' '));
  const named = Intl.supportedValuesOf('timeZone').map((zone) => [plain(zone.replaceAll('/', ' ')), zone] as const);
  const places = Object.entries(PLACES);
  const all = [...places.filter(([, zone]) => zone === 'UTC'), ...named, ...places];
  const city = (name: string): string => name.slice(name.lastIndexOf(' ') + 1);
  const begins = all.filter(([name]) => name.startsWith(part) || city(name).startsWith(part));
  const has = all.filter(([name]) => name.includes(part));
  return [...new Set([...begins, ...has].map(([, zone]) => zone))];
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
  return fold(text, 'search').replace(/[._-]/g, ' ').replace(/\s+/g, ' ').trim();
}
