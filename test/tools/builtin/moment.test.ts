import assert from 'node:assert/strict';
import { test } from 'node:test';
import { momentOf } from '../../../src/tools/builtin/moment.ts';

const now = new Date('2026-11-21T13:00:00Z');
const at = (words: string, timeZone: string | null = null, past = false) =>
  new Date(momentOf(words, { now, timeZone, past })).toISOString();

test('a span from now needs no time zone', () => {
  assert.equal(at('in 20 minutes'), '2026-11-21T13:20:00.000Z');
  assert.equal(at('in 2 hours'), '2026-11-21T15:00:00.000Z');
  assert.equal(at('in a week'), '2026-11-28T13:00:00.000Z');
  assert.equal(at('2026-12-01T09:00:00+01:00'), '2026-12-01T08:00:00.000Z');
});

test('a time of day is that of the place, also past a change of the clocks', () => {
  assert.equal(at('tomorrow at 9:00', 'Europe/Berlin'), '2026-11-22T08:00:00.000Z');
  assert.equal(at('at 7am', 'America/New_York'), '2026-11-22T12:00:00.000Z');
  assert.equal(at('2027-07-01 09:00', 'Europe/Berlin'), '2027-07-01T07:00:00.000Z');
  assert.equal(at('2027-07-01 09:00', 'Asia/Kolkata'), '2027-07-01T03:30:00.000Z');
});

test('without a place it is asked for', () => {
  assert.throws(() => at('tomorrow at 9:00'), /In which city or time zone\?/);
  assert.throws(() => at('tomorrow'), /In which city or time zone\?/);
});

test('of two days that may be meant, the coming one counts, or the past one where that is meant', () => {
  assert.equal(at('friday at 10:00', 'UTC'), '2026-11-27T10:00:00.000Z');
  assert.equal(at('friday at 10:00', 'UTC', true), '2026-11-20T10:00:00.000Z');
});

test('words that mean no time, or two, are refused', () => {
  assert.throws(() => at('soon-ish'), /is no time/);
  assert.throws(() => at('monday at 9:00 and again on the 5th of May 2027', 'UTC'), /is no time/);
});
