import { clock, day, every, part, type UnspacedLanguage, unspaced } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { hm, MIDNIGHT, NOON, UNREPEATABLE } from './readers.ts';
import { monthDay, numerals, repeatedOn, spanOfUnits, weekdayNamed } from './unspaced-readers.ts';

const DAYS = '月火水木金土日';
const UNITS = [
  [/^年間?/, 'year'],
  [/^(?:[かヶヵカケ箇]月|か月)間?/, 'month'],
  [/^週間?/, 'week'],
  [/^日間?/, 'day'],
  [/^時間/, 'hour'],
  [/^分間?/, 'minute'],
  [/^秒間?/, 'second'],
] as const;
const SPAN = '((?:\\d+(?:\\.\\d+)?(?:年間?|[かヶヵカケ箇]月間?|週間?|日間?|時間半?|分間?|秒間?))+)';

export const japanese: UnspacedLanguage = {
  code: 'ja',
  rules: [
    numerals(''),
    unspaced('半時間', () => '30分'),
    unspaced('半日(?=後)', () => '12時間'),
    unspaced(`${SPAN}後に?`, spanOfUnits(UNITS, false)),
    unspaced(`${SPAN}前に?`, spanOfUnits(UNITS, true)),
    unspaced(
      '隔[日週月].*|毎[月年時分].*|(?:\\d+|数)(?:日|週間?|時間|分|か月|年)(?:おき|ごと|毎).*',
      () => UNREPEATABLE,
    ),
    unspaced('毎日', () => every(EVERY_DAY)),
    unspaced('毎朝', () => [every(EVERY_DAY), part('morning')]),
    unspaced('毎[晩夜]', () => [every(EVERY_DAY), part('night')]),
    unspaced('毎夕', () => [every(EVERY_DAY), part('evening')]),
    unspaced('毎週末|週末毎', () => every(WEEKEND)),
    unspaced('(?:毎週の?)?平日|毎平日', () => every(WORKDAYS)),
    unspaced(`毎週の?([${DAYS}](?:曜日?)?(?:[と、,・]?[${DAYS}](?:曜日?)?)*)`, repeatedOn(DAYS)),
    unspaced('毎週', () => every(null)),
    unspaced('(?:明明後日|明々後日|しあさって)', () => day(3)),
    unspaced('明後日|あさって', () => day(2)),
    unspaced('明朝', () => [day(1), part('morning')]),
    unspaced('明晩', () => [day(1), part('night')]),
    unspaced('明日|あした|あす', () => day(1)),
    unspaced('今朝', () => [day(0), part('morning')]),
    unspaced('今[夜晩]', () => [day(0), part('night')]),
    unspaced('今日|本日|きょう', () => day(0)),
    unspaced('[一1]昨日|おととい', () => day(-2)),
    unspaced('昨[夜晩]', () => [day(-1), part('night')]),
    unspaced('昨日|きのう', () => day(-1)),
    unspaced(`来週の?([${DAYS}])曜日?`, weekdayNamed(DAYS, 'following')),
    unspaced(`(?:次|今度)の([${DAYS}])曜日?`, weekdayNamed(DAYS, 'next')),
    unspaced(`今週の?([${DAYS}])曜日?`, weekdayNamed(DAYS, 'this')),
    unspaced(`([${DAYS}])曜日?`, weekdayNamed(DAYS, 'plain')),
    unspaced('(?:(\\d{4})年の?)?(\\d{1,2})月(\\d{1,2})日', monthDay),
    unspaced('(?:(\\d{4})[/-])?(\\d{1,2})[/-](\\d{1,2})(?![\\d/-])', monthDay),
    unspaced('(\\d{1,2})日', (number) => ({ kind: 'monthday', day: Number(number) })),
    unspaced('午前の?(\\d{1,2})(?:時|:)(?:(\\d{1,2})分?|(半))?', halfDay(0)),
    unspaced('午後の?(\\d{1,2})(?:時|:)(?:(\\d{1,2})分?|(半))?', halfDay(12)),
    unspaced('正午', () => NOON),
    unspaced('真夜中', () => MIDNIGHT),
    unspaced('(\\d{1,2})時半', (hour) => clock(Number(hour), 30, 'written')),
    unspaced('(\\d{1,2})時(?:(\\d{1,2})分?)?(?!間)', hm('written')),
    unspaced('(?<!\\d)(\\d{1,2}):(\\d{2})(?!\\d)', hm('written')),
    unspaced('早朝|朝', () => part('morning')),
    unspaced('午後', () => part('afternoon')),
    unspaced('夕方', () => part('evening')),
    unspaced('深夜|夜中|夜|晩', () => part('night')),
    unspaced('お?昼', () => part('noon')),
  ],
  fillers: /[のにはを、,。\s]|ちょうと|丁度/gu,
};

/** Twelve o'clock of either half of the day is said for noon and for midnight. */
function halfDay(from: 0 | 12): Parameters<typeof unspaced>[1] {
  return (hour, minute, half) => {
    const [number, past] = [Number(hour), half ? 30 : Number(minute ?? 0)];
    if (number === 12) return [0, 12].flatMap((one) => clock(one, past, 'exact') ?? []);
    return number < 12 ? clock(number + from, past, 'exact') : undefined;
  };
}
