import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Outcome, WriteThrottle } from '../../src/transcript/write-throttle.ts';

/** A pace of 1 s whose clock is moved by the returned function, and the times of its writes, in s. */
function pacing(write: (now: number) => Outcome) {
  let now = 0;
  let due: { at: number; run: () => void } | undefined;
  const writes: number[] = [];
  const pace = new WriteThrottle({
    intervalMs: 1_000,
    now: () => now,
    timer: (run, ms) => {
      const mine = { at: now + ms, run };
      due = mine;
      return () => {
        if (due === mine) due = undefined;
      };
    },
    write: async () => {
      writes.push(now / 1_000);
      return write(now);
    },
  });
  const until = async (ms: number): Promise<void> => {
    while (due && due.at <= ms) {
      const { at, run } = due;
      now = at;
      due = undefined;
      run();
      for (let i = 0; i < 10; i += 1) await null;
    }
    now = ms;
  };
  return { pace, writes, until };
}

describe('Pace', () => {
  it('writes at its interval while there is more', async () => {
    const { pace, writes, until } = pacing(() => 'more');
    pace.wake();
    await until(3_500);
    assert.deepEqual(writes, [0.15, 1.15, 2.15, 3.15]);
  });

  it('waits ever longer while writes fail, and goes on at once when told that it is over', async () => {
    const { pace, writes, until } = pacing((now) => (now < 20_000 ? 'failed' : 'done'));
    pace.wake();
    await until(20_000);
    assert.deepEqual(writes, [0.15, 2.15, 6.15, 14.15]);
    pace.wake(true);
    await until(20_200);
    assert.equal(writes.at(-1), 20.15);
  });

  it('goes slowly while every second write fails, and is as before 20 s after the last failure', async () => {
    let count = 0;
    const { pace, writes, until } = pacing((now) => {
      count += 1;
      return now < 20_000 && count % 2 === 1 ? 'failed' : 'more';
    });
    pace.wake();
    await until(19_999);
    assert.ok(writes.length <= 7, `${writes}`);
    await until(60_000);
    const later = writes.filter((at) => at > 50);
    assert.equal(later.length, 10, `${later}`);
  });

  it('is at most 4 s behind after an outage, whose pauses had grown', async () => {
    const { pace, writes, until } = pacing((now) => (now < 100_000 ? 'failed' : 'more'));
    pace.wake();
    await until(130_000);
    const [first = 0, second = 0, third = 0] = writes.filter((at) => at >= 100);
    assert.ok(second - first <= 4 && third - second <= 4, `${first} ${second} ${third}`);
  });
});
