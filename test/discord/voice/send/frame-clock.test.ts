import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameClock } from '../../../../src/discord/voice/send/frame-clock.ts';
import { SteppedTime } from '../../../support/doubles/stepped-time.ts';

describe('FrameClock', () => {
  it('has no timer while nothing is due, and one for fifty beats', () => {
    const time = new SteppedTime();
    const clock = new FrameClock(time);
    assert.equal(time.pending, 0);
    const beats = Array.from({ length: 50 }, () => () => undefined);
    for (const [i, beat] of beats.entries()) clock.start(beat, time.now() + 20 + (i % 4) * 5);
    assert.equal(time.pending, 1);
    time.pass(100);
    assert.equal(time.pending, 0);
  });

  it('wakes at most once per slot of 5 ms, however many beat', () => {
    const time = new SteppedTime();
    const clock = new FrameClock(time);
    let count = 0;
    for (let i = 0; i < 50; i += 1) {
      const at = time.now() + (i % 4) * 5 + 5;
      let due = at;
      clock.start(() => {
        count += 1;
        due += 20;
        return due;
      }, due);
    }
    const before = time.armed;
    time.pass(1_000);
    assert.equal(count, 2_500);
    assert.ok(time.armed - before <= 200, `${time.armed - before} wake-ups`);
  });

  it('does not drift: after an hour a beat of 20 ms is where it should be', () => {
    const time = new SteppedTime();
    const clock = new FrameClock(time);
    let due = time.now() + 20;
    let count = 0;
    clock.start((now) => {
      assert.ok(Math.abs(now - due) <= 1, `${now - due} ms off`);
      count += 1;
      due += 20;
      return due;
    }, due);
    time.pass(3_600_000);
    assert.equal(count, 180_000);
  });

  it('lets a beat end itself, another one, or begin a new one', () => {
    const time = new SteppedTime();
    const clock = new FrameClock(time);
    const called: string[] = [];
    const second = (): undefined => void called.push('second');
    const third = (): undefined => void called.push('third');
    clock.start(() => {
      called.push('first');
      clock.stop(second);
      clock.start(third, time.now() + 20);
      return undefined;
    }, time.now() + 20);
    clock.start(second, time.now() + 20);
    time.pass(100);
    assert.deepEqual(called, ['first', 'third']);
    assert.equal(time.pending, 0);
  });
});
