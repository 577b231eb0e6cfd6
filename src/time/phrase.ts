import { otherLanguage } from './other-languages.ts';
import type { Item } from './phrase-items.ts';
import { phraseLanguages, unspacedLanguages } from './phrase-languages.ts';
import { meaningOf } from './phrase-meaning.ts';
import { type DateOrder, LONGEST_PHRASE, readPhrase, readUnspaced } from './phrase-reading.ts';
import type { PhraseContext, Understood } from './understood.ts';

const ISO = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)? ?(Z|z|[+-]\d\d:?\d\d)$/;
/** 2½ and 2 1/2. */
const HALF = /(?:(\d{1,3})[ \u00a0]?)?½|(?<![\d/])(\d{1,3}) 1\/2(?=\s*\p{L})/gu;

/**
 * What people mean by a time, in their words. Every word has to be understood: of what is half understood it asks.
 * Nothing depends on the time zone of the host.
 */
export function understand(words: string, context: PhraseContext): Understood {
  const text = words
    .replace(HALF, (_, one, other) => `${one ?? other ?? 0}.5`)
    .normalize('NFKC')
    .trim();
  const exact = ISO.exec(text);
  if (exact) return isoInstant(exact, context);
  const readings = readingsOf(text, context);
  const whole = readings.find(({ left, items }) => left === '' && items.length > 0);
  if (whole) return meaningOf(whole.items, context, '', text);
  // The best of the half understood ones: most of it.
  const some = readings.filter(({ items }) => items.length > 0);
  const [best] = (some.some(({ own }) => own) ? some.filter(({ own }) => own) : some).sort(
    (one, other) => one.left.length - other.left.length,
  );
  return best ? meaningOf(best.items, context, best.left, text) : { kind: 'unknown' };
}

/**
 * Makes what reading needs, for every language, and for texts in Latin and in other letters, which are compiled apart. It
 * takes a tenth of a second: at the start, when nobody is being spoken to.
 */
export function warmUp(): void {
  for (const words of ['nothing at all', 'ничего']) understand(words, { now: 0, zone: 'UTC' });
}

interface Reading {
  /** In a language of the person, or English. */
  readonly own: boolean;
  readonly items: readonly Item[];
  readonly left: string;
}

function* candidates({
  locales = [],
}: PhraseContext): Generator<{ code: string; order: DateOrder | null; own: boolean }> {
  const told = new Set<string>();
  for (const locale of [...locales, 'en', ...phraseLanguages.keys()]) {
    const code = locale.slice(0, 2).toLowerCase();
    if (told.has(code)) continue;
    told.add(code);
    const order = code === 'en' ? englishOrder(locale) : 'day-month';
    yield { code, order, own: code === 'en' || locales.some((one) => one.slice(0, 2).toLowerCase() === code) };
  }
}

/** Only Americans put the month first; where nobody knows, a date with slashes is asked back. */
function englishOrder(locale: string): DateOrder | null {
  if (locale.toLowerCase() === 'en-us') return 'month-day';
  return /^en-\w/i.test(locale) ? 'day-month' : null;
}

function readingsOf(text: string, context: PhraseContext): Reading[] {
  const readings: Reading[] = [];
  const hasWord = /\p{L}{2}/u.test(text.replace(/\d\s*(?:am|pm|h)\b/giu, ''));
  for (const { code, order, own } of candidates(context)) {
    // Figures alone are read as the person writes them, never as others do.
    if (!own && !hasWord) continue;
    const [language, other] = [phraseLanguages.get(code), unspacedLanguages.get(code)];
    const short = text.slice(0, LONGEST_PHRASE + 1);
    const reading = language
      ? readPhrase(short, language, order)
      : other
        ? readUnspaced(short, other)
        : otherLanguage(text, code, { ...context, zone: context.zone ?? 'UTC' });
    if (!reading) continue;
    readings.push({ ...reading, own, ...(text.length > LONGEST_PHRASE && { left: text }) });
    if (reading.left === '' && reading.items.length > 0) break;
  }
  return readings;
}

function isoInstant(
  [, date, hour, minute, second = '00', zone = 'Z']: RegExpExecArray,
  { now, past = false }: PhraseContext,
): Understood {
  const offset = /^z$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const at = Date.parse(`${date}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(at)) return { kind: 'refuse', reason: 'No calendar has that day or that time.' };
  return !past && at <= now ? { kind: 'refuse', reason: 'That time is over already.' } : { kind: 'at', at };
}
