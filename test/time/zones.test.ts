import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pastMoment } from '../../src/time/past.ts';
import { understand } from '../../src/time/phrase.ts';
import { findZone, proposedZones } from '../../src/time/places.ts';
import { lastOf, nextOf } from '../../src/time/repeats.ts';
import {
  dayAt,
  instantOf,
  instantsOf,
  isDay,
  isZone,
  plusDays,
  plusMonths,
  startOfDay,
  wallTime,
} from '../../src/time/zones.ts';

const iso = (at: number): string => new Date(at).toISOString();
const wall = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/\D/).map(Number);
  return { year, month, day, hour, minute };
};

test('a wall time is one instant, two where clocks are set back, and none where they are set forward over it', () => {
  const at = (text: string, zone: string) => instantsOf(wall(text), zone).map(iso);
  assert.deepEqual(at('2026-11-25 13:00', 'Europe/Berlin'), ['2026-11-25T12:00:00.000Z']);
  assert.deepEqual(at('2026-10-25 02:30', 'Europe/Berlin'), ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']);
  assert.deepEqual(at('2027-03-28 02:30', 'Europe/Berlin'), []);
  assert.equal(iso(instantOf(wall('2027-03-28 02:30'), 'Europe/Berlin')), '2027-03-28T01:30:00.000Z');
  // Half an hour, on Lord Howe.
  assert.equal(iso(instantOf(wall('2026-10-04 02:15'), 'Australia/Lord_Howe')), '2026-10-03T15:45:00.000Z');
});

test('every instant comes back from what its clocks show, whatever the zone', () => {
  const zones = [
    'America/St_Johns',
    'Asia/Kathmandu',
    'Africa/Casablanca',
    'Pacific/Apia',
    'America/Santiago',
    'Africa/Cairo',
  ];
  for (const zone of zones) {
    for (
      let at = Date.parse('2026-01-01T00:00:00Z');
      at < Date.parse('2027-01-01T00:00:00Z');
      at += 7 * 3_600_000 + 60_000
    ) {
      assert.ok(instantsOf(wallTime(at, zone), zone).includes(at), `${zone} ${iso(at)}`);
    }
  }
});

test('a day is from midnight to midnight there: 23, 24 or 25 hours', () => {
  const hours = (text: string, zone: string): number => {
    const day = wall(`${text} 00:00`);
    return (startOfDay(plusDays(day, 1), zone) - startOfDay(day, zone)) / 3_600_000;
  };
  assert.equal(hours('2027-03-28', 'Europe/Berlin'), 23);
  assert.equal(hours('2026-10-25', 'Europe/Berlin'), 25);
  assert.equal(hours('2026-11-25', 'Europe/Berlin'), 24);
  // Midnight itself is skipped in Santiago: the day begins at one o'clock.
  assert.equal(iso(startOfDay(wall('2026-09-06 00:00'), 'America/Santiago')), '2026-09-06T04:00:00.000Z');
  assert.equal(hours('2026-09-06', 'America/Santiago'), 23);
});

test('dates follow the calendar', () => {
  assert.deepEqual(plusMonths({ year: 2027, month: 1, day: 31 }, 1), { year: 2027, month: 2, day: 28 });
  assert.deepEqual(plusDays({ year: 2026, month: 12, day: 31 }, 1), { year: 2027, month: 1, day: 1 });
  assert.deepEqual(dayAt(Date.parse('2026-11-25T23:30:00Z'), 'Asia/Tokyo'), { year: 2026, month: 11, day: 26 });
  assert.equal(isDay({ year: 2027, month: 2, day: 29 }), false);
  assert.equal(isDay({ year: 2028, month: 2, day: 29 }), true);
});

test('reminders on days on which clocks change: what is skipped is asked back, what comes twice is its first time', () => {
  const zone = 'Europe/Berlin';
  const march = Date.parse('2027-03-27T19:00:00Z');
  const at = (words: string, now: number) => {
    const meant = understand(words, { now, zone });
    return meant.kind === 'at' ? iso(meant.at) : 'question' in meant ? meant.question : meant.kind;
  };
  assert.match(at('tomorrow at 02:30', march), /^The clocks skip 2:30 tomorrow: at 3:30 tomorrow\?$/);
  assert.equal(at('tomorrow at 9:00', march), '2027-03-28T07:00:00.000Z');
  // The same time of day tomorrow, and exactly 24 hours.
  assert.equal(at('in 1 day', march), '2027-03-28T18:00:00.000Z');
  assert.equal(at('in 24 hours', march), '2027-03-28T19:00:00.000Z');
  const october = Date.parse('2026-10-24T18:00:00Z');
  assert.equal(at('tomorrow at 02:30', october), '2026-10-25T00:30:00.000Z');
  assert.equal(at('tomorrow at 9:00', october), '2026-10-25T08:00:00.000Z');
  // Between the two half past twos the second one comes.
  assert.equal(at('at 02:30 today', Date.parse('2026-10-25T00:45:00Z')), '2026-10-25T01:30:00.000Z');
});

test('what comes again keeps its time of day over changed clocks, and comes once a day', () => {
  const daily = { days: [1, 2, 3, 4, 5, 6, 7], hour: 2, minute: 30, zone: 'Europe/Berlin' };
  const times: string[] = [];
  let next = Date.parse('2027-03-26T12:00:00Z');
  while (times.length < 4) {
    next = nextOf(daily, next);
    times.push(iso(next));
  }
  assert.deepEqual(times, [
    '2027-03-27T01:30:00.000Z',
    '2027-03-28T01:30:00.000Z',
    '2027-03-29T00:30:00.000Z',
    '2027-03-30T00:30:00.000Z',
  ]);
  const october = nextOf(daily, Date.parse('2026-10-24T12:00:00Z'));
  assert.equal(iso(october), '2026-10-25T00:30:00.000Z');
  assert.equal(iso(nextOf(daily, october)), '2026-10-26T01:30:00.000Z');
  const workdays = { ...daily, days: [1, 2, 3, 4, 5], hour: 9, minute: 0 };
  assert.equal(iso(nextOf(workdays, Date.parse('2026-11-27T08:00:00Z'))), '2026-11-30T08:00:00.000Z');
  assert.equal(iso(lastOf(workdays, Date.parse('2026-11-29T08:00:00Z'))), '2026-11-27T08:00:00.000Z');
});

test('what was: a day is a day there, a span is a span, and what is half understood is asked', () => {
  const now = Date.parse('2026-11-25T23:30:00Z');
  const past = (words: string, end = false, locales: string[] = []) => {
    const found = pastMoment(words, { now, zone: 'Europe/Berlin', locales }, { end });
    return 'at' in found ? iso(found.at) : found.question;
  };
  assert.deepEqual([past('today'), past('today', true)], ['2026-11-25T23:00:00.000Z', '2026-11-26T23:00:00.000Z']);
  assert.deepEqual([past('gestern'), past('hier', true)], ['2026-11-24T23:00:00.000Z', '2026-11-25T23:00:00.000Z']);
  assert.equal(past('2026-10-25'), '2026-10-24T22:00:00.000Z');
  assert.equal(past('2026-10-25', true), '2026-10-25T23:00:00.000Z');
  assert.equal(past('2 hours ago'), '2026-11-25T21:30:00.000Z');
  assert.equal(past('18h', false, ['fr']), '2026-11-25T05:30:00.000Z');
  assert.equal(past('monday'), '2026-11-22T23:00:00.000Z');
  assert.equal(past('yesterday 18:00'), '2026-11-25T17:00:00.000Z');
  assert.equal(past('last week'), null);
  assert.match(past('5/6/2026') ?? '', /On Friday 5 June or on Wednesday 6 May\?/);
  assert.equal(past('5/6/2026', false, ['en-US']), '2026-05-05T22:00:00.000Z');
  assert.equal(past('5/6/2026', false, ['en-GB']), '2026-06-04T22:00:00.000Z');
});

test('zones are found by cities, and proposed by what is typed', () => {
  assert.equal(findZone('München') ?? findZone('Munich'), 'Europe/Berlin');
  assert.equal(findZone('new york'), 'America/New_York');
  assert.equal(findZone('Nowhere at all'), undefined);
  assert.equal(proposedZones('berl')[0], 'Europe/Berlin');
  assert.equal(proposedZones('tokyo')[0], 'Asia/Tokyo');
  assert.ok(proposedZones('America/New').includes('America/New_York'));
  assert.equal(isZone('Europe/Berlin'), true);
  assert.equal(isZone('+02:00'), false);
  assert.equal(isZone('Mars/Olympus'), false);
});

test('languages of which only the library knows are read by the person’s locale, and whole or not at all', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const at = (words: string, locale: string) => {
    const meant = understand(words, { now, zone: 'Asia/Tokyo', locales: [locale] });
    return meant.kind === 'at' ? iso(meant.at) : meant.kind;
  };
  assert.equal(at('明日の9時', 'ja'), '2026-11-26T00:00:00.000Z');
  assert.equal(at('12月31日18時', 'ja'), '2026-12-31T09:00:00.000Z');
  assert.equal(at('domani alle 9:00', 'it'), '2026-11-26T00:00:00.000Z');
  assert.equal(at('tra 20 minuti', 'it'), '2026-11-25T12:20:00.000Z');
  assert.equal(at('domani alle 9:00 circa', 'it'), 'ask');
  assert.equal(at('holnap kilenckor', 'hu'), 'unknown');
  assert.equal(at('yarın saat 9:00', 'tr'), 'ask');
});
