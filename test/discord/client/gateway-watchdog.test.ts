import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { GatewayWatchdog } from '../../../src/discord/client/gateway-watchdog.ts';
import type { LoginError } from '../../../src/discord/client/login-error.ts';

/** A watchdog under a clock of the test's. */
function watched(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const at = { now: 0, connected: true };
  const ends: LoginError[] = [];
  const watchdog = new GatewayWatchdog({
    isConnected: () => at.connected,
    onGone: (error) => ends.push(error),
    now: () => at.now,
  });
  t.after(() => watchdog.close());
  /** `each`: how far the clock goes between two looks. */
  const pass = (ms: number, each = 5_000): void => {
    for (let passed = 0; passed < ms; passed += each) {
      at.now += each;
      t.mock.timers.tick(5_000);
    }
  };
  return { at, ends, pass };
}

describe('GatewayWatchdog', () => {
  it('ends the bot once its gateway has been away for ten minutes, and says so', (t) => {
    const { at, ends, pass } = watched(t);
    pass(3_600_000);
    at.connected = false;
    pass(595_000);
    assert.equal(ends.length, 0);
    pass(600_000);
    assert.equal(ends.length, 1);
    assert.equal(ends[0]?.message, "Discord's gateway has been away for 10 minutes: the bot ends, to be started anew.");
    assert.equal(ends[0]?.temporary, true);
  });

  it('does not count the time in which the process stood still or the machine slept', (t) => {
    const { at, ends, pass } = watched(t);
    at.connected = false;
    pass(8 * 3_600_000, 8 * 3_600_000);
    pass(500_000);
    assert.equal(ends.length, 0);
  });

  it('begins anew with a connection that held for half a minute', (t) => {
    const { at, ends, pass } = watched(t);
    for (let i = 0; i < 3; i += 1) {
      at.connected = false;
      pass(500_000);
      at.connected = true;
      pass(30_000);
    }
    assert.equal(ends.length, 0);
  });

  it('is not deceived by connections that do not hold', (t) => {
    const { at, ends, pass } = watched(t);
    for (let i = 0; i < 60 && ends.length === 0; i += 1) {
      at.connected = false;
      pass(20_000);
      at.connected = true;
      pass(10_000);
    }
    assert.equal(ends.length, 1);
  });
});
