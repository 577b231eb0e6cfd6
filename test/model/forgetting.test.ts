import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Script, type ScriptedReply, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { reconnecting } from '../../src/model/durable/durable-model.ts';
import { RETRY_POLICY, type RetryPolicy } from '../../src/model/durable/retry-policy.ts';
import { geminiModel } from '../../src/model/gemini/model.ts';
import { openAIModel } from '../../src/model/openai/model.ts';
import { eventually } from '../support/time/eventually.ts';
import { ANNA, BEN, OPTIONS, speak } from './contract.ts';
import { Listener } from './listen.ts';

const HASTY: RetryPolicy = { ...RETRY_POLICY, firstMs: 20, longestMs: 80, noticeMs: 60_000 };
const log = { debug: () => {}, warn: () => {} };

function says(text: string, more: Partial<ScriptedReply> = {}): ScriptedReply {
  return { say: { text, pcm: new Int16Array(4_800).fill(1000) }, ...more };
}

async function open(t: TestContext, protocol: 'openai' | 'gemini', script: Script) {
  const hear = () => 'some words';
  const server =
    protocol === 'openai'
      ? await SimulatedOpenAI.start({ script, hear })
      : await SimulatedGemini.start({ script, hear, playbackClock: false });
  t.after(() => server.close());
  const endpoint = { apiKey: server.apiKey, baseUrl: server.url, log };
  const model =
    protocol === 'openai'
      ? openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' })
      : geminiModel({ ...endpoint, model: 'gemini-3.8-live' });
  const lasting = reconnecting(model, { log, patience: HASTY });
  const session = await lasting.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  return { server, session, rate: model.inputRate, listener: new Listener(session) };
}

/** All that one session was sent, but for sound. */
function sentTo(server: SimulatedOpenAI | SimulatedGemini, number: number): string {
  const sent = server.frames.filter(({ direction, session }) => direction === 'client' && session === number);
  return JSON.stringify(sent.map(({ message }) => message).filter((one) => !('realtimeInput' in one)));
}

const newest = (server: SimulatedOpenAI | SimulatedGemini): number => server.frames.at(-1)?.session ?? 0;

for (const protocol of ['openai', 'gemini'] as const) {
  describe(`forgetting a person in a session: ${protocol}`, () => {
    it('goes on in one that never heard them, without a handle, and answers what others asked', async (t) => {
      let delayMs = 0;
      const { server, session, rate, listener } = await open(t, protocol, ({ turn }) =>
        says(`Answer ${turn}.`, { delayMs }),
      );
      speak(session, ANNA, rate);
      await listener.next('reply-done');
      await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === 1);
      delayMs = 1_000;
      speak(session, BEN, rate);
      delayMs = 0;
      assert.equal(session.erase(ANNA.userId ?? '', 'Be kind.'), true, 'Ben waits');
      session.respond();
      const { turnIds } = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(BEN.id));
      assert.deepEqual(turnIds, [BEN.id]);
      const told = sentTo(server, newest(server));
      assert.match(told, /Be kind\./);
      assert.doesNotMatch(told, /Anna|Answer 1|"handle"/);
      assert.ok(newest(server) > 1);
    });

    it('leaves a connection that was told of them while they were forgotten', async (t) => {
      const { server, session, rate, listener } = await open(t, protocol, ({ turn }) => says(`Answer ${turn}.`));
      speak(session, ANNA, rate);
      await listener.next('reply-done');
      await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === 1);
      server.faults.slowSetupMs = 500;
      server.dropAll();
      await eventually('a second session', () => newest(server) >= 2);
      assert.equal(session.erase(ANNA.userId ?? '', 'Be kind.'), false);
      server.faults.slowSetupMs = 0;
      await eventually('a third session', () => newest(server) >= 3);
      speak(session, BEN, rate);
      const { turnIds } = await listener.next('reply-started', ({ turnIds }) => turnIds.includes(BEN.id));
      assert.deepEqual(turnIds, [BEN.id]);
      assert.doesNotMatch(sentTo(server, newest(server)), /Anna|Answer 1|"handle"/);
    });
  });
}
