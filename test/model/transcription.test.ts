import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SimulatedOpenAI, type SimulatedOpenAIOptions } from '@parley/simulator/models';
import fc from 'fast-check';
import { reconnecting } from '../../src/model/durable/durable-model.ts';
import { RETRY_POLICY, type RetryPolicy } from '../../src/model/durable/retry-policy.ts';
import { openAITranscriber } from '../../src/model/openai/transcription/transcriber.ts';
import type { SessionLostError } from '../../src/ports/errors.ts';
import type { Turn } from '../../src/ports/voice.ts';
import { eventually } from '../support/time/eventually.ts';
import { ANNA, BEN, CLEO, OPTIONS, SILENT_LOG, speak, tone } from './contract.ts';
import { Listener } from './listen.ts';
import { RawServer } from './raw-server.ts';
import { schemas } from './schemas.ts';

const RATE = 24_000;
const HASTY: RetryPolicy = {
  ...RETRY_POLICY,
  firstMs: 20,
  longestMs: 80,
  noticeMs: 60_000,
  renewalMs: 100,
  life: { shortestMs: 200, longestMs: 60_000 },
};
const created = { type: 'session.created', event_id: 'e', session: {} };
const updated = { type: 'session.updated', event_id: 'e', session: {} };
const committed = (itemId: string) => ({ type: 'input_audio_buffer.committed', event_id: 'e', item_id: itemId });
const about = (what: string, itemId: string, more: object = {}) => ({
  type: `conversation.item.input_audio_transcription.${what}`,
  item_id: itemId,
  ...more,
});

/** A session with a server that says what the test makes it say. */
async function raw(t: TestContext, options: { transcriber?: string; lateMs?: number } = {}) {
  const server = await RawServer.start({
    greet: (one) => one.send(created),
    answer: (frame, one) => frame.type === 'session.update' && one.send(updated),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const model = openAITranscriber({
    provider: 'openai',
    apiKey: 'sk-test-key',
    baseUrl: `${server.url}/v1`,
    transcriber: options.transcriber ?? 'gpt-live-transcribe',
    log: SILENT_LOG,
    ...(options.lateMs && { lateMs: options.lateMs }),
  });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  t.after(() => {
    for (const frame of server.frames) assert.deepEqual(schemas?.checkOpenAI(frame, 'client') ?? [], []);
  });
  return { server, session, listener: new Listener(session) };
}

/** A session that outlives its connections, with the stand-in of OpenAI. */
async function lasting(t: Pick<TestContext, 'after'>, options: Partial<SimulatedOpenAIOptions> = {}, model?: string) {
  const server = await SimulatedOpenAI.start({
    script: () => ({ say: { text: 'Nobody asked me.' } }),
    hear: ({ pcm }) => `words ${pcm.length}`,
    ...options,
  });
  t.after(() => server.close());
  const one = openAITranscriber({
    provider: 'openai',
    apiKey: server.apiKey,
    baseUrl: server.url,
    transcriber: model ?? 'gpt-live-transcribe',
    log: SILENT_LOG,
  });
  const session = await reconnecting(one, { log: SILENT_LOG, patience: HASTY }).connect(
    OPTIONS,
    new AbortController().signal,
  );
  t.after(() => session.close());
  t.after(() => {
    for (const { direction, message } of server.frames) {
      assert.deepEqual(schemas?.checkOpenAI(message, direction) ?? [], [], JSON.stringify(message).slice(0, 300));
      assert.notEqual((message as { type?: string }).type, 'error');
    }
  });
  return { server, session, listener: new Listener(session) };
}

describe('a session that only writes down, on the wire', () => {
  it('opens with the intent and without a model, and draws the turns itself', async (t) => {
    const { server } = await raw(t);
    assert.equal(server.requests[0]?.url, '/v1/realtime?intent=transcription');
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer sk-test-key');
    assert.deepEqual(server.frames, [
      {
        type: 'session.update',
        event_id: 'parley-setup',
        session: {
          type: 'transcription',
          audio: {
            input: {
              format: { type: 'audio/pcm', rate: 24_000 },
              transcription: { model: 'gpt-live-transcribe', languages: ['en'] },
              turn_detection: null,
            },
          },
        },
      },
    ]);
  });

  it('tells a model that takes one language just that', async (t) => {
    const { server } = await raw(t, { transcriber: 'gpt-realtime-whisper' });
    assert.match(
      JSON.stringify(server.frames[0]),
      /"transcription":\{"model":"gpt-realtime-whisper","language":"en"\}/,
    );
  });

  it('sends nothing but sound and commits, whatever it is asked for', async (t) => {
    const { server, session } = await raw(t);
    speak(session, ANNA, RATE, { respond: true });
    session.appendText(BEN, 'Hello?');
    session.respond();
    session.interrupt([]);
    session.sendToolResult({ callId: 'c', name: 'n', ok: true, output: '' });
    session.approve('c', true, '');
    speak(session, BEN, RATE, { ms: 40 });
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 2);
    const types = new Set(server.frames.map(({ type }) => type));
    assert.deepEqual([...types], ['session.update', 'input_audio_buffer.append', 'input_audio_buffer.commit']);
  });

  it('knows whose words are whose where they come before the commit, late, and in another order', async (t) => {
    const { server, session, listener } = await raw(t);
    speak(session, ANNA, RATE);
    speak(session, BEN, RATE);
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 2);
    server.send(about('delta', 'i1', { delta: 'An' }), committed('i1'), committed('i2'));
    server.send(about('completed', 'i2', { transcript: 'Ben.', usage: { type: 'duration', seconds: 2 } }));
    server.send(about('delta', 'i1', { delta: 'na' }), about('completed', 'i1', { transcript: 'Anna!' }));
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === ANNA.id);
    assert.deepEqual(listener.all('turn-transcript'), [
      { type: 'turn-transcript', turnId: 1, text: 'An', final: false, itemIds: ['i1'] },
      { type: 'turn-transcript', turnId: 2, text: 'Ben.', final: true, itemIds: ['i2'] },
      { type: 'turn-transcript', turnId: 1, text: 'Anna', final: false, itemIds: ['i1'] },
      { type: 'turn-transcript', turnId: 1, text: 'Anna!', final: true, itemIds: ['i1'] },
    ]);
    assert.deepEqual(
      listener
        .all('transcription-usage')
        .map(({ turnId, model, provider, seconds, estimated }) => [turnId, model, provider, seconds, estimated]),
      [
        [2, 'gpt-live-transcribe', 'openai', 2, false],
        [1, 'gpt-live-transcribe', 'openai', 0.4, true],
      ],
    );
  });

  it('gives a turn again that could not be written down, and in the end says so', async (t) => {
    const { server, session, listener } = await raw(t);
    speak(session, ANNA, RATE);
    for (const itemId of ['i1', 'i2', 'i3']) {
      await server.frame(({ type }) => type === 'input_audio_buffer.commit', Number(itemId[1]));
      server.send(committed(itemId), about('failed', itemId, { error: { type: 'server_error', message: 'no' } }));
    }
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(listener.transcripts, { 1: '(said something that could not be written down)' });
    assert.equal(server.frames.filter(({ type }) => type === 'input_audio_buffer.append').length, 60);
  });

  it('shifts no words where a confirmation is lost, late or comes twice, and bills words that come twice once', async (t) => {
    const { server, session, listener } = await raw(t);
    const behind = (itemId: string, previous: string | null) => ({ ...committed(itemId), previous_item_id: previous });
    for (const id of [1, 2, 3, 4]) speak(session, { ...(id % 2 ? ANNA : BEN), id }, RATE);
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 4);
    const says = (id: number) =>
      server.send(about('completed', `i${id}`, { transcript: `turn ${id}`, usage: { type: 'duration', seconds: 1 } }));
    // The first comes last, the second never, and the fourth before the third.
    says(2);
    server.send(behind('i4', 'i3'), behind('i3', 'i2'), behind('i1', null), behind('i1', null));
    for (const id of [4, 1, 3, 2]) says(id);
    const told = () => listener.all('turn-transcript').filter(({ final }) => final);
    await listener.next('turn-transcript', () => told().length === 4);
    for (const { turnId, text } of told()) assert.equal(text, `turn ${turnId}`);
    assert.equal(listener.all('transcription-usage').length, 4);
  });

  it('tells people once what the service says of words that it cannot write down', async (t) => {
    const { server, session, listener } = await raw(t);
    speak(session, ANNA, RATE);
    const error = { type: 'invalid_request_error', code: 'model_not_found', message: 'Not for this project.' };
    for (const itemId of ['i1', 'i2', 'i3']) {
      await server.frame(({ type }) => type === 'input_audio_buffer.commit', Number(itemId[1]));
      server.send(committed(itemId), about('failed', itemId, { error }));
    }
    await listener.next('turn-transcript', ({ final }) => final);
    assert.deepEqual(
      listener.all('notice').map(({ message }) => message),
      ['OpenAI cannot write down what you say: Not for this project.'],
    );
    assert.match(listener.all('refused')[2]?.message ?? '', /3 in a row.*model_not_found: Not for this project/);
  });

  it('gives a turn again of which nothing is heard for long', async (t) => {
    const { server, session, listener } = await raw(t, { lateMs: 150 });
    speak(session, ANNA, RATE);
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 2);
    server.send(committed('i1'), committed('i2'), about('completed', 'i2', { transcript: 'There.' }));
    await listener.next('turn-transcript', ({ text }) => text === 'There.');
  });

  it('tells the words of a turn once that was given twice, because the server was only slow', async (t) => {
    const { server, session, listener } = await raw(t, { lateMs: 150 });
    speak(session, ANNA, RATE);
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 2);
    server.send(committed('i1'), about('completed', 'i1', { transcript: 'Slow.' }));
    server.send(
      committed('i2'),
      about('delta', 'i2', { delta: 'Slow' }),
      about('completed', 'i2', { transcript: 'Slow!' }),
    );
    speak(session, BEN, RATE);
    await server.frame(({ type }) => type === 'input_audio_buffer.commit', 3);
    server.send(about('completed', 'i3', { transcript: 17 }), 'no JSON', committed('i3'));
    server.send(about('completed', 'i3', { transcript: 'Ben.' }));
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === BEN.id);
    assert.deepEqual(
      listener.all('turn-transcript').map(({ turnId, text }) => `${turnId}: ${text}`),
      ['1: Slow.', '2: Ben.'],
    );
  });

  it('changes the language only between two turns: an update would take what was said out of the buffer', async (t) => {
    const { server, session } = await raw(t);
    session.beginTurn(ANNA);
    session.appendAudio(tone(200, RATE));
    session.update({ ...OPTIONS, language: 'de-AT' });
    session.appendAudio(tone(200, RATE));
    session.endTurn(false);
    await server.frame(({ type }) => type === 'session.update', 2);
    assert.deepEqual(
      server.frames.map(({ type }) => type),
      [
        'session.update',
        'input_audio_buffer.append',
        'input_audio_buffer.append',
        'input_audio_buffer.commit',
        'session.update',
      ],
    );
    assert.match(JSON.stringify(server.frames.at(-1)), /"languages":\["de"\]/);
  });

  it('says what to check where the model is not known', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => ({ silent: true }) });
    t.after(() => server.close());
    const model = openAITranscriber({
      provider: 'openai',
      apiKey: server.apiKey,
      baseUrl: server.url,
      transcriber: 'gpt-scribble',
      log: SILENT_LOG,
    });
    await assert.rejects(model.connect(OPTIONS, new AbortController().signal), (error: SessionLostError) => {
      assert.equal(error.message, 'OpenAI does not know the model "gpt-scribble": check OPENAI_TRANSCRIBE_MODEL.');
      assert.equal(error.retryable, false);
      return true;
    });
  });

  it('asks an Azure deployment with its own kind of key', async (t) => {
    const server = await SimulatedOpenAI.start({ script: () => ({ silent: true }), transcribers: ['our-scribe'] });
    t.after(() => server.close());
    const baseUrl = server.url.replace(/\/v1$/, '/openai/v1');
    const options = { provider: 'azure', apiKey: server.apiKey, baseUrl, transcriber: 'our-scribe' } as const;
    const session = await openAITranscriber({ ...options, log: SILENT_LOG }).connect(
      OPTIONS,
      new AbortController().signal,
    );
    session.close();
    assert.equal(server.requests[0]?.url, '/openai/v1/realtime?intent=transcription');
    assert.equal(server.requests[0]?.headers['api-key'], server.apiKey);
    assert.equal(server.requests[0]?.headers.authorization, undefined);
  });
});

describe('a session that only writes down and outlives its connections', () => {
  it('sends what waited no faster than the server can take it', async (t) => {
    const { server, session, listener } = await lasting(t);
    speak(session, ANNA, RATE, { ms: 4_000 });
    speak(session, BEN, RATE, { ms: 2_000 });
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === BEN.id);
    assert.deepEqual(listener.transcripts, { 1: 'words 96000', 2: 'words 48000' });
    assert.equal(server.transcriptions[0]?.droppedSeconds, 0);
  });

  it('loses no word, repeats none and mixes none up, whenever the line breaks', async () => {
    const step = fc.record({
      who: fc.constantFrom(ANNA, BEN, CLEO),
      ms: fc.integer({ min: 2, max: 40 }).map((tens) => tens * 10),
      pauseMs: fc.integer({ min: 0, max: 40 }),
      breaks: fc.constantFrom(false, false, false, 'before', 'amid', 'after'),
    });
    const plan = fc.record({
      steps: fc.array(step, { minLength: 2, maxLength: 8 }),
      hearMs: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, hearMs }) => {
        const cleanUp: (() => unknown)[] = [];
        const t = { after: (act: () => unknown) => void cleanUp.unshift(act) } as Pick<TestContext, 'after'>;
        const hear = async ({ pcm }: { pcm: Int16Array }) => {
          await wait(hearMs);
          // The loudness says whose turn it is, whatever was padded.
          return `turn ${Math.round((Math.max(...pcm) - 1_000) / 200)}`;
        };
        const { server, session, listener } = await lasting(t, { hear });
        let id = 0;
        for (const { who, ms, pauseMs, breaks } of steps) {
          id += 1;
          const turn: Turn = { ...who, id };
          const pcm = tone(ms, RATE, 1_000 + 200 * id);
          if (breaks === 'before') server.dropAll();
          session.beginTurn(turn);
          session.appendAudio(pcm.subarray(0, pcm.length / 2));
          if (breaks === 'amid') server.dropAll();
          session.appendAudio(pcm.subarray(pcm.length / 2));
          session.endTurn(false);
          await wait(pauseMs);
          if (breaks === 'after') server.dropAll();
        }
        for (let turnId = 1; turnId <= id; turnId += 1) {
          await listener.next('turn-transcript', (words) => words.final && words.turnId === turnId);
        }
        const finals = listener.all('turn-transcript').filter(({ final }) => final);
        assert.deepEqual(
          finals.map(({ turnId, text }) => `${turnId}: ${text}`).toSorted(),
          Array.from({ length: id }, (_, i) => `${i + 1}: turn ${i + 1}`).toSorted(),
        );
        for (const act of cleanUp) await act();
      }),
      { numRuns: 15, interruptAfterTimeLimit: 4_000 },
    );
  });

  it('goes on with a new session before the time of the old one is over', async (t) => {
    const { server, session, listener } = await lasting(t, { sessionMs: 1_500 });
    speak(session, ANNA, RATE);
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === 1);
    await eventually('two transcriptions', () => server.transcriptions.length >= 2);
    speak(session, BEN, RATE);
    await listener.next('turn-transcript', ({ final, turnId }) => final && turnId === 2);
    assert.ok(server.transcriptions.length >= 2);
    assert.deepEqual(listener.transcripts, { 1: 'words 9600', 2: 'words 9600' });
  });
});
