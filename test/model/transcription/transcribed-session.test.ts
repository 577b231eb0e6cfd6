import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import fc from 'fast-check';
import { reconnecting } from '../../../src/model/durable/durable-model.ts';
import { RETRY_POLICY, type RetryPolicy } from '../../../src/model/durable/retry-policy.ts';
import { geminiModel } from '../../../src/model/gemini/model.ts';
import { openAIModel } from '../../../src/model/openai/model.ts';
import { openAITranscriber } from '../../../src/model/openai/transcription/transcriber.ts';
import { TranscribedSession } from '../../../src/model/transcription/transcribed-session.ts';
import type { Turn } from '../../../src/ports/voice.ts';
import { ScriptedSession, scriptedModel } from '../../support/doubles/session.ts';
import { eventually } from '../../support/time/eventually.ts';
import { quietFor } from '../../support/time/quiet-for.ts';
import { ANNA, BEN, CLEO, OPTIONS, SILENT_LOG, speak, tone } from '../contract.ts';
import { Listener } from '../listen.ts';
import { schemas } from '../schemas.ts';
import { says } from '../two-providers.ts';

const RATE = 16_000;
const HASTY: RetryPolicy = { ...RETRY_POLICY, firstMs: 20, longestMs: 80, noticeMs: 60_000 };
const NOTICE =
  'I lost OpenAI (gpt-live-transcribe), which writes down what is said. The conversation goes on; until it is back I write down what the speech model itself hears.';

/** Gemini, which answers only Anna and writes down only what it answers; OpenAI writes down beside it. */
async function open(
  t: Pick<TestContext, 'after'>,
  options: {
    patience?: Partial<RetryPolicy>;
    key?: string;
    hear?: () => Promise<string>;
    refuse?: number;
    heardLateMs?: number;
  } = {},
) {
  const gemini = await SimulatedGemini.start({
    script: ({ context }) =>
      /"Anna" speaks/.test(context) || context === ''
        ? { heard: 'what Gemini heard', transcriptDelayMs: options.heardLateMs ?? 0, ...says('Yes.') }
        : { silent: true },
    playbackClock: false,
  });
  const openai = await SimulatedOpenAI.start({
    script: () => ({ silent: true }),
    hear: options.hear ?? (({ pcm }) => `words ${Math.round(pcm.length / 2_400) / 10}`),
  });
  t.after(() => gemini.close());
  t.after(() => openai.close());
  openai.faults.refuse = options.refuse;
  const patience = { ...HASTY, ...options.patience };
  const model = geminiModel({ apiKey: gemini.apiKey, baseUrl: gemini.url, model: 'gemini-3.8-live', log: SILENT_LOG });
  const session = new TranscribedSession({
    session: await reconnecting(model, { log: SILENT_LOG, patience }).connect(OPTIONS, new AbortController().signal),
    model,
    options: OPTIONS,
    transcriber: openAITranscriber({
      provider: 'openai',
      apiKey: options.key ?? openai.apiKey,
      baseUrl: openai.url,
      transcriber: 'gpt-live-transcribe',
      log: SILENT_LOG,
    }),
    log: SILENT_LOG,
    patience,
  });
  t.after(() => session.close());
  t.after(() => {
    for (const { direction, message } of openai.frames) {
      assert.deepEqual(schemas?.checkOpenAI(message, direction) ?? [], []);
      assert.notEqual((message as { type?: string }).type, 'error');
    }
  });
  await session.ready;
  return { gemini, openai, session, listener: new Listener(session) };
}

const isAppend = (message: object): boolean => (message as { type?: string }).type === 'input_audio_buffer.append';

/** A conversation with OpenAI, which writes everything down itself. */
async function openWithOpenAI(t: Pick<TestContext, 'after'>, openai: SimulatedOpenAI): Promise<TranscribedSession> {
  const endpoint = { apiKey: openai.apiKey, baseUrl: openai.url, log: SILENT_LOG };
  const model = openAIModel({ ...endpoint, model: 'gpt-realtime-2.1' });
  const session = new TranscribedSession({
    session: await reconnecting(model, { log: SILENT_LOG, patience: HASTY }).connect(
      OPTIONS,
      new AbortController().signal,
    ),
    model,
    options: OPTIONS,
    transcriber: openAITranscriber({ ...endpoint, provider: 'openai', transcriber: 'gpt-live-transcribe' }),
    log: SILENT_LOG,
    patience: HASTY,
  });
  t.after(() => session.close());
  return session;
}

const finals = (listener: Listener) =>
  listener
    .all('turn-transcript')
    .filter(({ final }) => final)
    .map(({ turnId, text }) => `${turnId}: ${text}`);

describe('a conversation whose people are written down beside it', () => {
  it('has no word of a turn that is taken back, open or waiting for its words, and all of the next', async (t) => {
    const { openai, session, listener } = await open(t);
    openai.faults.lateTranscriptMs = 300;
    speak(session, ANNA, RATE, { respond: false });
    await eventually('a turn', () => openai.turns.length === 1);
    session.beginTurn(BEN);
    session.appendAudio(tone(400, RATE));
    await eventually(
      'sound of the open turn',
      () => openai.frames.filter(({ message }) => isAppend(message)).length > 1,
    );
    session.withdraw(ANNA.userId ?? '', [ANNA.id]);
    session.withdraw(BEN.userId ?? '', [BEN.id]);
    speak(session, CLEO, RATE, { ms: 800, respond: false });
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === CLEO.id);
    await quietFor(400);
    assert.deepEqual(finals(listener), ['3: words 0.8']);
    assert.deepEqual(
      openai.turns.map(({ pcm }) => pcm.length),
      [9_600, 19_200],
    );
  });

  it('has the words of every turn, answered or not, from the transcriber and once', async (t) => {
    const { openai, session, listener } = await open(t);
    speak(session, ANNA, RATE);
    const { replyId } = await listener.next('reply-started');
    await listener.next('reply-done', (event) => event.replyId === replyId);
    speak(session, BEN, RATE, { ms: 600, respond: false });
    speak(session, CLEO, RATE, { ms: 800 });
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === CLEO.id);
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === BEN.id);
    // Whatever Gemini may still say about it comes within this time.
    await quietFor(500);
    assert.deepEqual(finals(listener).toSorted(), ['1: words 0.4', '2: words 0.6', '3: words 0.8']);
    assert.equal(listener.all('notice').length, 0);
    assert.deepEqual(
      listener.all('transcription-usage').map(({ turnId, model, provider }) => `${turnId} ${provider} ${model}`),
      [1, 2, 3].map((id) => `${id} openai gpt-live-transcribe`),
    );
    // 24 kHz there, 16 kHz here.
    assert.deepEqual(
      openai.turns.map(({ pcm }) => pcm.length),
      [9_600, 14_400, 19_200],
    );
  });

  it('goes on when the transcriber is gone for a while, says so once, and uses what the model heard', async (t) => {
    const { openai, session, listener } = await open(t, { patience: { noticeMs: 100 } });
    openai.faults.refuse = 503;
    openai.dropAll();
    await listener.next('notice');
    speak(session, ANNA, RATE);
    await listener.next('reply-done');
    await listener.next('turn-transcript', ({ final }) => final);
    openai.faults.refuse = undefined;
    await eventually('two transcriptions', () => openai.transcriptions.length >= 2);
    speak(session, BEN, RATE, { respond: false });
    await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === BEN.id);
    assert.deepEqual(finals(listener), ['1: what Gemini heard', '2: words 0.4']);
    assert.deepEqual(
      listener.all('notice').map(({ message }) => message),
      [NOTICE],
    );
    assert.deepEqual(listener.all('paused'), [], 'the conversation itself never paused');
  });

  it('does not fail with a transcriber that cannot be had, says why, and asks again until it is there', async (t) => {
    const { openai, session, listener } = await open(t, { refuse: 503 });
    const { message } = await listener.next('notice');
    assert.match(message, /^OpenAI ended the session \(HTTP 503\).*The conversation goes on; until it is back/);
    openai.faults.refuse = undefined;
    await eventually('a transcription', () => openai.transcriptions.length >= 1);
    await quietFor(50);
    speak(session, BEN, RATE, { respond: false });
    await listener.next('turn-transcript', ({ turnId, final }) => final && turnId === BEN.id);
    assert.deepEqual(finals(listener), ['2: words 0.4']);
    assert.equal(listener.all('notice').length, 1);
  });

  it('waits for the words of the model where the transcriber has none, and has no others twice', async (t) => {
    const { session, listener } = await open(t, { hear: () => Promise.reject(new Error('no')), heardLateMs: 600 });
    speak(session, ANNA, RATE);
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(finals(listener), ['1: what Gemini heard']);
    speak(session, BEN, RATE, { respond: false });
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === BEN.id);
    await quietFor(300);
    assert.deepEqual(finals(listener).slice(1), ['2: (said something that could not be written down)']);
    const [anna, ben] = listener.all('turn-transcript').filter(({ final }) => final);
    assert.equal(anna?.exact, undefined, 'the words of Gemini may be those of several turns');
    assert.equal(ben?.missing, true);
  });

  it('goes by what the model heard so far, where neither of the two has all of it', async (t) => {
    const openai = await SimulatedOpenAI.start({
      script: () => ({ silent: true }),
      hear: () => Promise.reject(new Error('no')),
    });
    t.after(() => openai.close());
    const own = new ScriptedSession();
    const endpoint = { apiKey: openai.apiKey, baseUrl: openai.url, log: SILENT_LOG };
    const capabilities = { ...scriptedModel.capabilities, unprompted: 'answers' as const };
    const session = new TranscribedSession({
      session: own,
      model: { ...scriptedModel, capabilities },
      options: OPTIONS,
      transcriber: openAITranscriber({ ...endpoint, provider: 'openai', transcriber: 'gpt-live-transcribe' }),
      log: SILENT_LOG,
      patience: HASTY,
    });
    t.after(() => session.close());
    await session.ready;
    const listener = new Listener(session);
    speak(session, ANNA, 24_000);
    own.events.push({ type: 'turn-transcript', turnId: ANNA.id, text: 'what Gemini', final: false });
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(finals(listener), ['1: what Gemini']);
  });

  it('says whether it writes down now', async (t) => {
    const { openai, session, listener } = await open(t, { patience: { noticeMs: 100 } });
    assert.equal(session.transcribes, true);
    openai.faults.refuse = 503;
    openai.dropAll();
    await listener.next('notice');
    assert.equal(session.transcribes, false);
    openai.faults.refuse = undefined;
    await eventually('the transcriber', () => session.transcribes);
  });

  it('does without one whose key is rejected', async (t) => {
    const { session, listener } = await open(t, { key: 'sk-wrong' });
    const { message } = await listener.next('notice');
    assert.equal(
      message,
      'OpenAI rejected the API key: check OPENAI_API_KEY and OPENAI_HEADERS. From now on I write down what the speech model itself hears.',
    );
    speak(session, ANNA, RATE);
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(finals(listener), ['1: what Gemini heard']);
  });

  it('asks nobody beside a model that writes everything down itself', async (t) => {
    const openai = await SimulatedOpenAI.start({ script: () => ({ silent: true }), hear: () => 'words' });
    t.after(() => openai.close());
    const session = await openWithOpenAI(t, openai);
    await session.ready;
    const listener = new Listener(session);
    speak(session, ANNA, 24_000, { respond: false });
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(finals(listener), ['1: words']);
    assert.equal(openai.transcriptions.length, 0);
  });

  it('begins to write down when the conversation goes over to a model that does not, at the rate of the first', async (t) => {
    const { gemini, openai } = await open(t);
    const session = await openWithOpenAI(t, openai);
    const listener = new Listener(session);
    speak(session, ANNA, 24_000, { respond: false });
    await listener.next('turn-transcript', ({ final }) => final);
    const before = openai.transcriptions.length;
    const other = { apiKey: gemini.apiKey, baseUrl: gemini.url, model: 'gemini-3.8-live', log: SILENT_LOG };
    assert.equal(session.transcribes, false);
    session.switchTo(geminiModel(other), OPTIONS);
    const { message } = await listener.next('model-changed');
    assert.equal(
      message,
      'I now use Google Gemini (gemini-3.8-live). OpenAI (gpt-live-transcribe) hears you as well, and writes it down.',
    );
    await session.ready;
    speak(session, BEN, 24_000, { ms: 600 });
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === BEN.id);
    assert.equal(openai.transcriptions.length, before + 1);
    assert.deepEqual(finals(listener), ['1: words 0.4', '2: words 0.6']);
  });

  it('gives each turn final words once, whichever of the two breaks when', async () => {
    const step = fc.record({
      who: fc.constantFrom(ANNA, BEN, CLEO),
      pauseMs: fc.integer({ min: 0, max: 60 }),
      breaks: fc.constantFrom('nothing', 'nothing', 'model', 'transcriber'),
      respond: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        const cleanUp: (() => unknown)[] = [];
        const t = { after: (act: () => unknown) => void cleanUp.unshift(act) } as Pick<TestContext, 'after'>;
        const { gemini, openai, session, listener } = await open(t);
        let id = 0;
        for (const { who, pauseMs, breaks, respond } of steps) {
          id += 1;
          const turn: Turn = { ...who, id };
          const pcm = tone(300 + 100 * id, RATE);
          session.beginTurn(turn);
          session.appendAudio(pcm.subarray(0, 3_000));
          if (breaks === 'model') gemini.dropAll();
          if (breaks === 'transcriber') openai.dropAll();
          session.appendAudio(pcm.subarray(3_000));
          session.endTurn(respond);
          await wait(pauseMs);
        }
        for (let turnId = 1; turnId <= id; turnId += 1) {
          await listener.next('turn-transcript', (words) => words.final && words.turnId === turnId);
        }
        assert.deepEqual(
          finals(listener).toSorted(),
          Array.from({ length: id }, (_, i) => `${i + 1}: words ${(4 + i) / 10}`).toSorted(),
        );
        for (const act of cleanUp) await act();
      }),
      { numRuns: 8, interruptAfterTimeLimit: 4_000 },
    );
  });
});
