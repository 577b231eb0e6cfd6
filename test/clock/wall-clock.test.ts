import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SteadyTime } from '../../src/clock/steady-time.ts';
import { WallClock } from '../../src/clock/wall-clock.ts';

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;
const START = Date.UTC(2026, 10, 20, 12);

/** A machine whose clock is wrong by what a test says; `told()`: Discord answers, and took so long. */
function stage(wrongBy = 0) {
  const time = { true: START, monotonic: 5_000, wrongBy };
  const clock = new WallClock({ machine: () => time.true + time.wrongBy, monotonic: () => time.monotonic });
  const asked: number[] = [];
  clock.onDoubt(() => void asked.push(time.true));
  return {
    clock,
    time,
    asked,
    /** Of the time that is now by how much the clock is wrong, to half a second. */
    error: () => Math.round((clock.now() - time.true) / S),
    pass: (ms: number) => {
      time.true += ms;
      time.monotonic += ms;
    },
    sleep: (ms: number) => {
      time.true += ms;
    },
    told: (lateMs = 0) => clock.heard(Math.floor((time.true - lateMs) / S) * S),
  };
}

describe('the time of day where Discord tells it', () => {
  for (const wrongBy of [HOUR, -HOUR, 40 * YEAR, -40 * YEAR, 31 * S]) {
    it(`is right on a machine whose clock is ${wrongBy / S} s ahead, at the start and when it is set right or wrong`, () => {
      const { clock, time, error, pass, told } = stage(wrongBy);
      told();
      assert.ok(Math.abs(error()) <= 1);
      assert.equal(Math.round(clock.wrongByMs / S), Math.round(wrongBy / S));
      pass(HOUR);
      time.wrongBy = 0;
      assert.ok(Math.abs(error()) <= 1, 'set right');
      told();
      assert.equal(clock.wrongByMs, 0);
      pass(MINUTE);
      time.wrongBy = wrongBy;
      assert.ok(Math.abs(error()) <= 1, 'set wrong');
      assert.equal(clock.confirmed, false);
      pass(HOUR);
      told();
      told();
      assert.ok(Math.abs(error()) <= 1);
      assert.equal(clock.confirmed, true);
    });
  }

  it('is right again after the machine slept, once Discord said so twice, which it is asked for', () => {
    const { clock, asked, error, pass, sleep, told } = stage();
    told();
    pass(MINUTE);
    sleep(HOUR);
    clock.now();
    assert.equal(asked.length, 1);
    told();
    assert.equal(asked.length, 2);
    told();
    assert.equal(error(), 0);
    assert.equal(clock.confirmed, true);
  });

  it('follows no single answer that says something else, nor any that was long on its way', () => {
    const { clock, time, error, pass, told } = stage();
    told();
    clock.heard(START + YEAR);
    assert.equal(error(), 0);
    told();
    clock.heard(START - HOUR);
    assert.equal(error(), 0);
    clock.heard(Number.NaN);
    for (let i = 0; i < 10; i += 1) {
      pass(MINUTE);
      told(8 * S);
    }
    time.wrongBy = HOUR;
    assert.ok(Math.abs(error()) <= 1);
  });

  it('asks no more than three times a minute, whatever it hears', () => {
    const { clock, asked, pass } = stage();
    for (let i = 0; i < 600; i += 1) {
      clock.heard(START + (i % 2) * YEAR + i * HOUR);
      clock.now();
      pass(100);
    }
    assert.ok(asked.length >= 1 && asked.length <= 3, `${asked.length}`);
  });

  it('is right on a machine whose clock runs twice as fast', () => {
    const { time, error, pass, told } = stage();
    told();
    for (let i = 0; i < 3_600; i += 1) {
      pass(S);
      time.wrongBy += S;
      if (i % 600 === 0) told();
    }
    assert.ok(Math.abs(error()) <= 30, `${error()} s`);
  });
});

describe('the time of day where nobody tells it', () => {
  it('passes over a clock that is set for a minute', () => {
    const { time, error, pass } = stage();
    error();
    for (const wrongBy of [HOUR, -HOUR, 40 * YEAR]) {
      time.wrongBy = wrongBy;
      for (let i = 0; i < 60; i += 1) {
        assert.equal(error(), 0);
        pass(S);
      }
      time.wrongBy = 0;
      assert.equal(error(), 0);
    }
  });

  it('follows a clock that was set and stays so for two minutes', () => {
    const { clock, time, error, pass } = stage(-56 * YEAR);
    clock.now();
    time.wrongBy = 0;
    clock.now();
    pass(121 * S);
    assert.equal(error(), 0);
  });
});

describe('the time of what happens one after the other', () => {
  it('is never set back, and follows a machine that slept', () => {
    let ahead = START;
    let monotonic = 0;
    const time = new SteadyTime({ at: (instant) => Math.round(instant + ahead) }, () => monotonic);
    const seen: number[] = [];
    for (const to of [START, START - HOUR, START - 40 * YEAR, START + HOUR, START, START + 2 * HOUR]) {
      ahead = to;
      monotonic += 100;
      seen.push(time.now() - START);
    }
    assert.deepEqual(seen, [100, 200, 300, HOUR + 400, HOUR + 500, 2 * HOUR + 600]);
    assert.equal(time.at(50) - START, 2 * HOUR + 50);
  });
});
