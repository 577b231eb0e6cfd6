import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SimulatedGemini, SimulatedOpenAI, type Transcriber } from '@parley/simulator/models';
import fc from 'fast-check';
import pino from 'pino';
import { Bridge } from '../../src/bridge/bridge.ts';
import { sessionOptions } from '../../src/bridge/session-options.ts';
import { Ticker } from '../../src/bridge/ticker.ts';
import { reconnecting } from '../../src/model/durable/durable-model.ts';
import { RETRY_POLICY } from '../../src/model/durable/retry-policy.ts';
import { geminiModel } from '../../src/model/gemini/model.ts';
import { openAITranscriber } from '../../src/model/openai/transcription/transcriber.ts';
import { TranscribedSession } from '../../src/model/transcription/transcribed-session.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { DurableSession, SpeechModel } from '../../src/ports/model.ts';
import { FakeLine } from '../support/doubles/line.ts';
import { plainRights } from '../support/doubles/toolbox-gate.ts';
import { share, tone } from '../support/sound/sound.ts';
import { eventually } from '../support/time/eventually.ts';
import { settings as defaults } from '../support/world/bridge-scene.ts';

const SEED = Number(process.env.CONVERSATION_SEED ?? 20_261_121);
const NAMES = ['Anna', 'Ben', 'Cleo'];
const MOST = 4;
const settings = { ...defaults, silenceMs: 400 };
const toolbox = {
  declarations: () => [],
  run: () => assert.fail('nobody asked for a tool'),
  permit: () => assert.fail('nobody asked for a tool'),
};
const log = pino({ level: 'silent' });
const patience = { ...RETRY_POLICY, firstMs: 10, longestMs: 40, noticeMs: 60_000 };

/** Each sentence has a pitch of its own. */
const pitch = (sentence: number): number => 300 + 110 * sentence;
const hear: Transcriber = ({ pcm, sampleRate }) =>
  Array.from({ length: NAMES.length * MOST }, (_, i) => i)
    .filter((i) => share(pcm, pitch(i), sampleRate) > 0.05)
    .map((i) => `sentence ${i}`)
    .join(' and ');

/** What each person says, one after the other and over the others, and when a line breaks. */
const plans = fc.record({
  people: fc.array(
    fc.array(fc.record({ pauseMs: fc.integer({ min: 0, max: 300 }), frames: fc.integer({ min: 6, max: 25 }) }), {
      minLength: 1,
      maxLength: MOST,
    }),
    { minLength: NAMES.length, maxLength: NAMES.length },
  ),
  breaks: fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 900 }), which: fc.boolean() }), { maxLength: 3 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;
interface Stage {
  readonly model: SpeechModel;
  readonly session: DurableSession;
  /** Breaks a line: that of the model, or of what writes down. */
  readonly drop: (which: boolean) => void;
  readonly close: () => Promise<unknown>;
}

async function listening(): Promise<Stage> {
  const openai = await SimulatedOpenAI.start({ script: () => assert.fail('nobody asked'), hear });
  const model = transcriberOf(openai);
  const session = await reconnecting(model, { log, patience }).connect(optionsFor(model), never);
  return { model, session, drop: () => openai.dropAll(), close: () => openai.close() };
}

/** Gemini talks, and leaves every second turn unanswered; OpenAI writes down beside it. */
async function beside(): Promise<Stage> {
  const openai = await SimulatedOpenAI.start({ script: () => assert.fail('nobody asked'), hear });
  const script = ({ turn }: { turn: number }) =>
    turn % 2 === 0
      ? { silent: true }
      : { heard: 'something else', say: { text: 'Yes.', pcm: tone({ hz: 900, ms: 200, rate: 24_000 }) } };
  const gemini = await SimulatedGemini.start({ script, playbackClock: false });
  const model = geminiModel({ apiKey: gemini.apiKey, baseUrl: gemini.url, model: 'gemini-3.8-live', log });
  const options = optionsFor(model);
  const talking = await reconnecting(model, { log, patience }).connect(options, never);
  const parts = { session: talking, model, options, transcriber: transcriberOf(openai), log, patience };
  const session = new TranscribedSession(parts);
  await session.ready;
  return {
    model,
    session,
    drop: (which) => (which ? openai : gemini).dropAll(),
    close: () => Promise.all([openai.close(), gemini.close()]),
  };
}

const never = new AbortController().signal;
const optionsFor = (model: SpeechModel) => sessionOptions(settings, model, toolbox);
const transcriberOf = ({ apiKey, url }: SimulatedOpenAI) =>
  openAITranscriber({ provider: 'openai', apiKey, baseUrl: url, transcriber: 'gpt-live-transcribe', log });

/** Gives what was written down, in the order of the names. */
async function play({ people, breaks }: Plan, stage: Stage): Promise<{ said: string[]; written: string[] }> {
  const line = new FakeLine();
  const events: BridgeEvent[] = [];
  const { model, session } = stage;
  const persons = NAMES.map((name) => ({ userId: name.toLowerCase(), name }));
  const bridge = new Bridge({
    line,
    session,
    model,
    modelFor: () => model,
    settings,
    toolbox,
    room: {
      guildId: 'guild',
      channelId: 'channel',
      people: () => persons,
      nameOf: (userId) => persons.find((person) => person.userId === userId)?.name ?? userId,
      mayWrite: () => true,
      ...plainRights,
    },
    text: { post: () => Promise.resolve('1'), edit: () => Promise.resolve() },
    ticker: new Ticker(),
    observe: (event) => events.push(event),
    log,
  });
  const stopped = (userId: string) =>
    events.filter((event) => event.type === 'speaking' && !event.speaking && event.person.userId === userId).length;
  const talk = async (who: number) => {
    const { userId } = persons[who] as (typeof persons)[number];
    for (const [at, { pauseMs, frames }] of (people[who] ?? []).entries()) {
      await wait(pauseMs);
      const sound = tone({ hz: pitch(who * MOST + at), ms: frames * 20, rate: model.inputRate });
      const samples = model.inputRate / 50;
      for (let from = 0; from < sound.length; from += samples) {
        const pcm = sound.slice(from, from + samples);
        const receivedAt = performance.now();
        line.events.push({ type: 'frame', userId, pcm, gapMs: 0, receivedAt, concealed: false });
        if (from % (4 * samples) === 0) await wait(5);
      }
      await eventually(`${userId} stops`, () => stopped(userId) === at + 1);
    }
  };
  const breaking = async () => {
    for (const { afterMs, which } of breaks) {
      await wait(afterMs);
      stage.drop(which);
    }
  };
  const said = people.flatMap((sentences, who) =>
    sentences.map((_, at) => `${NAMES[who]}: sentence ${who * MOST + at}`),
  );
  const finals = () => events.filter((event) => event.type === 'turn-transcript').filter(({ final }) => final);
  await Promise.all([...NAMES.map((_, who) => talk(who)), breaking()]);
  await eventually('every sentence is written down', () => finals().length >= said.length);
  await bridge.close({ kind: 'asked', by: null });
  await stage.close();
  return { said, written: finals().map(({ turn, text }) => `${turn?.name}: ${text}`) };
}

for (const [what, open] of [
  ['listens only, over OpenAI', listening],
  ['talks, over Gemini with OpenAI beside it', beside],
] as const) {
  describe(`a generated conversation of people who talk over each other, where the bot ${what}`, () => {
    it('has every sentence as one utterance, under the right name, whichever line breaks when', async () => {
      const sample = fc.sample(plans, { numRuns: 8, seed: SEED });
      await Promise.all(
        sample.map(async (plan) => {
          const { said, written } = await play(plan, await open());
          assert.deepEqual(written.toSorted(), said.toSorted(), JSON.stringify(plan));
        }),
      );
    });
  });
}
