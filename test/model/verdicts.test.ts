import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketEnd } from '../../src/model/connection/model-socket.ts';
import { retryAfterIn, retryAfterSaid } from '../../src/model/connection/retry-after.ts';
import type { Target } from '../../src/model/connection/service.ts';
import { Attempts } from '../../src/model/durable/retry.ts';
import { RETRY_POLICY } from '../../src/model/durable/retry-policy.ts';
import { geminiLoss } from '../../src/model/gemini/failures.ts';
import { openAILoss } from '../../src/model/openai/failures.ts';
import { SessionLostError } from '../../src/ports/errors.ts';
import { ANNA, BEN, SILENT_LOG, speak } from './contract.ts';
import { Listener } from './listen.ts';
import { says, toldIn, twoProviders } from './two-providers.ts';

const target = (name: string): Target => ({
  service: {
    name,
    credentialNoun: 'API key',
    credentials: 'KEY',
    modelNoun: 'model',
    modelVariable: 'MODEL',
    addressVariable: 'BASE_URL',
  },
  model: 'm',
  secrets: ['sk-secret-key'],
});
const http = (status: number, body: object | string, retryAfterMs?: number): SocketEnd => ({
  type: 'refused',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  retryAfterMs,
});
const close = (code: number, reason: string): SocketEnd => ({ type: 'closed', code, reason });
const PAGE = '<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body>Zscaler</body></html>';

describe('what the end of a connection means', () => {
  const OPENAI: readonly (readonly [SocketEnd, string, boolean])[] = [
    [
      http(429, { error: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached.' } }),
      'limit',
      true,
    ],
    [http(429, ''), 'limit', true],
    [
      http(429, { error: { code: '429', message: 'Requests have exceeded call rate limit. Retry after 9 seconds.' } }),
      'limit',
      true,
    ],
    [http(429, { error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'No.' } }), 'quota', false],
    [http(429, { error: { message: 'You exceeded your current quota, please check your plan.' } }), 'quota', false],
    [http(503, { error: { message: 'The engine is currently overloaded.' } }), 'limit', true],
    [http(502, '<html>Bad Gateway</html>'), 'provider', true],
    [
      http(401, { error: { code: 'invalid_api_key', message: 'Incorrect API key provided.' } }),
      'authentication',
      false,
    ],
    [http(403, PAGE), 'network', true],
    [http(401, PAGE), 'network', true],
    [http(407, PAGE), 'network', true],
    [http(403, { error: { message: 'Project has no access.' } }), 'authentication', false],
    [http(404, { error: { code: 'DeploymentNotFound', message: 'No.' } }), 'unknown-model', false],
    [close(1008, 'Your session token expired.'), 'provider', true],
    [close(3000, 'invalid_request_error.invalid_api_key'), 'authentication', false],
    [close(4429, 'Too many concurrent sessions.'), 'limit', true],
    [close(1011, 'keepalive ping timeout'), 'provider', true],
    [close(1012, 'service restart'), 'provider', true],
  ];
  const GEMINI: readonly (readonly [SocketEnd, string, boolean])[] = [
    [http(429, { error: { status: 'RESOURCE_EXHAUSTED', message: 'Resource has been exhausted.' } }), 'limit', true],
    [http(429, { error: { message: 'You exceeded your current quota.' } }), 'quota', true],
    [http(503, { error: { message: 'The model is overloaded.' } }), 'provider', true],
    [http(403, PAGE), 'network', true],
    [http(403, { error: { status: 'PERMISSION_DENIED', message: 'No.' } }), 'authentication', false],
    [close(1007, 'User location is not supported for the API use.'), 'invalid-request', false],
    [close(1008, 'Requested entity permission denied.'), 'provider', true],
    [close(1008, 'Your API key was reported as leaked.'), 'authentication', false],
    [close(1011, 'Billing account is disabled.'), 'quota', false],
  ];
  it('is told by the service’s own words before its codes', () => {
    const judge = (loss: SessionLostError) => [loss.kind, loss.retryable];
    for (const [end, kind, retryable] of OPENAI)
      assert.deepEqual(judge(openAILoss(end, target('OpenAI'))), [kind, retryable], JSON.stringify(end));
    for (const [end, kind, retryable] of GEMINI)
      assert.deepEqual(judge(geminiLoss(end, target('Gemini'), true)), [kind, retryable], JSON.stringify(end));
    const opening = geminiLoss(close(1008, 'Requested entity permission denied.'), target('Gemini'), false);
    assert.equal(opening.kind, 'authentication', 'before a setup was accepted it is about us');
  });

  it('says when to come back, in headers or in words', () => {
    assert.equal(retryAfterIn({ 'retry-after': '7' }), 7_000);
    assert.equal(retryAfterIn({ 'retry-after-ms': '250', 'retry-after': '7' }), 250);
    assert.equal(retryAfterIn({ 'retry-after': 'soon' }), undefined);
    assert.equal(retryAfterIn({}), undefined);
    const date = retryAfterIn({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }) ?? 0;
    assert.ok(date > 50_000 && date <= 60_000, `${date} ms`);
    for (const [text, ms] of [
      ['Please try again in 1.2s. Visit …', 1_200],
      ['Please try again in 340ms.', 340],
      ['Please try again in 6m0s.', 360_000],
      ['Please retry after 27 seconds.', 27_000],
      ['Please retry in 31.6s.', 31_600],
      ['Please try again later.', undefined],
    ] as const)
      assert.equal(retryAfterSaid(text), ms, text);
  });
});

describe('attempts after a session that worked', () => {
  const patience = { ...RETRY_POLICY, firstMs: 1, longestMs: 4, askedMs: 60, quotaMs: 40, giveUpMs: 400 };
  const of = (worked: boolean) =>
    new Attempts({ patience, log: SILENT_LOG, signal: new AbortController().signal, worked });
  const lost = (kind: ConstructorParameters<typeof SessionLostError>[0], retryable: boolean, retryAfterMs?: number) =>
    new SessionLostError(kind, kind, { retryable, retryAfterMs });
  /** How many connections are tried when each is refused like this. */
  async function tries(error: SessionLostError, loss: SessionLostError | undefined, worked = true): Promise<number> {
    let count = 0;
    await assert.rejects(
      of(worked).again(loss, () => {
        count += 1;
        return Promise.reject(error);
      }),
      { kind: error.kind },
    );
    return count;
  }

  it('doubt a verdict once, a refused request twice, and none of a model that never worked', async () => {
    const cut = lost('network', true);
    assert.equal(await tries(lost('authentication', false), cut), 2);
    assert.equal(await tries(lost('authentication', false), lost('authentication', false)), 1);
    assert.equal(await tries(lost('unknown-model', false), cut), 2);
    assert.equal(await tries(lost('invalid-request', false), lost('invalid-request', false)), 2);
    assert.equal(await tries(lost('authentication', false), undefined, false), 1);
  });

  it('wait as long as they are asked to, within limits, and no longer for a quota than one may pass', async () => {
    const attempts = of(true);
    const timed = async (retryAfterMs: number) => {
      const from = performance.now();
      await attempts.again(lost('limit', true, retryAfterMs), () => Promise.resolve());
      return performance.now() - from;
    };
    const asked = await timed(30);
    assert.ok(asked >= 29 && asked < 58, `${asked} ms`);
    const long = await timed(86_400_000);
    assert.ok(long >= 59 && long < 200, `${long} ms`);
    const from = performance.now();
    await tries(lost('quota', true), lost('network', true));
    assert.ok(performance.now() - from < 200, 'a quota that stays used up is told as such');
  });
});

for (const protocol of ['openai', 'gemini'] as const) {
  describe(`a conversation with ${protocol} that worked`, { concurrency: 4 }, () => {
    it('comes back from too many requests on a reconnect, after the time that is asked for', async (t) => {
      const stage = await twoProviders(t, protocol, () => says('Yes.'), { patience: { noticeMs: 100 } });
      const listener = new Listener(stage.session);
      const server = stage[protocol];
      speak(stage.session, ANNA, stage.rate);
      await listener.next('reply-done');
      server.faults.refuse = { status: 429, headers: { 'Retry-After': '1' }, body: { error: {} }, times: 1 };
      const lostAt = performance.now();
      server.dropAll();
      speak(stage.session, BEN, stage.rate);
      await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
      const tookMs = performance.now() - lostAt;
      assert.ok(tookMs >= 990 && tookMs < 3_000, `${tookMs} ms`);
      assert.match((await listener.next('paused')).message, /too many requests for the moment/);
    });

    for (const [code, reason] of [
      [1007, 'Request contains an invalid argument.'],
      [1008, 'The caller does not have permission.'],
      [1011, 'You exceeded your current quota, please check your plan and billing details.'],
      [1011, 'Resource has been exhausted (e.g. check quota).'],
    ] as const) {
      it(`goes on after ${code} “${reason}” in a session that is told in words`, async (t) => {
        const stage = await twoProviders(t, protocol, ({ turn }) => says(`Answer ${turn}.`));
        const listener = new Listener(stage.session);
        speak(stage.session, ANNA, stage.rate);
        await listener.next('reply-done');
        await listener.next('turn-transcript', ({ final }) => final);
        stage[protocol].closeAll(code, reason);
        speak(stage.session, BEN, stage.rate);
        await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
        assert.match(toldIn(stage[protocol]), /Answer 1\./);
      });
    }

    it('ends where a used up quota is said over and over, with the words for it', async (t) => {
      const stage = await twoProviders(t, protocol, () => says('Yes.'));
      const listener = new Listener(stage.session);
      const body = { error: { code: 'insufficient_quota', message: 'Your prepayment credits are depleted.' } };
      stage[protocol].faults.refuse = { status: 429, body };
      stage[protocol].dropAll();
      const error = (await listener.ended())?.error as SessionLostError;
      assert.equal(error.kind, 'quota');
      assert.match(error.message, /quota/);
    });
  });
}

describe('a used up quota of OpenAI that only answers show', () => {
  it('is told as such when it is said twice, over a fresh connection', async (t) => {
    const stage = await twoProviders(t, 'openai', () => says('Yes.'));
    const listener = new Listener(stage.session);
    const error = { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your quota.' };
    stage.openai.faults.openai.responses.push({ status: 'failed', error }, { status: 'failed', error });
    const before = stage.openai.sessions.length;
    speak(stage.session, ANNA, stage.rate);
    const lost = (await listener.ended())?.error as SessionLostError;
    assert.equal(lost.message, 'The OpenAI account has no quota left: check its plan and billing.');
    assert.equal(stage.openai.sessions.length, before + 1);
  });
});

describe('a handle', { concurrency: 3 }, () => {
  for (const [what, handles] of [
    ['gets no answer', 'silent'],
    ['is refused for a permission', { code: 1008, reason: 'The caller does not have permission.' }],
    ['is refused as expired', { code: 1007, reason: 'BidiGenerateContent session expired' }],
    ['is refused as used up', { code: 1011, reason: 'You exceeded your current quota.' }],
  ] as const) {
    it(`that ${what} is shown once: the next session is told in words`, async (t) => {
      const stage = await twoProviders(t, 'gemini', ({ turn }) => says(`Answer ${turn}.`), {
        timing: { connectMs: 300 },
        gemini: { playbackClock: false },
      });
      const listener = new Listener(stage.session);
      speak(stage.session, ANNA, stage.rate);
      await listener.next('reply-done');
      await listener.next('turn-transcript', ({ final }) => final);
      stage.gemini.faults.handles = handles;
      stage.gemini.dropAll();
      speak(stage.session, BEN, stage.rate);
      await listener.next('reply-started', ({ turnIds }) => turnIds.includes(2));
      const setups = stage.gemini.sessions.map(({ setup }) => setup?.sessionResumption?.handle !== undefined);
      assert.equal(setups.filter(Boolean).length, 1, `${setups}`);
      assert.equal(setups.at(-1), false);
    });
  }
});
