import { clock, day, every, part, type UnspacedLanguage, unspaced } from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { MIDNIGHT, NOON, UNREPEATABLE } from './readers.ts';
import { monthDay, numerals, repeatedOn, spanOfUnits, weekdayNamed } from './unspaced-readers.ts';

const DAYS = '一二三四五六日';
const WEEK = '(?:[周週]|星期|[礼禮]拜)';
const HOUR = '小时|小時|钟头|鐘頭';
const UNITS = [
  [/^年/, 'year'],
  [/^[个個]月/, 'month'],
  [/^[个個]?(?:星期|[礼禮]拜|[周週])/, 'week'],
  [/^[天日]/, 'day'],
  [new RegExp(`^[个個]?(?:${HOUR})`), 'hour'],
  [/^分[钟鐘]?/, 'minute'],
  [/^秒[钟鐘]?/, 'second'],
] as const;
const UNIT = `年|[个個]月|[个個]?(?:星期|[礼禮]拜|[周週])|[天日]|[个個]?(?:${HOUR})|分[钟鐘]?|秒[钟鐘]?`;
const SPAN = `((?:\\d+(?:\\.\\d+)?(?:${UNIT}))+)`;
const day1to7 = `([${DAYS}天])`;

export const chinese: UnspacedLanguage = {
  code: 'zh',
  rules: [
    // Their numbers are days, and those of a time may stand right behind them.
    unspaced(
      `每(?:个|個)?${WEEK}(${day1to7.slice(1, -1)}(?:[和、,及與与]?${WEEK}?${day1to7.slice(1, -1)})*)`,
      repeatedOn(DAYS, WEEK),
    ),
    unspaced(`下(?:个|個)?${WEEK}${day1to7}`, weekdayNamed(DAYS, 'following')),
    unspaced(`[这這本](?:个|個)?${WEEK}${day1to7}`, weekdayNamed(DAYS, 'this')),
    unspaced(`(?<![上下])${WEEK}${day1to7}`, weekdayNamed(DAYS, 'plain')),
    numerals('两兩'),
    unspaced(`(\\d+)[个個]半(?:${HOUR})`, (hours) => `${hours}.5小时`),
    unspaced(`半[个個]?(?:${HOUR})`, () => '30分钟'),
    unspaced('1刻[钟鐘](?=[后後之以])', () => '15分钟'),
    unspaced(`${SPAN}[之以]?[后後]的?`, spanOfUnits(UNITS, false)),
    unspaced(`${SPAN}[之以]?前的?`, spanOfUnits(UNITS, true)),
    unspaced(`隔[天日周週].*|每隔.*|每[个個]?(?:月|年|${HOUR}|分).*|每\\d+.*`, () => UNREPEATABLE),
    unspaced('每[个個]?(?:工作日|平日)|工作日|平日', () => every(WORKDAYS)),
    unspaced('每[个個]?[周週]末', () => every(WEEKEND)),
    unspaced('每天|每日|天天', () => every(EVERY_DAY)),
    unspaced('每早', () => [every(EVERY_DAY), part('morning')]),
    unspaced('每晚', () => [every(EVERY_DAY), part('night')]),
    unspaced(`每[个個]?${WEEK}`, () => every(null)),
    unspaced('大[后後]天', () => day(3)),
    unspaced('[后後][天日]', () => day(2)),
    unspaced('明早', () => [day(1), part('morning')]),
    unspaced('明晚', () => [day(1), part('night')]),
    unspaced('明[天日]', () => day(1)),
    unspaced('今早', () => [day(0), part('morning')]),
    unspaced('今晚', () => [day(0), part('night')]),
    unspaced('今[天日]', () => day(0)),
    unspaced('昨晚', () => [day(-1), part('night')]),
    unspaced('昨[天日]', () => day(-1)),
    unspaced('前[天日]', () => day(-2)),
    unspaced('(?:(\\d{4})年)?(\\d{1,2})月(\\d{1,2})[日号號]', monthDay),
    unspaced('(?:(\\d{4})[/-])?(\\d{1,2})[/-](\\d{1,2})(?![\\d/-])', monthDay),
    unspaced('(\\d{1,2})[号號]', (number) => ({ kind: 'monthday', day: Number(number) })),
    unspaced('(\\d{1,2})[点點时時](?:[钟鐘整]|(半)|([13])刻|零?(\\d{1,2})分?)?', (hour, half, quarters, minute) =>
      clock(Number(hour), half ? 30 : quarters ? 15 * Number(quarters) : Number(minute ?? 0), 'written'),
    ),
    unspaced('(?<!\\d)(\\d{1,2}):(\\d{2})(?!\\d)', (hour, minute) => clock(Number(hour), Number(minute), 'written')),
    unspaced('上午|早上|早晨|清晨|清早|早', () => part('morning')),
    unspaced('下午', () => part('afternoon')),
    unspaced('傍晚', () => part('evening')),
    unspaced('晚上|夜里|夜裡|夜晚|凌晨|晚间|晚間', () => part('night')),
    unspaced('中午|正午', () => NOON),
    unspaced('午夜|半夜', () => MIDNIGHT),
  ],
  fillers: /[的在、,。\s]|请|請/gu,
};
