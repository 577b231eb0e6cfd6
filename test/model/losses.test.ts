import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionLostError } from '../../src/bridge/errors.ts';
import { backOffMs, PATIENCE } from '../../src/model/back-off.ts';
import { OPTIONS } from './contract.ts';
import { Listener } from './listen.ts';
import { says, twoProviders } from './two-providers.ts';

/** Code and reason of a close in the middle of a session, and what it counts as. */
const CLOSES = {
  openai: [
    [1008, 'Policy violation.', 'provider', true],
    [1011, 'Internal error encountered.', 'provider', true],
    [1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota', false],
    [1008, 'Incorrect API key provided.', 'authentication', false],
    [1000, 'Your session hit the maximum duration of 60 minutes.', 'expired', true],
  ],
  gemini: [
    [1008, 'Policy violation.', 'provider', true],
    [1011, 'Internal error encountered.', 'provider', true],
    [1011, 'The operation was aborted.', 'network', true],
    [1008, 'The operation was cancelled.', 'network', true],
    [1011, 'Deadline expired before operation could complete.', 'expired', true],
    [1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota', false],
    [1007, 'API key expired. Please renew the API key.', 'authentication', false],
  ],
} as const;

for (const protocol of ['openai', 'gemini'] as const) {
  describe(`the end of a connection to ${protocol}`, { concurrency: 4 }, () => {
    it('of which the line was cut (1006) counts as a failure of the network', async (t) => {
      const stage = await twoProviders(t, protocol, () => says('Yes.'));
      const session = await stage.models[protocol].connect(OPTIONS, new AbortController().signal);
      const listener = new Listener(session);
      stage[protocol].dropAll();
      const error = (await listener.ended())?.error as SessionLostError | undefined;
      assert.deepEqual([error?.kind, error?.retryable], ['network', true]);
    });

    for (const [code, reason, kind, retryable] of CLOSES[protocol]) {
      it(`with ${code} "${reason}" counts as ${kind}, and is ${retryable ? 'tried again' : 'final'}`, async (t) => {
        const stage = await twoProviders(t, protocol, () => says('Yes.'));
        const server = stage[protocol];
        const session = await stage.models[protocol].connect(OPTIONS, new AbortController().signal);
        const listener = new Listener(session);
        const lasting = new Listener(stage.session);
        const before = server.sessions.length;
        server.closeAll(code, reason);
        const error = (await listener.ended())?.error as SessionLostError | undefined;
        assert.deepEqual([error?.kind, error?.retryable], [kind, retryable]);
        if (retryable) {
          while (server.sessions.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
          return;
        }
        assert.equal(((await lasting.ended())?.error as SessionLostError | undefined)?.kind, kind);
        assert.equal(server.sessions.length, before, 'nobody tried again');
      });
    }

    it('is noticed in time where it is dead but open', async (t) => {
      const timing = { pingMs: 200, silentMs: 600 };
      const stage = await twoProviders(t, protocol, () => says('Yes.'), { timing });
      const session = await stage.models[protocol].connect(OPTIONS, new AbortController().signal);
      const listener = new Listener(session);
      stage[protocol].faults.halfOpen = true;
      const startedAt = performance.now();
      const error = (await listener.ended())?.error as SessionLostError | undefined;
      const tookMs = performance.now() - startedAt;
      assert.equal(error?.kind, 'network');
      // Looked at with every ping only, it would be up to 800 ms.
      assert.ok(tookMs > 300 && tookMs < 700, `${tookMs} ms`);
    });
  });
}

describe('the wait before the next attempt', () => {
  it('is four times as long where the provider is ill or has too much to do', () => {
    const first = (['network', 'expired', 'provider', 'quota', 'no-answer'] as const).map((kind) =>
      backOffMs(kind, 0, PATIENCE, 1),
    );
    assert.deepEqual(first, [250, 250, 1_000, 1_000, 1_000]);
  });
});
