import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backOffMs, RETRY_POLICY } from '../../src/model/durable/retry-policy.ts';
import type { SessionLostError } from '../../src/ports/errors.ts';
import { eventually } from '../support/time/eventually.ts';
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
    [1008, 'You do not have permission to use this file.', 'provider', true],
    [1011, 'Rate limit reached for gpt-realtime-2.1 on tokens per min. Please try again in 1.5s.', 'limit', true],
    [1013, 'The server is overloaded or not ready yet.', 'limit', true],
    [1007, 'Invalid frame payload data.', 'invalid-request', false],
    [1000, 'Your session hit the maximum duration of 60 minutes.', 'expired', true],
  ],
  gemini: [
    [1008, 'Policy violation.', 'provider', true],
    [1011, 'Internal error encountered.', 'provider', true],
    [1011, 'The operation was aborted.', 'network', true],
    [1008, 'The operation was cancelled.', 'network', true],
    [1011, 'Deadline expired before operation could complete.', 'expired', true],
    // The same of a limit a minute and of a used up plan.
    [1011, 'You exceeded your current quota, please check your plan and billing details.', 'quota', true],
    [1011, 'Your prepayment credits are depleted. Please go to AI Studio to manage your project.', 'quota', false],
    // github.com/GoogleCloudPlatform/generative-ai/issues/1576
    [
      1011,
      'Request trace id: f1, [ORIGINAL ERROR] generic::resource_exhausted: RESOURCE_EXHAUSTED: Maximum concurrent se',
      'limit',
      true,
    ],
    [1011, 'The model is overloaded. Please try again later.', 'limit', true],
    [1007, 'Request contains an invalid argument.', 'invalid-request', false],
    [1008, 'The caller does not have permission to read the tool result.', 'provider', true],
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
      it(`with ${code} "${reason}" counts as ${kind}, and is ${retryable ? 'to pass' : 'a verdict'}`, async (t) => {
        const stage = await twoProviders(t, protocol, () => says('Yes.'));
        const server = stage[protocol];
        const session = await stage.models[protocol].connect(OPTIONS, new AbortController().signal);
        const listener = new Listener(session);
        // Nothing happens to a conversation that nobody reads.
        new Listener(stage.session);
        const before = server.sessions.length;
        server.closeAll(code, reason);
        const error = (await listener.ended())?.error as SessionLostError | undefined;
        assert.deepEqual([error?.kind, error?.retryable], [kind, retryable]);
        // The conversation had worked: one message is no verdict, so it is tried afresh.
        await eventually('another session', () => server.sessions.length !== before);
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
      backOffMs(kind, 0, RETRY_POLICY, 1),
    );
    assert.deepEqual(first, [250, 250, 1_000, 1_000, 1_000]);
  });
});
