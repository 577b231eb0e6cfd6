import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { PATIENCE } from '../../src/model/back-off.ts';
import { geminiModel } from '../../src/model/gemini.ts';
import { openAIModel } from '../../src/model/openai.ts';
import { reconnecting } from '../../src/model/reconnecting.ts';
import { SimulatedGemini } from '../../src/simulator/gemini.ts';
import { SimulatedOpenAI } from '../../src/simulator/openai.ts';
import type { ScriptInput } from '../../src/simulator/script.ts';
import { ANNA, OPTIONS, SILENT_LOG, tone } from './contract.ts';
import { Listener } from './listen.ts';

const TURNS = 30;
/** Every turn has a length of its own, so that its words tell which turn was heard, and whether whole. */
const samplesOf = (id: number, rate: number): number => ((200 + 10 * id) * rate) / 1000;

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function start(protocol: 'openai' | 'gemini') {
  const script = ({ turn }: ScriptInput) => ({
    say: { text: `Answer ${turn}.`, pcm: new Int16Array(4_800) },
    delayMs: 20,
  });
  const hear = ({ pcm }: { pcm: Int16Array }) => `${pcm.length}`;
  const options = { apiKey: 'sk-simulated', log: SILENT_LOG };
  if (protocol === 'openai') {
    const server = await SimulatedOpenAI.start({ script, hear });
    return { server, model: openAIModel({ ...options, baseUrl: server.url, model: 'gpt-realtime-2.1' }) };
  }
  const server = await SimulatedGemini.start({ script, hear, playbackClock: false, apiKey: options.apiKey });
  return { server, model: geminiModel({ ...options, baseUrl: server.url, model: 'gemini-3.8-live' }) };
}

for (const protocol of ['openai', 'gemini'] as const) {
  describe(`thirty turns and thirty drops: ${protocol}`, () => {
    it('writes every turn down once, whole and in order, and answers each', async (t) => {
      const random = dice(7);
      const { server, model } = await start(protocol);
      t.after(() => server.close());
      const patience = { ...PATIENCE, firstMs: 10, longestMs: 20 };
      const lasting = reconnecting(model, { log: SILENT_LOG, patience });
      const session = await lasting.connect(OPTIONS, new AbortController().signal);
      t.after(() => session.close());
      const listener = new Listener(session);
      const rate = model.inputRate;
      for (let id = 1; id <= TURNS; id += 1) {
        const drops = wait(random() * 80).then(() => {
          const code = [1006, 1008, 1011][id % 3] as number;
          if (code === 1006) server.dropAll();
          else server.closeAll(code, code === 1008 ? 'Policy violation.' : 'Internal error encountered.');
        });
        const pcm = tone(200 + 10 * id, rate);
        session.beginTurn({ ...ANNA, id });
        for (let at = 0; at < pcm.length; at += rate / 10) {
          session.appendAudio(pcm.subarray(at, at + rate / 10));
          await wait(5);
        }
        session.endTurn(true);
        await drops;
        const completed = ({ replyId }: { replyId: string }) =>
          listener.all('reply-started').some((event) => event.replyId === replyId && event.turnIds.includes(id));
        await listener.next('reply-done', (event) => event.status === 'completed' && completed(event));
        await listener.next('turn-transcript', (event) => event.final && event.turnId === id);
      }
      const finals = listener.all('turn-transcript').filter(({ final }) => final);
      assert.deepEqual(
        finals.map(({ turnId, text }) => [turnId, text]),
        Array.from({ length: TURNS }, (_, i) => [i + 1, `${samplesOf(i + 1, rate)}`]),
      );
      assert.ok(server.sessions.length > TURNS - 5, `${server.sessions.length} sessions`);
      const refused = server.frames.filter(({ message }) => 'type' in message && message.type === 'error');
      assert.deepEqual(refused, []);
    });
  });
}
