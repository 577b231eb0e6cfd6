import { dates, day, every, type PhraseLanguage, part, rule, says, weekdays } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { at, COLON, composed, hm, MIDNIGHT, mh, NOON, numbered, ordinals, UNREPEATABLE } from './readers.ts';

const UNITS = numbered(
  'eins/ein/eine/einer/einem/einen zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
);
const TENS = {
  ...{ zwanzig: 20, dreißig: 30, dreissig: 30, vierzig: 40, fünfzig: 50 },
  ...{ sechzig: 60, siebzig: 70, achtzig: 80, neunzig: 90 },
};
const DAYS_OF_MONTH =
  'ersten zweiten dritten vierten fünften sechsten siebten achten neunten zehnten elften zwölften dreizehnten vierzehnten fünfzehnten sechzehnten siebzehnten achtzehnten neunzehnten zwanzigsten einundzwanzigsten zweiundzwanzigsten dreiundzwanzigsten vierundzwanzigsten fünfundzwanzigsten sechsundzwanzigsten siebenundzwanzigsten achtundzwanzigsten neunundzwanzigsten dreißigsten einunddreißigsten';
const dayOfMonth = ordinals(DAYS_OF_MONTH.split(' '), '.');
const WEEKDAYS = 'montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag';

export const german: PhraseLanguage = {
  code: 'de',
  numbers: {
    ...UNITS,
    ...TENS,
    ...composed(TENS, UNITS, (ten, unit) => `${unit}und${ten}`),
  },
  units: {
    second: 'sekunden?',
    minute: 'minuten?|min',
    hour: 'stunden?|std|h',
    day: 'tag(?:en|e)?',
    week: 'wochen?',
    month: 'monat(?:en|e)?',
    year: 'jahr(?:en|e)?',
  },
  bareHour: 'stunden?|std',
  and: 'und|,',
  ahead: ['in ~'],
  ago: ['vor ~'],
  spans: [
    // One word for a day of the week and a part of it: Freitagabend; with an s every week.
    rule(`(${WEEKDAYS})(morgen|vormittag|mittag|nachmittag|abend|nacht)`, (day, time) =>
      time === 'nacht' || time === 'mittag' ? `${day} ${time}` : `${day} am ${time}`,
    ),
    rule(`(${WEEKDAYS})(morgen|vormittag|mittag|nachmittag|abend|nacht)s`, (day, time) => `${day}s ${time}s`),
    rule(`(?<=(?:am|den) )(${dayOfMonth.source})`, dayOfMonth.read),
    rule('(?<=in )(\\d{1,2}) ?h ?([0-5]\\d)(?! ?m)', (hours, minutes) => `${hours} h ${minutes} min`),
    // Eight days are a week to most people.
    rule('8 tagen?', () => '(8 tage)'),
    rule('(?:1 )?halben? stunde', () => '0.5 stunden'),
    rule('(?:1 )?(?:viertelstunde|viertel stunde)', () => '0.25 stunden'),
    rule('(?:1 )?(?:dreiviertelstunde|dreiviertel stunde)', () => '0.75 stunden'),
    rule('anderthalb|eineinhalb', () => '1.5'),
    rule('zweieinhalb', () => '2.5'),
    rule('dreieinhalb', () => '3.5'),
  ],
  rules: [
    says('jeden morgen', every(EVERY_DAY), part('morning')),
    says('jeden nachmittag', every(EVERY_DAY), part('afternoon')),
    says('jeden abend', every(EVERY_DAY), part('evening')),
    says('jeden tag|täglich', every(EVERY_DAY)),
    says(
      'werktags|(?:an )?(?:jedem|jeden) (?:werktag|wochentag)|an werktagen|wochentags|montags? bis freitags?',
      every(WORKDAYS),
    ),
    says('(?:an )?jedem wochenende|jedes wochenende|am wochenende immer', every(WEEKEND)),
    says('jede woche|wöchentlich|einmal die woche|einmal pro woche', every(null)),
    says(
      '(?:jeden|jede|jedes) (?:zweite[ns]?|dritte[ns]?|vierte[ns]?|2|3|monat|jahr|stunde|minute|erste[ns]?).*|monatlich|jährlich|stündlich|(?:14|vierzehn)-?tägig|zweiwöchentlich|alle \\d+ .*|alle paar .*',
      UNREPEATABLE,
    ),
    says('heute morgen', day(0), part('morning')),
    says('morgen (?:früh|vormittag)', day(1), part('morning')),
    says('übermorgen', day(2)),
    says('vorgestern', day(-2)),
    says('gestern', day(-1)),
    says('heute', day(0)),
    ...weekdays(
      ['montag', 'dienstag', 'mittwoch', 'donnerstag', 'freitag', 'samstag|sonnabend', 'sonntag'],
      {
        every: ['jeden ~', '(?:immer )?(?:~)s', 'immer (?:am )?~'],
        next: ['(?:am )?nächste[nr]? ~', '~ nächste woche', 'nächste woche (?:am )?~'],
        this: ['(?:am )?diese[nr]? ~', '(?:am )?kommende[nr]? ~', '~ diese woche'],
        last: ['(?:am )?(?:letzte|vorige|vergangene)[nr]? ~'],
      },
      ['(?:am )?~'],
    ),
    rule('([\\ue000-\\uf8ff]) (?:morgen|früh)', (before) => `${before} morgens`),
    says('morgens|am (?:frühen )?morgen|vormittags|am vormittag|in der früh|früh', part('morning')),
    says('morgen', day(1)),
    says('nachmittags|am nachmittag|nachmittag', part('afternoon')),
    says('abends|am abend|abend', part('evening')),
    says('nachts|in der nacht|nacht', part('night')),
    ...dates('de', ['(?:(?:am|den) )?(\\d{1,2})\\.? ~(?: (\\d{4}))?']),
    rule('am (\\d{1,2})\\.(?= um )|am (\\d{1,2})\\.?$', (one, other) => ({
      kind: 'monthday',
      day: Number(one ?? other),
    })),
    rule(`(?:um )?${COLON}(?: uhr)?`, hm('written')),
    rule('(?:um )?(\\d{1,2})\\.(\\d{2}) uhr', hm('written')),
    rule('(?:um )?(\\d{1,2}) uhr (\\d{1,2})', hm('written')),
    rule('(?:um )?(\\d{1,2}) uhr', hm('written')),
    rule('(?:um )?(\\d{1,2})(?: minuten)? vor halb (\\d{1,2})', mh(-1, -30)),
    rule('(?:um )?(\\d{1,2})(?: minuten)? nach halb (\\d{1,2})', mh(1, -30)),
    rule('um (\\d{1,2}) ?h ?(\\d{2})', hm('written')),
    rule('(?:um )?halb (\\d{1,2})', at(-30)),
    rule('(?:um )?3 ?viertel (\\d{1,2})', at(-15)),
    // In the south: a quarter of the eighth hour.
    rule('(?:um )?viertel (\\d{1,2})', at(-45)),
    rule('(?:um )?dreiviertel (\\d{1,2})', at(-15)),
    rule('(?:um )?viertel nach (\\d{1,2})', at(15)),
    rule('(?:um )?viertel vor (\\d{1,2})', at(-15)),
    rule('(?:um )?(\\d{1,2})(?: minuten)? nach (\\d{1,2})', mh(1)),
    rule('(?:um )?(\\d{1,2})(?: minuten)? vor (\\d{1,2})', mh(-1)),
    rule('um (\\d{1,2})', at(0)),
    rule('(\\d{1,2})(?= [\\ue000-\\uf8ff])', at(0)),
    says('(?:am |zu |um )?mittags?', ...NOON),
    says('(?:um )?mitternacht', ...MIDNIGHT),
  ],
  fillers: 'um|am|bitte|uhr|den|dann',
};
