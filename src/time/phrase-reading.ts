import {
  folded,
  type Item,
  LETTER_SIGNS,
  type PhraseLanguage,
  type Rule,
  type Span,
  type UnspacedLanguage,
  WORD_SIGNS,
} from './phrase-items.ts';

/** What the words of a phrase are in one language, and the words that are nothing. */
export interface PhraseReading {
  readonly items: readonly Item[];
  readonly left: string;
}

/** Items stand in the text as one letter each, from here on. */
const FIRST_MARK = 0xe000;
const MARKS = /[\ue000-\uf8ff]/g;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A longer phrase is none; it would only cost time. */
export const LONGEST_PHRASE = 120;

/** Reads a phrase by the rules of a language. `order`: how numbers with slashes are meant; null: nobody knows. */
export function readPhrase(words: string, language: PhraseLanguage, order: DateOrder | null): PhraseReading {
  const made = preparedOf(language);
  const marked = new Marked(numbered(folded(words).slice(0, LONGEST_PHRASE), made));
  marked.apply(...(made.dates.get(order) ?? []), ...language.spans);
  const hasSpan = made.spans.around.some(([pattern]) => marked.text.search(pattern) >= 0);
  marked.apply(...made.spans.around, ...(hasSpan ? [] : made.spans.alone), ...language.rules);
  return marked.read(made.fillers);
}

/** As readPhrase(), for a language that puts no space between words. */
export function readUnspaced(words: string, { rules, fillers }: UnspacedLanguage): PhraseReading {
  const marked = new Marked(folded(words).slice(0, LONGEST_PHRASE));
  marked.apply(...rules);
  return marked.read(fillers);
}

/** Whether the day or the month stands first. */
export type DateOrder = 'day-month' | 'month-day';

class Marked {
  text: string;
  readonly #items: Item[] = [];

  constructor(text: string) {
    this.text = text.replace(MARKS, ' ').replace(/[.!?]+$/, '');
  }

  apply(...rules: readonly Rule[]): void {
    for (const [pattern, read] of rules) {
      this.text = this.text
        .replace(pattern, (whole, ...groups) => {
          const said = read(
            ...groups.slice(
              0,
              groups.findIndex((group) => typeof group === 'number'),
            ),
          );
          if (said === undefined) return whole;
          if (typeof said === 'string') return said;
          const items = 'kind' in said ? [said] : said;
          return ` ${items.map((item) => this.#mark(item)).join(' ')} `;
        })
        .replace(/ {2,}/g, ' ')
        .trim();
    }
  }

  read(filler: RegExp): PhraseReading {
    const items = (this.text.match(MARKS) ?? []).flatMap((mark) => this.#items[mark.charCodeAt(0) - FIRST_MARK] ?? []);
    const left = this.text.replace(MARKS, ' ').replace(filler, ' ');
    return { items, left: /[^\s.,;!?]/u.test(left) ? left.replace(/^[\s.,;!?]+|[\s.,;!?]+$|\s+(?=\s)/gu, '') : '' };
  }

  #mark(item: Item): string {
    return String.fromCharCode(FIRST_MARK + this.#items.push(item) - 1);
  }
}

/** What is made of a language once: making it anew takes longer than reading a phrase. */
interface Prepared {
  readonly numbers: RegExp;
  readonly values: ReadonlyMap<string, string>;
  readonly numberWords: readonly (readonly [RegExp, string])[];
  readonly spans: ReturnType<typeof spanRules>;
  readonly dates: ReadonlyMap<DateOrder | null, readonly Rule[]>;
  readonly fillers: RegExp;
}
const prepared = new Map<PhraseLanguage, Prepared>();

function preparedOf(language: PhraseLanguage): Prepared {
  const known = prepared.get(language);
  if (known) return known;
  const words = Object.entries(language.numbers).sort(([one], [other]) => other.length - one.length);
  const whole = (source: string): RegExp => new RegExp(`(?<![${WORD_SIGNS}])(?:${source})(?![${WORD_SIGNS}-])`, 'gu');
  const made: Prepared = {
    numbers: whole(words.map(([word]) => folded(word)).join('|')),
    values: new Map(words.map(([word, value]) => [folded(word), String(value)])),
    numberWords: words
      .filter(([word]) => /[^\p{L} -]/u.test(word))
      .map(([word, value]) => [new RegExp(`^${folded(word)}$`, 'u'), String(value)]),
    spans: spanRules(language),
    dates: new Map((['day-month', 'month-day', null] as const).map((order) => [order, numericDates(language, order)])),
    fillers: new RegExp(`(?<![${WORD_SIGNS}])(?:${folded(language.fillers)})(?![${WORD_SIGNS}])`, 'gu'),
  };
  prepared.set(language, made);
  return made;
}

function numbered(text: string, { numbers, values, numberWords }: Prepared): string {
  return text.replace(
    numbers,
    (word) => values.get(word) ?? numberWords.find(([pattern]) => pattern.test(word))?.[1] ?? word,
  );
}

/** `1 hour and 30 minutes` with what is around it, or alone. */
function spanRules({ units, bareHour, and, ahead, ago }: PhraseLanguage): {
  readonly around: readonly Rule[];
  readonly alone: readonly Rule[];
} {
  const names = Object.entries(units).map(([unit, names]) => [unit, folded(names)] as const);
  const one = `\\d{1,6}(?:[.,]\\d{1,2})? ?(?:${names.map(([, source]) => source).join('|')})(?![${LETTER_SIGNS}])`;
  const many = `${one}(?: ?(?:(?:${folded(and)}) ?)?${one})*`;
  const each = names.map(([, source]) => `(${source})`).join('|');
  const oneUnit = new RegExp(`(\\d+(?:[.,]\\d+)?) ?(?:${each})(?![${LETTER_SIGNS}])`, 'gu');
  const read =
    (past: boolean): Rule[1] =>
    (found) => {
      const span = spanOf(found ?? '', names, oneUnit);
      return span && { kind: 'span', span, ago: past };
    };
  const around = (template: string): RegExp => {
    const [before = '', behind = ''] = folded(template).split('~');
    return new RegExp(`(?<![${WORD_SIGNS}])${before}(${many})${behind}(?![${WORD_SIGNS}])`, 'gu');
  };
  // Six heures, 6 часов: without a word before them they may be a time of day.
  const bare = names.map(([unit, source]) => (unit === 'hour' ? (bareHour ?? '(?!)') : source)).join('|');
  const alone = `\\d{1,6}(?:[.,]\\d{1,2})? ?(?:${bare})(?![${WORD_SIGNS}])`;
  const byLength = [...ahead].sort((a, b) => b.length - a.length);
  const all = [
    ...ago.map((template) => [around(template), read(true)] as const),
    ...byLength.map((template) => [around(template), read(false)] as const),
  ];
  const bareOnes = new RegExp(`^(${alone}(?: ?(?:(?:${folded(and)}) ?)?${alone})*)$`, 'u');
  return { around: all, alone: [[bareOnes, read(false)]] };
}

function spanOf(text: string, names: readonly (readonly [string, string])[], part: RegExp): Span | undefined {
  let [months, days, ms] = [0, 0, 0];
  for (const [, number = '', ...units] of text.matchAll(part)) {
    const count = Number(number.replace(',', '.'));
    const unit = names[units.findIndex((found, at) => found !== undefined && at < names.length)]?.[0];
    const whole = Number.isInteger(count);
    if (unit === 'second') ms += count * 1_000;
    else if (unit === 'minute') ms += count * MINUTE_MS;
    else if (unit === 'hour') ms += count * HOUR_MS;
    else if (unit === 'day' && whole) days += count;
    else if (unit === 'day' && count % 0.5 === 0) ms += count * 24 * HOUR_MS;
    else if (unit === 'week' && whole) days += 7 * count;
    else if (unit === 'month' && whole) months += count;
    else if (unit === 'year' && whole) months += 12 * count;
    else return undefined;
  }
  return { months, days, ms };
}

/** 2026-12-31, 31.12., 31/12/2026. */
function numericDates({ code }: PhraseLanguage, order: DateOrder | null): Rule[] {
  const date = (year: string | undefined, month = '', day = ''): Item | undefined => {
    const full = year === undefined ? null : Number(year.length === 2 ? `20${year}` : year);
    return Number(month) > 12 ? undefined : { kind: 'date', year: full, month: Number(month), day: Number(day) };
  };
  const B = `(?<![${WORD_SIGNS}.,:/-])`;
  const E = `(?![${WORD_SIGNS}/-]|[.:,]\\d)`;
  const THE = '(?:(?:on|le|el|am|den|dia|no dia|em) )?';
  const either: Rule[1] = (one = '', other = '', year) => {
    const [first, second] = [Number(one), Number(other)];
    if (first > 12 || (first === second && order === null)) return date(year, other, one);
    if (second > 12) return date(year, one, other);
    if (order === null) {
      const item = date(year, other, one);
      return item?.kind === 'date' ? { ...item, swapped: true } : undefined;
    }
    return order === 'day-month' ? date(year, other, one) : date(year, one, other);
  };
  const dotted: Rule = [
    new RegExp(
      `${B}${THE}(\\d{1,2})\\. ?(\\d{1,2})\\.(?: ?(\\d{4}|\\d{2}(?!:| ?(?:uhr|h|ч)(?![${LETTER_SIGNS}]))))?${E}`,
      'gu',
    ),
    (one, other, year) => date(year, other, one),
  ];
  const dottedYear: Rule = [
    new RegExp(`${B}${THE}(\\d{1,2})\\.(\\d{1,2})\\.?(\\d{4})${E}`, 'gu'),
    (one, other, year) => date(year, other, one),
  ];
  return [
    [
      new RegExp(`${B}(\\d{4})-(\\d{1,2})-(\\d{1,2})(?![\\d-])(?:t(?=\\d))?`, 'gu'),
      (year, month, day) => date(year, month, day),
    ],
    [new RegExp(`${B}${THE}(\\d{1,2})/(\\d{1,2})(?:/(\\d{4}|\\d{2}))?${E}`, 'gu'), either],
    ...(code === 'en' ? [] : [dotted, dottedYear]),
  ];
}
