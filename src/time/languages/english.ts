import {
  clock,
  dates,
  day,
  every,
  type PhraseLanguage,
  part,
  type Rule,
  rule,
  says,
  weekdays,
} from '../phrase-items.ts';
import { EVERY_DAY, WEEKEND, WORKDAYS } from '../repeats.ts';
import { at, COLON, composed, hm, MIDNIGHT, mh, NOON, numbered, ordinals, UNREPEATABLE } from './readers.ts';

/** An hour of the half of a day: 6 pm. */
const HALF = '(\\d{1,2}) ?([ap])\\.? ?m\\.?';
const halfDay =
  (minutes: number): Rule[1] =>
  (hour, half) => {
    const found = meridiem(hour, '0', half);
    return found && clock(found.hour, minutes, 'exact');
  };

const UNITS = numbered(
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
);
const HOURS = Object.keys(UNITS).slice(0, 12).join('|');
const TENS = { twenty: 20, thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90 };
const DAYS_OF_MONTH =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first';
const dayOfMonth = ordinals(DAYS_OF_MONTH.split(' '), 'th');

export const english: PhraseLanguage = {
  code: 'en',
  numbers: {
    ...UNITS,
    ...TENS,
    ...composed(TENS, UNITS, (ten, unit) => `${ten}[- ]${unit}`),
  },
  units: {
    second: 'seconds?|secs?',
    minute: 'minutes?|mins?|m',
    hour: 'hours?|hrs?|h',
    day: 'days?|d',
    week: 'weeks?|w',
    month: 'months?',
    year: 'years?',
  },
  bareHour: 'hours?|hrs?|h',
  and: 'and|,',
  ahead: [
    'in ~',
    '~ from(?= (?:today|tomorrow|mon|tue|wed|thu|fri|sat|sun|this))',
    '~ from now',
    'in ~ from now',
    'in ~ time',
    "in ~'s? time",
  ],
  ago: ['~ ago', '~ before now'],
  spans: [
    rule(`(?<=the )(${dayOfMonth.source})(?! [a-z]+day| half| quarter)`, dayOfMonth.read),
    rule(`(${dayOfMonth.source})(?= of [a-z])`, dayOfMonth.read),
    rule('(?<=in )(\\d{1,2}) ?h ?([0-5]\\d)(?! ?m)', (hours, minutes) => `${hours} h ${minutes} min`),
    // Five-thirty, five oh five: the hour before a hyphen is no number yet.
    rule(`(${HOURS})-(\\d{2})`, (hour, minute) => `${UNITS[hour ?? '']} ${minute}`),
    rule('(\\d{1,2}) oh (\\d)', (hour, minute) => `${hour} 0${minute}`),
    rule('(?<=in )(\\d{1,2}) hours? ([0-5]?\\d)$', (hours, minutes) => `${hours} h ${minutes} min`),
    rule('(?:a )?fortnight', () => '2 weeks'),
    rule('an hour and (?:a|1) quarter', () => '75 minutes'),
    rule('(\\d+) and (?:a|1) quarter hours', (hours) => `${hours}.25 hours`),
    rule('(?:a )?quarter of an hour', () => '0.25 hours'),
    rule('(?:3 )quarters of an hour', () => '0.75 hours'),
    rule('half an? (hour|day)|(?:a )?half (hour|day)', (one, other) => `0.5 ${one ?? other}s`),
    rule('an? (minute|hour|day|week|month|year)', (unit) => `1 ${unit}`),
    rule('(\\d+) (hours?|days?) and a half', (count, unit) => `${count}.5 ${unit}`),
    rule('(\\d+) and a half (hours?|days?)', (count, unit) => `${count}.5 ${unit}`),
  ],
  rules: [
    says('every (?:single )?day|daily|each day', every(EVERY_DAY)),
    says('(?:every|each) morning', every(EVERY_DAY), part('morning')),
    says('(?:every|each) afternoon', every(EVERY_DAY), part('afternoon')),
    says('(?:every|each) evening', every(EVERY_DAY), part('evening')),
    says('(?:every|each) night', every(EVERY_DAY), part('night')),
    says(
      '(?:every|each|on) (?:week|work|working )days?|weekdays|(?:from )?mon(?:day)? ?(?:to|through|-|–) ?fri(?:day)?',
      every(WORKDAYS),
    ),
    says('(?:every|each) weekend|weekends|on weekends', every(WEEKEND)),
    says('every week|weekly|each week|once (?:a|1) week', every(null)),
    says(
      '(?:every|each) (?:other|second|third|fourth|\\d+(?:st|nd|rd|th)?|month|year|hour|minute|quarter|fortnight|few).*|monthly|yearly|hourly|annually|fortnightly|bi-?weekly|on alternate days',
      UNREPEATABLE,
    ),
    ...weekdays(
      [
        'monday|mon',
        'tuesday|tues|tue',
        'wednesday|wed',
        'thursday|thurs|thur|thu',
        'friday|fri',
        'saturday|sat',
        'sunday|sun',
      ],
      {
        every: ['(?:every|each) ~', '(?:on )?(?:~)s'],
        next: ['(?:on )?next ~', '~ next week', '(?:on )?the ~ after next'],
        this: ['(?:on )?this ~', '(?:on )?(?:the )?coming ~', '~ this week'],
        last: ['(?:on )?last ~'],
      },
      ['(?:on )?~'],
    ),
    ...dates('en', [
      '(?:on )?(?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ~,?(?: (\\d{4}))?',
      '(?:on )?~ (?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?(?![:.\\d])',
    ]),
    rule('(?:on )?the (\\d{1,2})(?:st|nd|rd|th)(?! (?:[\\ue000-\\uf8ff]|of))', (number) => ({
      kind: 'monthday',
      day: Number(number),
    })),
    says('the day after tomorrow|day after tomorrow', day(2)),
    says('the day before yesterday|day before yesterday', day(-2)),
    says('tomorrow night', day(1), part('night')),
    says('tomorrow', day(1)),
    says('yesterday', day(-1)),
    says('last night', day(-1), part('night')),
    says('tonight', day(0), part('night')),
    says('today', day(0)),
    says('this morning', day(0), part('morning')),
    says('this afternoon', day(0), part('afternoon')),
    says('this evening', day(0), part('evening')),
    rule('(?:at )?half past (noon|midnight)', aroundTwelve(30)),
    rule('(?:at )?(?:a )?quarter past (noon|midnight)', aroundTwelve(15)),
    rule('(?:at )?(\\d{1,2})(?: minutes?)? (?:past|after) (noon|midnight)', (minute, twelve) =>
      aroundTwelve(Number(minute))(twelve ?? ''),
    ),
    rule('(?:at )?(?:a )?quarter (?:to|before) noon', () => clock(11, 45, 'exact')),
    rule('(?:at )?(?:a )?quarter (?:to|before) midnight', () => clock(23, 45, 'exact')),
    rule('(?:at )?(\\d{1,2})(?: minutes?)? (?:to|before) noon', (minute) => clock(11, 60 - Number(minute), 'exact')),
    rule('(?:at )?(\\d{1,2})(?: minutes?)? (?:to|before) midnight', (minute) =>
      clock(23, 60 - Number(minute), 'exact'),
    ),
    says('(?:at )?(?:12 )?noon|(?:at )?midday', ...NOON),
    says('(?:at )?(?:12 )?midnight', ...MIDNIGHT),
    rule('(\\d{1,2})[:.](\\d{2}) ?([ap])\\.? ?m\\.?', (hour, minute, half) => meridiem(hour, minute, half)),
    rule(`(?:at )?half past ${HALF}`, halfDay(30)),
    rule(`(?:at )?(?:a )?quarter past ${HALF}`, halfDay(15)),
    rule(`(?:at )?(?:a )?quarter (?:to|before) ${HALF}`, halfDay(-15)),
    rule(`(?:at )?(\\d{1,2})(?: minutes?)? (?:past|after) ${HALF}`, (minute, hour, half) =>
      halfDay(Number(minute))(hour ?? '', half ?? ''),
    ),
    rule(`(?:at )?(\\d{1,2})(?: minutes?)? (?:to|before) ${HALF}`, (minute, hour, half) =>
      halfDay(-Number(minute))(hour ?? '', half ?? ''),
    ),
    rule('(?:at )?(\\d{1,2}) (\\d{2}) ?([ap])\\.? ?m\\.?', (hour, minute, half) => meridiem(hour, minute, half)),
    rule(
      'at ([01]\\d|2[0-3])([0-5]\\d)(?: ?(?:hours|hrs|h))?|([01]\\d|2[0-3])([0-5]\\d) ?(?:hours|hrs|h)',
      (...groups) => {
        const [hour, minute] = groups.filter((group) => group !== undefined);
        return clock(Number(hour), Number(minute), 'exact');
      },
    ),
    rule('(\\d{1,2}) ?([ap])\\.? ?m\\.?', (hour, half) => meridiem(hour, '0', half)),
    rule('(?:at )?half past (\\d{1,2})', at(30)),
    // To the British half an hour after it, to others half an hour before.
    rule('(?:at )?half (\\d{1,2})', (hour) =>
      [-30, 30].flatMap((minute) => clock(Number(hour), minute, 'twelve') ?? []),
    ),
    rule('(?:at )?(?:a )?quarter past (\\d{1,2})', at(15)),
    rule('(?:at )?(?:a )?quarter (?:to|before) (\\d{1,2})', at(-15)),
    rule('(?:at )?(\\d{1,2})(?: minutes?)? (?:past|after) (\\d{1,2})', mh(1)),
    rule('(?:at )?(\\d{1,2})(?: minutes?)? (?:to|before) (\\d{1,2})', mh(-1)),
    rule(`(?:at )?${COLON}(?: hours)?`, hm('written')),
    rule('at (\\d{1,2})[.](\\d{2})', hm('written')),
    rule("(?:at )?(\\d{1,2}) ?o' ?clock", at(0)),
    rule('(?:at )?(\\d{1,2}) (\\d{2})(?! ?(?:minutes?|hours?|days?|weeks?))', hm('twelve')),
    rule('at (\\d{1,2})', at(0)),
    rule('(\\d{1,2})(?= (?:[\\ue000-\\uf8ff]|in the|at night))', at(0)),
    says('(?:in|during) the (?:early )?morning|(?:early )?mornings?', part('morning')),
    says('(?:in|during) the afternoon|afternoon', part('afternoon')),
    says('(?:in|during) the evening|evening', part('evening')),
    says('at night|(?:in|during) the night|night', part('night')),
  ],
  fillers: "at|on|please|then|o'clock|from now on",
};

/** So many minutes after twelve: of the night or of noon. */
function aroundTwelve(minute: number): Rule[1] {
  return (twelve) => clock(twelve === 'noon' ? 12 : 0, minute, 'exact');
}

function meridiem(hour = '', minute = '', half = ''): ReturnType<typeof clock> {
  const number = Number(hour);
  if (number < 1 || number > 12) return undefined;
  return clock((number % 12) + (half === 'p' ? 12 : 0), Number(minute), 'exact');
}
