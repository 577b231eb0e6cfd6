import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Attempts } from '../../../src/model/durable/retry.ts';
import { RETRY_POLICY } from '../../../src/model/durable/retry-policy.ts';
import { SessionLostError } from '../../../src/ports/errors.ts';
import { makeUpTime } from '../../support/time/made-up-time.ts';

makeUpTime();

const LOST = new SessionLostError('expired', 'The session is over.', { retryable: true });
const PACE = { firstMs: 5, longestMs: 1_000, stableMs: 10, evenMs: 200 };

/** How many connections that last `lifeMs` each are made in 2.4 s. */
async function made(lifeMs: number): Promise<number> {
  const log = { debug: () => {}, warn: () => {} };
  const attempts = new Attempts({ patience: { ...RETRY_POLICY, ...PACE }, log, signal: new AbortController().signal });
  const until = performance.now() + 2_400;
  for (let count = 0; ; count += 1) {
    await attempts.again(LOST, () => Promise.resolve());
    attempts.succeeded();
    if (performance.now() > until) return count;
    await wait(lifeMs);
  }
}

describe('connections that are lost again and again', { concurrency: true }, () => {
  it('are made anew at an even pace, though each of them was there for a while', async () => {
    const count = await made(20);
    // 12 fit into the time; a few more are made in haste before the pace is known.
    assert.ok(count >= 5 && count <= 18, `${count} connections`);
  });

  it('are made anew at once where each lived as long as the pace allows', async () => {
    const count = await made(220);
    assert.ok(count >= 6 && count <= 11, `${count} connections`);
  });
});
