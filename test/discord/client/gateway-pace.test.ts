import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayPace } from '../../../src/discord/client/gateway-pace.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Logs in whenever it may; each session lives so long. Gives the times of the logins. */
function loggingIn(pace: GatewayPace, { livesMs, forMs }: { livesMs: number; forMs: number }): number[] {
  const logins: number[] = [];
  for (let now = 0; now < forMs; ) {
    const wait = pace.waitMs('log in', now);
    if (wait > 0) {
      now += wait;
      continue;
    }
    pace.connecting(now);
    pace.loggingIn(now);
    logins.push(now);
    pace.ready(now);
    now += livesMs;
    pace.lost(now);
  }
  return logins;
}

describe('GatewayPace', () => {
  it('lets sessions that end at once be followed by others ever later', () => {
    const logins = loggingIn(new GatewayPace(), { livesMs: 100, forMs: 10 * MINUTE_MS });
    assert.deepEqual(logins, [0, 10_000, 40_000, 130_000, 400_000]);
  });

  it('follows the end of a session that held at once', () => {
    const pace = new GatewayPace();
    assert.deepEqual(loggingIn(pace, { livesMs: 40_000, forMs: 2 * MINUTE_MS }), [0, 40_000, 80_000]);
  });

  for (const livesMs of [100, 5_000, 31_000, 60_000, 300_000]) {
    it(`never starts more sessions in a day than it may, where each lives for ${livesMs / 1000} s`, () => {
      for (const remaining of [3, 50, 400, 1000]) {
        const pace = new GatewayPace();
        pace.learn({ total: 1000, remaining, resetAfterMs: DAY_MS }, 0);
        const logins = loggingIn(pace, { livesMs, forMs: DAY_MS - MINUTE_MS });
        assert.ok(logins.length <= remaining, `${logins.length} of ${remaining}`);
        // Nor is all of it gone at noon.
        const morning = logins.filter((at) => at < DAY_MS / 2).length;
        assert.ok(morning <= Math.max(2, 0.6 * remaining), `${morning} of ${remaining}`);
      }
    });
  }

  it('starts none where none are left, until there are again', () => {
    const pace = new GatewayPace();
    pace.learn({ total: 1000, remaining: 0, resetAfterMs: 3 * MINUTE_MS }, 0);
    assert.equal(pace.waitMs('log in', 0), 3 * MINUTE_MS);
    assert.equal(pace.waitMs('log in', 3 * MINUTE_MS), 0);
  });

  it('connects at once after a connection that held, and ever later after those that did not', () => {
    const pace = new GatewayPace();
    const waits: number[] = [];
    for (let now = 0; waits.length < 10; ) {
      waits.push(pace.waitMs('resume', now));
      now += waits.at(-1) ?? 0;
      pace.connecting(now);
      pace.lost(now);
    }
    assert.deepEqual(waits, [0, 500, 2_000, 5_000, 10_000, 10_000, 15_000, 30_000, 60_000, 60_000]);
    pace.connecting(1_000_000);
    pace.ready(1_000_000);
    pace.lost(1_002_000);
    assert.ok(pace.waitMs('resume', 1_002_000) > 0, 'closed right after READY');
    pace.connecting(1_100_000);
    pace.ready(1_100_000);
    pace.lost(1_106_000);
    assert.equal(pace.waitMs('resume', 1_106_000), 0);
  });

  it('keeps a session that cannot be reached for some 40 s', () => {
    const pace = new GatewayPace();
    let now = 0;
    while (!pace.isUnreachable) {
      now += pace.waitMs('resume', now);
      pace.connecting(now);
      pace.lost(now);
    }
    assert.equal(now, 42_500);
    pace.connecting(now);
    pace.ready(now);
    pace.lost(now + 10_000);
    assert.equal(pace.isUnreachable, false, 'it was reached');
  });

  it('gives a session up after five attempts to resume it', () => {
    const pace = new GatewayPace();
    for (let i = 0; i < 5; i += 1) {
      assert.equal(pace.isSessionLost, false);
      pace.resuming();
    }
    assert.equal(pace.isSessionLost, true);
  });
});
