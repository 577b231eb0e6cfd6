import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import { TIMING } from '../../src/model/connection/model-socket.ts';
import { geminiModel } from '../../src/model/gemini/model.ts';
import { openAIModel } from '../../src/model/openai/model.ts';
import { SessionLostError } from '../../src/ports/errors.ts';
import type { SpeechModel } from '../../src/ports/model.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { ANNA, BEN, OPTIONS, SILENT_LOG, speak } from './contract.ts';
import { Listener } from './listen.ts';

const NEVER = Number.POSITIVE_INFINITY;
const TIMINGS = { ...TIMING, pingMs: 60, silentMs: 300 };
const script = () => ({ heard: 'Hm.', say: { text: 'Yes.' }, speed: 50 });

async function connect(t: TestContext, model: SpeechModel): Promise<Listener> {
  const session = await model.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  return new Listener(session);
}

const PROVIDERS = {
  Gemini: {
    start: () => SimulatedGemini.start({ script }),
    model: geminiModel,
    name: 'gemini-3.8-live',
  },
  OpenAI: { start: () => SimulatedOpenAI.start({ script }), model: openAIModel, name: 'gpt-realtime-2.1' },
};

for (const [provider, { start, model: modelOf, name }] of Object.entries(PROVIDERS)) {
  describe(`whether a line to ${provider} lives`, { concurrency: true }, () => {
    async function open(t: TestContext, timing = TIMINGS) {
      const server = await start();
      t.after(() => server.close());
      const model = modelOf({ apiKey: server.apiKey, baseUrl: server.url, model: name, log: SILENT_LOG, timing });
      return { server, model };
    }

    it('is tried once by another connection where pings are never answered, and then left alone', async (t) => {
      const { server, model } = await open(t);
      server.faults.pongMs = () => NEVER;
      const first = await connect(t, model);
      const end = await first.ended();
      assert.ok(end?.error instanceof SessionLostError);
      assert.deepEqual([end.error.kind, end.error.retryable], ['network', true]);
      const second = await connect(t, model);
      await quietFor(4 * TIMINGS.silentMs);
      assert.equal(second.end, undefined);
      // A line that does answer, and stops doing so, is dead as ever.
      server.faults.pongMs = undefined;
      const third = await connect(t, model);
      await quietFor(TIMINGS.pingMs * 2);
      server.faults.halfOpen = true;
      assert.ok((await third.ended())?.error instanceof SessionLostError);
    });

    it('is not given up for pongs that take longer than they may', async (t) => {
      const { server, model } = await open(t);
      server.faults.pongMs = () => 200;
      const listener = await connect(t, model);
      await quietFor(TIMINGS.silentMs);
      // Longer than the line may be silent, but no longer than twice what they took.
      server.faults.pongMs = () => 380;
      await quietFor(4 * TIMINGS.silentMs);
      assert.equal(listener.end, undefined);
    });

    it('is given more time to begin, once it was seen to need it', async (t) => {
      const { server, model } = await open(t, { ...TIMINGS, connectMs: 600 });
      server.faults.slowSetupMs = 1_200;
      await assert.rejects(connect(t, model), { kind: 'no-answer' });
      const listener = await connect(t, model);
      assert.equal(listener.end, undefined);
      // One that begins in time is one like any other.
      server.faults.slowSetupMs = 0;
      await connect(t, model);
      server.faults.silentSetup = true;
      const from = performance.now();
      await assert.rejects(connect(t, model), { kind: 'no-answer' });
      assert.ok(performance.now() - from < 1_200);
      // One that is not there is given more time once.
      await assert.rejects(connect(t, model), { kind: 'no-answer' });
      const again = performance.now();
      await assert.rejects(connect(t, model), { kind: 'no-answer' });
      assert.ok(performance.now() - again < 1_200);
    });
  });
}

describe('a line to Gemini on which pongs lag behind messages', { concurrency: true }, () => {
  for (const [how, pongMs] of [
    ['come 3 to 9 s late', () => 3_000 + Math.random() * 6_000],
    ['never come', () => NEVER],
  ] as const) {
    it(`has every line under the right person, where they ${how}`, async (t) => {
      let turns = 0;
      const server = await SimulatedGemini.start({
        script: () => ({ say: { text: 'Yes.' }, speed: 50 }),
        hear: () => ` these are words ${++turns}`,
      });
      t.after(() => server.close());
      server.faults.pongMs = pongMs;
      const log = SILENT_LOG;
      const model = geminiModel({ apiKey: server.apiKey, baseUrl: server.url, model: 'gemini-3.8-live', log });
      const session = await model.connect(OPTIONS, new AbortController().signal);
      t.after(() => session.close());
      const listener = new Listener(session);
      for (let id = 1; id <= 4; id += 1) {
        speak(session, { ...(id % 2 === 1 ? ANNA : BEN), id }, 16_000);
        await listener.next('reply-started', ({ turnIds }) => turnIds.includes(id));
        await listener.next('turn-transcript', ({ turnId }) => turnId === id);
      }
      await listener.next('turn-transcript', ({ turnId, final }) => turnId === 4 && final);
      assert.deepEqual(
        listener.transcripts,
        Object.fromEntries([1, 2, 3, 4].map((id) => [id, `these are words ${id}`])),
      );
    });
  }
});
