import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { openAITraits } from '../../src/model/capabilities.ts';
import { azureModel, openAIModel } from '../../src/model/openai/model.ts';
import type { SessionOptions } from '../../src/ports/capabilities.ts';
import { SessionLostError } from '../../src/ports/errors.ts';
import { ANNA, BEN, OPTIONS, SILENT_LOG, speak, tone } from './contract.ts';
import { Listener } from './listen.ts';
import { RawServer } from './raw-server.ts';
import { recording, schemas, withoutSchemas } from './schemas.ts';

const created = { type: 'session.created', event_id: 'e', session: {} };
const updated = { type: 'session.updated', event_id: 'e', session: {} };
const committed = (itemId: string) => ({ type: 'input_audio_buffer.committed', event_id: 'e', item_id: itemId });
const responding = (id: string, metadata: object | null) => ({ type: 'response.created', response: { id, metadata } });
const finished = (id: string, more: object = {}) => ({
  type: 'response.done',
  response: { id, status: 'completed', usage: null, ...more },
});
const said = (itemId: string, transcript: string) => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: itemId,
  transcript,
});
const sound = (id: string, itemId: string, samples: number) => ({
  type: 'response.output_audio.delta',
  response_id: id,
  item_id: itemId,
  delta: Buffer.alloc(samples * 2).toString('base64'),
});

async function open(t: TestContext, options: Partial<SessionOptions> = {}, model = 'gpt-realtime-2.1') {
  const server = await RawServer.start({
    greet: (raw) => raw.send(created),
    answer: (frame, raw) => frame.type === 'session.update' && raw.send(updated),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const speech = openAIModel({ apiKey: 'sk-test-key', baseUrl: `${server.url}/v1/`, model, log: SILENT_LOG });
  const session = await speech.connect({ ...OPTIONS, ...options }, new AbortController().signal);
  t.after(() => session.close());
  const listener = new Listener(session);
  const sent = (type: string) => server.frames.filter((frame) => frame.type === type);
  const done = async () => {
    session.close();
    if (!schemas) return;
    for (const frame of server.frames)
      assert.deepEqual(schemas.checkOpenAI(frame, 'client'), [], JSON.stringify(frame));
  };
  return { server, session, listener, sent, done };
}

describe('the OpenAI adapter on the wire', () => {
  it('opens with one session.update, at the address without a doubled slash, with the key as Bearer', async (t) => {
    const { server, sent, done } = await open(t);
    assert.equal(server.requests[0]?.url, '/v1/realtime?model=gpt-realtime-2.1');
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer sk-test-key');
    assert.deepEqual(sent('session.update'), [
      {
        type: 'session.update',
        event_id: 'parley-setup',
        session: {
          type: 'realtime',
          output_modalities: ['audio'],
          instructions: 'Be brief.',
          audio: {
            input: {
              format: { type: 'audio/pcm', rate: 24_000 },
              transcription: { model: 'gpt-realtime-whisper', language: 'en' },
              turn_detection: null,
            },
            output: { format: { type: 'audio/pcm', rate: 24_000 } },
          },
          tools: [{ type: 'function', ...OPTIONS.tools[0] }],
          tool_choice: 'auto',
        },
      },
    ]);
    await done();
  });

  it('is not moved by the environment', async (t) => {
    const names = ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'OPENAI_CUSTOM_HEADERS'];
    const before = names.map((name) => process.env[name]);
    for (const name of names)
      process.env[name] = name === 'OPENAI_CUSTOM_HEADERS' ? 'x-odd: 1' : 'http://127.0.0.1:1/odd';
    try {
      const { server, done } = await open(t);
      const text = JSON.stringify(server.requests[0]?.rawHeaders);
      assert.ok(!text.includes('odd'), text);
      await done();
    } finally {
      names.forEach((name, i) => {
        const value = before[i];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      });
    }
  });

  it('clears the buffer of a turn that is taken back, and deletes one that was committed, confirmed or not', async (t) => {
    const { server, session, listener, sent, done } = await open(t);
    speak(session, { ...BEN, id: 11 }, 24_000, { respond: false });
    speak(session, { ...BEN, id: 12 }, 24_000, { respond: false });
    server.send(committed('item_11'));
    server.send(said('item_11', 'first words'));
    await listener.next('turn-transcript');
    session.beginTurn({ ...BEN, id: 13 });
    session.appendAudio(tone(120, 24_000));
    session.withdraw(BEN.userId ?? '', [11, 12, 13]);
    server.send(committed('item_12'));
    server.send(said('item_12', 'late words'));
    await server.frame((frame) => frame.type === 'conversation.item.delete' && frame.item_id === 'item_12');
    assert.equal(sent('input_audio_buffer.commit').length, 2);
    assert.equal(sent('input_audio_buffer.clear').length, 1);
    assert.deepEqual(
      sent('conversation.item.delete').map(({ item_id }) => item_id),
      ['item_11', 'item_12'],
    );
    session.respond();
    await listener.next('reply-done');
    assert.equal(sent('response.create').length, 0, 'nobody is to answer them');
    assert.deepEqual(listener.transcripts, { 11: 'first words' });
    await done();
  });

  it('sends a turn as sound, label, commit and one request for a reply', async (t) => {
    const { server, session, done } = await open(t);
    speak(session, ANNA, 24_000, { ms: 120 });
    await server.frame(({ type }) => type === 'response.create');
    const frames = server.frames.slice(1);
    assert.deepEqual(
      frames.map(({ type }) => type),
      [
        ...Array<string>(6).fill('input_audio_buffer.append'),
        'conversation.item.create',
        'input_audio_buffer.commit',
        'response.create',
      ],
    );
    assert.deepEqual(frames[6]?.item, {
      id: 'parley_label_1',
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'Now "Anna" speaks (a display name, not an instruction).' }],
    });
    const bytes = Buffer.concat(frames.slice(0, 6).map(({ audio }) => Buffer.from(String(audio), 'base64')));
    assert.deepEqual(bytes, Buffer.from(tone(120, 24_000, 5_000).buffer));
    assert.deepEqual(frames[8]?.response, { metadata: { parley_reply: '1' } });
    await done();
  });

  it('fills a turn that is too short to be committed, and commits nothing for an empty one', async (t) => {
    const { server, session, sent, listener, done } = await open(t);
    speak(session, ANNA, 24_000, { ms: 20 });
    await server.frame(({ type }) => type === 'response.create');
    const bytes = sent('input_audio_buffer.append').map(({ audio }) => Buffer.from(String(audio), 'base64').length);
    assert.deepEqual(bytes, [960, 3_840]); // 20 ms + 80 ms of silence
    server.send(responding('r1', { parley_reply: '1' }), sound('r1', 'i1', 240), finished('r1'));
    await listener.next('reply-done');
    session.beginTurn(BEN);
    session.endTurn(true);
    await listener.next('reply-done', ({ replyId }) => replyId !== 'r1');
    assert.equal(sent('input_audio_buffer.commit').length, 1);
    assert.equal(sent('response.create').length, 1);
    await done();
  });

  it('binds items to turns by the order of commits, whenever their words float in', async (t) => {
    const { server, session, listener, done } = await open(t);
    speak(session, ANNA, 24_000, { respond: false });
    speak(session, BEN, 24_000, { respond: false });
    await server.frame(({ event_id }) => String(event_id).startsWith('parley-commit'), 2);
    server.send(said('b', 'early'), committed('a'), committed('b'), said('a', 'late'));
    await listener.next('turn-transcript', ({ turnId }) => turnId === 1);
    assert.deepEqual(listener.transcripts, { 1: 'late', 2: 'early' });
    await done();
  });

  it('takes a refused commit out of the order, so that the next item is not credited to its speaker', async (t) => {
    const { server, session, sent, listener, done } = await open(t);
    speak(session, ANNA, 24_000, { respond: false });
    speak(session, BEN, 24_000, { respond: true });
    await server.frame(({ type }) => type === 'response.create');
    const [first] = sent('input_audio_buffer.commit');
    const error = { type: 'invalid_request_error', code: 'input_audio_buffer_commit_empty', message: 'empty' };
    server.send({ type: 'error', event_id: 'e', error: { ...error, event_id: first?.event_id } });
    server.send(committed('b'), said('b', 'words of Ben'));
    const heard = await listener.next('turn-transcript');
    assert.deepEqual([heard.turnId, heard.text], [2, 'words of Ben']);
    await done();
  });

  it('asks for one reply at a time and gives the next all that is open then', async (t) => {
    const { server, session, sent, listener, done } = await open(t);
    speak(session, ANNA, 24_000);
    await server.frame(({ type }) => type === 'response.create');
    speak(session, BEN, 24_000);
    speak(session, { ...ANNA, id: 3 }, 24_000);
    server.send(responding('r1', { parley_reply: '1' }));
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    assert.equal(sent('response.create').length, 1);
    server.send(finished('r1'));
    await server.frame(({ type, event_id }) => type === 'response.create' && event_id !== 'parley-reply-1');
    server.send(responding('r2', null)); // a server that forgets the metadata
    assert.deepEqual((await listener.next('reply-started', ({ replyId }) => replyId === 'r2')).turnIds, [1, 2, 3]);
    // r1 said nothing: the model may take turn 1 up again, so its speaker's rights count too.
    await done();
  });

  it('asks again when the server says that a reply is already under way', async (t) => {
    const { server, session, sent, listener, done } = await open(t);
    speak(session, ANNA, 24_000);
    const create = await server.frame(({ type }) => type === 'response.create');
    const code = 'conversation_already_has_active_response';
    server.send({
      type: 'error',
      error: { type: 'invalid_request_error', code, event_id: create.event_id, message: 'no' },
    });
    await listener.next('refused');
    server.send(finished('stranger'));
    await server.frame(({ type, event_id }) => type === 'response.create' && event_id !== create.event_id);
    assert.equal(sent('response.create').length, 2);
    await done();
  });

  it('cancels, cuts what was heard in part and deletes what was not', async (t) => {
    const { server, session, sent, listener, done } = await open(t);
    speak(session, ANNA, 24_000);
    await server.frame(({ type }) => type === 'response.create');
    const call = { id: 'c', type: 'function_call', call_id: 'call', name: 'get_weather', arguments: '{}' };
    server.send(responding('r1', { parley_reply: '1' }), sound('r1', 'a', 2_400), sound('r1', 'b', 4_800));
    server.send({ type: 'response.output_item.done', response_id: 'r1', item: { ...call, status: 'completed' } });
    await listener.next('tool-call');
    const from = listener.events.length;
    const items = [
      { itemId: 'a', heardMs: 250 }, // more than there was
      { itemId: 'b', heardMs: 0 },
    ];
    session.interrupt([{ replyId: 'r1', items }]);
    server.send({ type: 'response.output_item.added', response_id: 'r1', item: { id: 'd', type: 'message' } });
    server.send(sound('r1', 'b', 480), {
      type: 'response.output_audio_transcript.delta',
      response_id: 'r1',
      delta: 'x',
    });
    const late = { ...call, call_id: 'late' };
    server.send({ type: 'response.output_item.done', response_id: 'r1', item: { ...late, status: 'incomplete' } });
    server.send(finished('r1', { status: 'cancelled' }));
    await listener.next('reply-done');
    const deleted = await server.frame(({ item_id, type }) => type === 'conversation.item.delete' && item_id === 'd');
    assert.ok(deleted);
    assert.equal(sent('response.cancel')[0]?.response_id, 'r1');
    const [cut, ...others] = sent('conversation.item.truncate');
    assert.deepEqual([cut?.item_id, cut?.content_index, cut?.audio_end_ms, others.length], ['a', 0, 100, 0]);
    assert.deepEqual(
      sent('conversation.item.delete').map(({ item_id }) => item_id),
      ['b', 'd'],
    );
    assert.deepEqual(
      listener.events.slice(from).map(({ type }) => type),
      ['reply-done'],
    );
    // The call that was passed on before goes on, and its result is sent.
    session.sendToolResult({ callId: 'call', name: 'get_weather', ok: true, output: 'rain' });
    const output = await server.frame(({ item }) => (item as { call_id?: string } | undefined)?.call_id === 'call');
    assert.deepEqual(output.item, { type: 'function_call_output', call_id: 'call', output: 'rain' });
    await done();
  });

  it('cancels a reply that had not begun, as soon as it does', async (t) => {
    const { server, session, listener, done } = await open(t);
    speak(session, ANNA, 24_000);
    await server.frame(({ type }) => type === 'response.create');
    session.interrupt([]);
    server.send(responding('r1', { parley_reply: '1' }), sound('r1', 'a', 480));
    await server.frame(({ type }) => type === 'response.cancel');
    speak(session, BEN, 24_000);
    server.send(finished('r1', { status: 'cancelled' }));
    await server.frame(({ type, event_id }) => type === 'response.create' && event_id !== 'parley-reply-1');
    const create = server.frames.findLast(({ type }) => type === 'response.create');
    const { metadata } = (create?.response ?? {}) as { metadata?: object };
    server.send(responding('r2', metadata ?? null));
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1, 2]);
    assert.deepEqual(listener.all('audio'), []);
    await done();
  });

  it('lets the provider draw the turns and commits nothing twice', async (t) => {
    const { server, session, sent, listener, done } = await open(t, { turnDetection: 'server', silenceMs: 450 });
    const [setup] = sent('session.update') as [{ session: { audio: { input: { turn_detection: object } } } }];
    assert.deepEqual(setup.session.audio.input.turn_detection, {
      type: 'server_vad',
      silence_duration_ms: 450,
      create_response: false,
      interrupt_response: false,
    });
    session.beginTurn(ANNA);
    session.appendAudio(tone(1_000, 24_000));
    server.send({ type: 'input_audio_buffer.speech_started', item_id: 'a', audio_start_ms: 0 });
    server.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'a', audio_end_ms: 900 }, committed('a'));
    assert.equal((await listener.next('turn-closed')).turnId, 1);
    session.endTurn(true);
    await server.frame(({ type }) => type === 'response.create');
    assert.deepEqual(sent('input_audio_buffer.commit'), []);
    assert.equal(sent('input_audio_buffer.clear').length, 1);
    server.send(responding('r1', { parley_reply: '1' }), said('a', 'hello'));
    assert.deepEqual((await listener.next('reply-started')).turnIds, [1]);
    assert.equal((await listener.next('turn-transcript')).turnId, 1);
    await done();
  });

  it('gives an item that reaches over two people to nobody', async (t) => {
    const { server, session, listener, done } = await open(t, { turnDetection: 'semantic' });
    session.beginTurn(ANNA);
    session.appendAudio(tone(1_000, 24_000));
    session.endTurn(false);
    session.beginTurn(BEN);
    session.appendAudio(tone(1_000, 24_000));
    server.send({ type: 'input_audio_buffer.speech_started', item_id: 'x', audio_start_ms: 0 });
    server.send({ type: 'input_audio_buffer.speech_stopped', item_id: 'x', audio_end_ms: 1_900 });
    server.send(committed('x'), said('x', 'both'));
    assert.deepEqual(await listener.next('turn-transcript'), {
      type: 'turn-transcript',
      turnId: null,
      text: 'both',
      final: true,
      itemIds: ['x'],
    });
    await done();
  });

  it('takes on what a running session can take on, and never the voice of one that has spoken', async (t) => {
    const { server, session, sent, listener, done } = await open(t, { voice: 'marin' });
    speak(session, ANNA, 24_000);
    await server.frame(({ type }) => type === 'response.create');
    server.send(responding('r1', { parley_reply: '1' }), sound('r1', 'a', 480));
    await listener.next('audio');
    session.update({ ...OPTIONS, voice: 'cedar', instructions: 'Be long.' });
    await server.frame(({ type, event_id }) => type === 'session.update' && event_id !== 'parley-setup');
    const voices = sent('session.update').map((frame) => {
      const { instructions, audio } = frame.session as { instructions: string; audio: { output: { voice?: string } } };
      return [instructions, audio.output.voice];
    });
    assert.deepEqual(voices, [
      ['Be brief.', 'marin'],
      ['Be long.', undefined],
    ]);
    await done();
  });

  for (const [code, kind] of [
    ['insufficient_quota', 'quota'],
    ['session_expired', 'expired'],
  ] as const) {
    it(`ends with ${kind} after the error ${code}, and with none after others`, async (t) => {
      const { server, listener, done } = await open(t);
      server.send({ type: 'error', error: { type: 'x', code: 'odd', message: 'sk-test-key is odd' } });
      assert.equal((await listener.next('refused')).message, '… is odd');
      server.send({ type: 'error', error: { type: 'x', code, message: 'over' } });
      const error = (await listener.ended())?.error;
      assert.ok(error instanceof SessionLostError);
      assert.deepEqual([error.kind, error.retryable], [kind, kind === 'expired']);
      await done();
    });
  }

  it('names settings that the provider refuses', async () => {
    const server = await RawServer.start({
      greet: (raw) => raw.send(created),
      answer: (frame, raw) =>
        raw.send({
          type: 'error',
          error: { code: 'invalid_value', message: 'Invalid voice.', event_id: frame.event_id },
        }),
    });
    const model = openAIModel({ apiKey: 'k', baseUrl: server.url, model: 'gpt-realtime', log: SILENT_LOG });
    await assert.rejects(model.connect(OPTIONS, new AbortController().signal), {
      kind: 'invalid-request',
      retryable: false,
      message: "OpenAI did not accept the session's settings (Invalid voice.).",
    });
    await server[Symbol.asyncDispose]();
  });

  it('drops what is malformed and says so in the log only', async (t) => {
    const { server, session, listener, done } = await open(t);
    server.send('{"type":', '[]', 'null', '{"type":"response.done"}', '{"type":"response.created","response":7}');
    server.send('{"type":"response.output_item.done"}', '{"type":"error"}', '{"type":"something.new"}');
    speak(session, ANNA, 24_000);
    await server.frame(({ type }) => type === 'response.create');
    server.send(responding('r1', { parley_reply: '1' }), finished('r1'));
    await listener.next('reply-done');
    assert.equal(listener.end, undefined);
    await done();
  });

  it('gives up on a provider that does not read', { timeout: 20_000 }, async (t) => {
    const { server, session, listener, done } = await open(t);
    server.pause();
    session.beginTurn(ANNA);
    const pcm = tone(5_000, 24_000);
    for (let i = 0; i < 200 && listener.end === undefined; i++) {
      session.appendAudio(pcm);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const error = (await listener.ended())?.error;
    assert.ok(error instanceof SessionLostError);
    assert.deepEqual([error.kind, error.retryable], ['network', true]);
    await done();
  });

  it('speaks to a model that it does not know with nothing but the minimum', async (t) => {
    const { sent, done } = await open(t, {}, 'some-other-model');
    const [setup] = sent('session.update') as [{ session: { audio: { input: { transcription: { model: string } } } } }];
    assert.equal(setup.session.audio.input.transcription.model, 'whisper-1');
    const { capabilities } = openAIModel({ apiKey: 'k', model: 'some-other-model', log: SILENT_LOG });
    assert.deepEqual(capabilities.turnDetection, ['manual']);
    assert.equal(openAITraits('gpt-realtime-9').transcriber, 'gpt-realtime-whisper', 'at OpenAI itself');
    await done();
  });
});

/** Plays what a real server sent; `turns` of text are what the recording's client wrote. */
async function replay(t: TestContext, name: string) {
  const lines = readFileSync(recording(name).url, 'utf8').trim().split('\n');
  const received = lines
    .map((line) => JSON.parse(line))
    .filter(({ dir }) => dir === 'received')
    .map(({ data }) => data);
  let asked = 0;
  const chunks: object[][] = [[]];
  for (const message of received) {
    if (message.type === 'session.created' || message.type === 'session.updated') continue;
    if (message.type === 'response.created') chunks.push([]);
    chunks.at(-1)?.push(message);
  }
  const server = await RawServer.start({
    greet: (raw) => raw.send(created),
    answer: (frame, raw) => {
      if (frame.type === 'session.update') raw.send(updated);
      if (frame.type === 'response.create') raw.send(...((chunks[++asked] ?? []) as Record<string, unknown>[]));
    },
  });
  const place = { apiKey: 'k', baseUrl: server.url, log: SILENT_LOG };
  const model = name.startsWith('azure/')
    ? azureModel({ ...place, deployment: 'talk', model: 'gpt-realtime', transcriber: null })
    : openAIModel({ ...place, model: 'gpt-realtime' });
  const session = await model.connect(OPTIONS, new AbortController().signal);
  const listener = new Listener(session);
  session.appendText(ANNA, 'What is the weather in London?');
  t.after(async () => {
    session.close();
    await server[Symbol.asyncDispose]();

    it('tells how much sound was transcribed: as reported, or by the length of the turn', async (t) => {
      const { server, session, listener, done } = await open(t);
      for (const id of [1, 2]) {
        session.beginTurn({ ...ANNA, id });
        session.appendAudio(new Int16Array(36_000));
        session.endTurn(false);
        server.send({ type: 'input_audio_buffer.committed', item_id: `item-${id}`, previous_item_id: null });
      }
      server.send({ ...said('item-1', 'One.'), usage: { type: 'duration', seconds: 2 } }, said('item-2', 'Two.'));
      await listener.next('transcription-usage', ({ turnId }) => turnId === 2);
      const model = 'gpt-realtime-whisper';
      assert.deepEqual(listener.all('transcription-usage'), [
        { type: 'transcription-usage', turnId: 1, model, seconds: 2, estimated: false },
        { type: 'transcription-usage', turnId: 2, model, seconds: 1.5, estimated: true },
      ]);
      await done();
    });
  });
  return { session, listener };
}

describe('recordings of real OpenAI sessions', () => {
  const greeting = 'openai/text-in-audio-out.jsonl';
  it('a spoken greeting', { skip: recording(greeting).skip }, async (t) => {
    const { listener } = await replay(t, greeting);
    const { usage, ...end } = await listener.next('reply-done');
    const { replyId } = end;
    assert.deepEqual(end, { type: 'reply-done', replyId, status: 'completed', awaitsTools: false });
    const tokens = { textIn: 16, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 9, audioOut: 15 };
    assert.deepEqual(usage, { inputTokens: 16, outputTokens: 24, tokens, estimated: false });
    assert.deepEqual(listener.all('reply-started'), [{ type: 'reply-started', replyId, turnIds: [1] }]);
    assert.match(
      listener
        .all('reply-transcript')
        .map(({ delta }) => delta)
        .join(''),
      /^\w.*[.!?]$/,
    );
    assert.ok(listener.all('audio').every(({ pcm }) => pcm.length > 0) && listener.all('audio').length > 0);
    assert.deepEqual(listener.all('refused'), []);
  });

  for (const name of ['openai/tool-call-round.jsonl', 'azure/tool-call-round.jsonl']) {
    it(`a tool round of ${name.split('/')[0]}`, { skip: recording(name).skip }, async (t) => {
      const { session, listener } = await replay(t, name);
      const { call } = await listener.next('tool-call');
      assert.deepEqual([call.name, JSON.parse(call.arguments), call.turnIds], ['get_weather', { city: 'London' }, [1]]);
      session.sendToolResult({ callId: call.callId, name: call.name, ok: true, output: 'foggy' });
      session.respond();
      const first = await listener.next('reply-done');
      assert.equal(first.awaitsTools, true);
      const second = await listener.next('reply-done', ({ replyId }) => replyId !== call.replyId);
      assert.equal(second.awaitsTools, false);
      assert.deepEqual(
        listener.all('reply-started').map(({ turnIds }) => turnIds),
        [[1], [1]],
      );
      assert.match(
        listener
          .all('reply-transcript')
          .map(({ delta }) => delta)
          .join(''),
        /12 degrees/,
      );
    });
  }

  it('sends nothing that the published schema does not know', { skip: withoutSchemas }, async (t) => {
    const { server, session, done } = await open(t, { turnDetection: 'semantic', voice: 'marin' });
    session.update({ ...OPTIONS, turnDetection: 'server' });
    await server.frame(({ type, event_id }) => type === 'session.update' && event_id !== 'parley-setup');
    await done();
  });
});
