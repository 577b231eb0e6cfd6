import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RETRY_POLICY } from '../../../src/model/durable/retry-policy.ts';
import { Rotation } from '../../../src/model/durable/rotation.ts';
import { expiryOf } from '../../../src/model/openai/messages.ts';

const S = 1_000;
const MINUTE = 60 * S;
const HOUR = 60 * MINUTE;

/** A rotation whose time a test moves. Connections are renewed at once when that is due, unless `onBegin` says otherwise. */
function stage(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const epoch = performance.now();
  let now = 0;
  t.mock.method(performance, 'now', () => epoch + now);
  const begun: { readonly at: number; readonly byAt: number }[] = [];
  const warnings: string[] = [];
  const log = { debug: () => {}, warn: (_: object, message: string) => void warnings.push(message) };
  const rotation = new Rotation({ patience: RETRY_POLICY, log }, (byAt) => begun.push({ at: now, byAt: byAt - epoch }));
  return {
    rotation,
    begun,
    warnings,
    /** Instants from the beginning, in ms. */
    at: (ms: number) => epoch + ms,
    get now() {
      return now;
    },
    pass: (ms: number) => {
      // In steps: timers run at the time that they are for.
      for (let left = ms; left > 0; left -= 100) {
        now += Math.min(100, left);
        t.mock.timers.tick(Math.min(100, left));
      }
    },
  };
}

describe('the renewal of a connection', () => {
  it('is not put off where the connection is of no use any more, however hasty the renewals before were', (t) => {
    const { rotation, begun, pass, at } = stage(t);
    // Each told a minute before its end: after some of these, renewals come more slowly.
    for (let life = 0; life < 6; life += 1) {
      rotation.serves(undefined);
      rotation.endsAt(at(begun.length * 2 * MINUTE + 90 * S));
      pass(2 * MINUTE);
    }
    rotation.serves(undefined);
    const before = begun.length;
    const now = 12 * MINUTE;
    rotation.replaceBy(at(now + 15 * S));
    assert.deepEqual(begun.slice(before), [{ at: now, byAt: now + 15 * S }]);
    rotation.replaceBy(at(now + 20 * S));
    assert.equal(begun.length, before + 1, 'it is under way already');
  });

  for (const [life, expected] of [
    [60 * MINUTE, 55 * MINUTE],
    [30 * MINUTE, 27 * MINUTE],
    [10 * MINUTE, 9 * MINUTE],
    [4 * MINUTE, 3 * MINUTE],
    [2 * MINUTE, MINUTE],
    [MINUTE, 30 * S],
  ] as const) {
    it(`begins ${expected / S} s after the beginning of a life of ${life / S} s`, (t) => {
      const { rotation, begun, pass, at } = stage(t);
      rotation.serves(at(life));
      pass(expected - S);
      assert.equal(begun.length, 0);
      pass(2 * S);
      assert.deepEqual(
        begun.map((one) => Math.round(one.at / S)),
        [expected / S],
      );
      assert.ok((begun[0]?.byAt ?? 0) < life && (begun[0]?.byAt ?? 0) > expected);
    });
  }

  for (const [said, left] of [
    ['in the past', -40 * 365 * 24 * HOUR],
    ['now', 0],
    ['in 59 s', 59 * S],
    ['in two hours and a second', 2 * HOUR + S],
    ['in forty years', 40 * 365 * 24 * HOUR],
    ['in no number', Number.NaN],
    ['never', Number.POSITIVE_INFINITY],
  ] as const) {
    it(`comes after 22.5 minutes, with one warning, where the server says that the session ends ${said}`, (t) => {
      const { rotation, begun, warnings, pass, at } = stage(t);
      rotation.serves(at(left));
      pass(22.4 * MINUTE);
      assert.equal(begun.length, 0);
      pass(0.2 * MINUTE);
      assert.equal(begun.length, 1);
      rotation.serves(at(left));
      rotation.serves(at(left));
      assert.equal(warnings.length, 1);
    });
  }

  it('is not planned where no end is known', (t) => {
    const { rotation, begun, warnings, pass } = stage(t);
    rotation.serves(undefined);
    pass(3 * HOUR);
    assert.deepEqual([begun, warnings], [[], []]);
  });

  it('comes less and less often where the server announces an end every second', (t) => {
    const world = stage(t);
    const { rotation, begun, warnings, pass, at } = world;
    rotation.serves(undefined);
    for (let second = 0, seen = 0; second < 3_600; second += 1) {
      rotation.endsAt(at(world.now));
      pass(S);
      if (begun.length > seen) {
        seen = begun.length;
        rotation.ended(false);
        rotation.serves(undefined);
      }
    }
    const pauses = begun.map(({ at: one }, i) => Math.round((one - (begun[i - 1]?.at ?? 0)) / S));
    assert.ok(begun.length >= 3 && begun.length <= 7, `renewed after ${pauses.join(', ')} s`);
    assert.ok(Math.min(...pauses) >= 60, `renewed after ${pauses.join(', ')} s`);
    assert.equal(warnings.length, 1);
  });

  it('is asked for once, however often its end is announced, and again only where it has to be done sooner', (t) => {
    const { rotation, begun, pass, at } = stage(t);
    rotation.serves(undefined);
    pass(9 * MINUTE);
    for (let i = 0; i < 5; i += 1) rotation.endsAt(at(10 * MINUTE));
    pass(10 * S);
    for (let i = 0; i < 5; i += 1) rotation.endsAt(at(10 * MINUTE));
    assert.equal(begun.length, 1);
    rotation.endsAt(at(9.5 * MINUTE));
    assert.equal(begun.length, 2);
    assert.ok((begun[1]?.byAt ?? 0) < 9.5 * MINUTE);
  });

  it('keeps its place where the server ends connections as it tells', (t) => {
    const world = stage(t);
    const { rotation, begun, pass, at } = world;
    const lives: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const since = world.now;
      rotation.serves(at(since + 4 * MINUTE));
      while (begun.length === lives.length) pass(S);
      lives.push(Math.round((world.now - since) / S));
      rotation.ended(false);
    }
    assert.deepEqual(lives, Array(10).fill(180));
  });
});

describe('the end that a session object tells', () => {
  const NOW = 1_800_000_000_000;
  for (const [told, minutes] of [
    [{}, 25],
    [{ expires_at: null }, 25],
    [{ expires_at: 0 }, 25],
    [{ expires_at: NOW / 1000 + 3_600 }, 60],
    [{ expires_at: `${NOW / 1000 + 3_600}` }, 60],
    [{ expires_at: 'soon' }, Number.NaN],
    [{ expires_at: -1 }, -30_000_000],
  ] as const) {
    it(`is in ${minutes} minutes for ${JSON.stringify(told)}`, () => {
      assert.equal(Math.round((expiryOf(told, NOW) - performance.now()) / MINUTE), minutes);
    });
  }
});
