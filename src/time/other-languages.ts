import * as chrono from 'chrono-node';
import { folded, type Item } from './phrase-items.ts';
import { dayAt } from './zones.ts';

/** What the library reads, beside the languages of phrase-languages.ts. */
const PARSERS: Readonly<Record<string, Pick<typeof chrono.nl, 'parse'>>> = {
  nl: chrono.nl,
  uk: chrono.uk,
  it: chrono.it,
  sv: chrono.sv,
  fi: chrono.fi,
  vi: chrono.vi,
};
/** The next Friday: to some that of the next week. */
const NEXT = /\b(?:prossim[oa]|volgende?|nästa|ensi|tới|sau)\b|наступн/iu;
const UTC_NOON = 12;

/**
 * A phrase in a language that only the library reads; undefined where it does not. It has to read all of it in one piece.
 * The library works with the host's clock in places; it is told wall times only, and asked for what it read of them, never
 * for the instant.
 */
export function otherLanguage(
  text: string,
  code: string,
  { now, zone }: { readonly now: number; readonly zone: string },
): { readonly items: readonly Item[]; readonly left: string } | undefined {
  const parser = PARSERS[code];
  if (!parser) return undefined;
  const { year, month, day } = dayAt(now, zone);
  const found = parser.parse(text, new Date(year, month - 1, day, UTC_NOON), { forwardDate: false });
  const [one, ...more] = found;
  if (!one) return { items: [], left: text };
  const rest = text
    .replace(one.text, ' ')
    .replace(/[\s.,!?]+/gu, ' ')
    .trim();
  const items = itemsOf(one, text, parser);
  const whole = more.length === 0 && !one.end && rest === '' && items !== undefined;
  return { items: items ?? [], left: whole ? '' : folded(rest || text) };
}

function itemsOf(
  { start }: chrono.ParsedResult,
  text: string,
  parser: Pick<typeof chrono.nl, 'parse'>,
): Item[] | undefined {
  if (start.tags().has('result/relativeDateAndTime')) return spanOf(text, parser);
  const items: Item[] = [];
  const [year, month, day] = [start.get('year'), start.get('month'), start.get('day')];
  if (start.isCertain('day') && month !== null && day !== null) {
    items.push({ kind: 'date', year: start.isCertain('year') ? year : null, month, day });
  } else if (start.isCertain('weekday')) {
    const weekday = start.get('weekday');
    items.push({
      kind: 'weekday',
      weekday: weekday === 0 ? 7 : (weekday ?? 1),
      which: NEXT.test(text) ? 'next' : 'plain',
    });
  } else if (start.isCertain('month') || start.isCertain('year')) return undefined;
  const hour = start.get('hour');
  if (start.isCertain('hour') && hour !== null) {
    const minute = start.get('minute') ?? 0;
    const unmistakable = start.isCertain('meridiem') || hour > 12 || hour === 0;
    const written = /\d\s*[:：時时點点]/u.test(text);
    items.push({ kind: 'clock', hour, minute, mode: unmistakable ? 'exact' : written ? 'written' : 'twelve' });
  }
  return items.length > 0 ? items : undefined;
}

/** Read once more from a moment at which no clocks change anywhere, and measured. */
function spanOf(text: string, parser: Pick<typeof chrono.nl, 'parse'>): Item[] | undefined {
  const from = new Date(2001, 0, 10, UTC_NOON);
  const [found] = parser.parse(text, from, { forwardDate: false });
  if (!found) return undefined;
  const get = (name: 'year' | 'month' | 'day' | 'hour' | 'minute') => found.start.get(name) ?? 0;
  const at = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'));
  const ms = at - Date.UTC(2001, 0, 10, UTC_NOON);
  return [{ kind: 'span', span: { months: 0, days: 0, ms: Math.abs(ms) }, ago: ms < 0 }];
}
