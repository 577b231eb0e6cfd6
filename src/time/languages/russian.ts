import { clock, dates, day, every, type PhraseLanguage, part, rule, says, weekdays } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { at, composed, hm, LISTED, MIDNIGHT, mh, NOON, numbered, ordinals, UNREPEATABLE } from './readers.ts';

/** Hours in the genitive, as in "half of the seventh". */
const RUSSIAN_HOURS =
  'первого второго третьего четвёртого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого';
const russianHours = RUSSIAN_HOURS.split(' ').flatMap((word, index) => [
  rule(`(?:в )?половин[еу] ${word}`, () => clock(index + 1, -30, 'twelve')),
  rule(`(?:в )?пол-?${word}`, () => clock(index + 1, -30, 'twelve')),
  rule(`(?:в )?четверть ${word}`, () => clock(index + 1, -45, 'twelve')),
]);

const UNITS = numbered('один/одну/одна два/две три четыре пять шесть семь восемь девять');
const TENS = { двадцать: 20, тридцать: 30, сорок: 40, пятьдесят: 50, шестьдесят: 60, девяносто: 90 };
const LATER_DAYS =
  'тринадцатого четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого двадцатого';
const TO_TWENTY = `${RUSSIAN_HOURS} ${LATER_DAYS}`.split(' ');
/** The twenty of the twenty-first is a number already. */
const BEHIND_TWENTY = TO_TWENTY.slice(0, 9).map((one) => `20 ${one}`);
const dayOfMonth = ordinals([...TO_TWENTY, ...BEHIND_TWENTY, 'тридцатого', '30 первого'], '-го');
const MONTH = '(?:янв|фев|мар|апр|ма|июн|июл|авг|сен|окт|ноя|дек)[а-я]*';
const DATIVE = ['понедельникам', 'вторникам', 'средам', 'четвергам', 'пятницам', 'субботам', 'воскресеньям'];

export const russian: PhraseLanguage = {
  code: 'ru',
  numbers: {
    ...UNITS,
    ...numbered('десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать', 10),
    ...numbered('семнадцать восемнадцать девятнадцать', 17),
    ...TENS,
    ...composed(TENS, UNITS, (ten, unit) => `${ten} ${unit}`),
    // "Without five": before the hour.
    ...{ пяти: 5, десяти: 10, двадцати: 20, 'двадцати пяти': 25 },
  },
  units: {
    second: 'секунду|секунды|секунд',
    minute: 'минуту|минуты|минут|мин',
    hour: 'час|часа|часов|ч',
    day: 'день|дня|дней',
    week: 'неделю|недели|недель',
    month: 'месяц|месяца|месяцев',
    year: 'год|года|лет',
  },
  bareHour: null,
  and: 'и|,',
  ahead: ['через ~', 'спустя ~'],
  ago: ['~ назад'],
  spans: [
    rule(`(${dayOfMonth.source})(?= (?:${MONTH}|числа))`, dayOfMonth.read),
    rule('полчаса', () => '0.5 часа'),
    rule('полтора', () => '1.5'),
    rule('полторы', () => '1.5'),
    rule('четверть часа', () => '0.25 часа'),
    rule('(\\d+) с половиной', (count) => `${count}.5`),
    // Without a number, a day is every other day as well.
    rule('(?<=через )(минуту|час|неделю|месяц|год)', (unit) => `1 ${unit}`),
    rule('(час|неделю|минуту|месяц|год) назад', (unit) => `1 ${unit} назад`),
  ],
  rules: [
    says('(?:каждый|по) рабоч(?:ий|им) д(?:ень|ням)|по будням|в будни|с понедельника по пятницу', every(WORKDAYS)),
    says('каждый день|ежедневно', every(EVERY_DAY)),
    says('каждое утро|по утрам', every(EVERY_DAY), part('morning')),
    says('каждый вечер|по вечерам', every(EVERY_DAY), part('evening')),
    says('(?:каждые|по) выходны[ем]', every(WEEKEND)),
    says('каждую неделю|еженедельно|раз в неделю', every(null)),
    says('кажд(?:ый|ую|ые|ое) (?:\\d+|второй|вторую|месяц|год|час|минуту).*|ежемесячно|ежечасно', UNREPEATABLE),
    says('послезавтра', day(2)),
    says('позавчера', day(-2)),
    says('завтра', day(1)),
    says('после обеда', part('afternoon')),
    says('вчера', day(-1)),
    says('сегодня', day(0)),
    ...weekdays(
      ['понедельник', 'вторник', 'сред[уа]', 'четверг', 'пятниц[уа]', 'суббот[уа]', 'воскресенье'],
      {
        every: ['кажд(?:ый|ую|ое) ~'],
        next: ['во? следующ(?:ий|ую|ее) ~', 'следующ(?:ий|ую|ее) ~', '(?:во? )?~ на следующей неделе'],
        this: ['во? эт(?:от|у|о) ~', 'во? ближайш(?:ий|ую|ее) ~'],
        last: ['во? прошл(?:ый|ую|ое) ~'],
      },
      ['(?:во? )?~'],
    ),
    ...weekdays(DATIVE, { every: ['по ~'], next: [], this: [], last: [] }, []),
    ...weekdays(DATIVE, { every: [LISTED], next: [], this: [], last: [] }, []),
    ...dates('ru', ['(\\d{1,2})(?:-?го)? ~(?: (\\d{4})(?: года?| г\\.?)?)?']),
    rule('(\\d{1,2})(?:-?го)? числа|(\\d{1,2})-?го(?= в |$)', (one, other) => ({
      kind: 'monthday',
      day: Number(one ?? other),
    })),
    rule('(?:в )?(\\d{1,2}):(\\d{2})', hm('written')),
    rule('в (\\d{1,2})[.-](\\d{2})', hm('written')),
    rule('в (\\d{1,2}) (\\d{2})', hm('twelve')),
    rule('(?:в )?(\\d{1,2}) час(?:а|ов)? (\\d{1,2}) минут[ыу]?', hm('written')),
    rule('(?:в )?(\\d{1,2}) час(?:а|ов)?', hm('written')),
    rule('без четверти (\\d{1,2})', at(-15)),
    rule('без (\\d{1,2})(?: минут)? (\\d{1,2})', mh(-1)),
    ...russianHours,
    says('(?:в )?полдень', ...NOON),
    says('(?:в )?полночь', ...MIDNIGHT),
    rule('в час(?= (?:дня|ночи))', () => clock(1, 0, 'twelve')),
    rule('в (\\d{1,2})', at(0)),
    rule('(\\d{1,2})(?= (?:утра|вечера|дня|ночи))', at(0)),
    says('утра|утром', part('morning')),
    says('дня|днём', part('afternoon')),
    says('вечера|вечером', part('evening')),
    says('ночи|ночью', part('night')),
  ],
  fillers: 'в|пожалуйста|ровно',
};
