import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { SimulatedOpenAI } from '../src/openai/server.ts';
import { append, bearer, COMMIT, MANUAL, RESPOND, said, serve, socketUrl, strike } from './openai-stage.ts';
import { type Message, RawClient } from './raw-client.ts';

const input = (change: object = {}) => ({
  type: 'session.update',
  session: {
    type: 'transcription',
    audio: { input: { transcription: { model: 'gpt-live-transcribe' }, turn_detection: null, ...change } },
  },
});
const url = (server: SimulatedOpenAI, query = 'intent=transcription') =>
  `${server.url.replace('http', 'ws')}/realtime?${query}`;
const hum = (ms: number) => new Int16Array(ms * 24).fill(900);

async function join(server: SimulatedOpenAI, update: object | null = input()): Promise<RawClient> {
  const client = await RawClient.connect(url(server), bearer(server.apiKey));
  await client.next('session.created');
  if (!update) return client;
  client.send(update);
  await client.next('session.updated');
  return client;
}

describe('SimulatedOpenAI, sessions that only transcribe', () => {
  afterEach(strike);

  it('writes down each committed turn, and answers none', async () => {
    const server = await serve({ hear: ({ pcm }) => `heard ${pcm.length / 24}` });
    const client = await join(server);
    const { session } = client.received[0] as Message;
    assert.equal(session.type, 'transcription');
    assert.equal(session.object, 'realtime.transcription_session');
    assert.ok(session.expires_at > Date.now() / 1000 + 3_500);
    client.send(append(hum(200)));
    client.send(COMMIT);
    const done = await client.next('conversation.item.input_audio_transcription.completed');
    assert.equal(done.transcript, 'heard 200');
    assert.deepEqual(done.usage, { type: 'duration', seconds: 1 });
    const types = new Set(client.received.map(({ type }) => type));
    assert.deepEqual(
      [...types],
      [
        'session.created',
        'session.updated',
        'input_audio_buffer.committed',
        'conversation.item.added',
        'conversation.item.done',
        'conversation.item.input_audio_transcription.delta',
        'conversation.item.input_audio_transcription.completed',
      ],
    );
  });

  it('takes no model in its address', async () => {
    const server = await serve();
    const client = await RawClient.connect(
      url(server, 'intent=transcription&model=gpt-realtime'),
      bearer(server.apiKey),
    );
    const { error } = await client.next('error');
    assert.equal(error.message, 'You must not provide a model parameter for transcription sessions.');
    assert.deepEqual(await client.closed, { code: 4000, reason: 'invalid_request_error.invalid_model' });
  });

  it('is not made of a session that answers, nor one that answers of it', async () => {
    const server = await serve();
    const answering = await RawClient.connect(socketUrl(server), bearer(server.apiKey));
    answering.send(input());
    const { error } = await answering.next('error');
    assert.equal(error.message, 'Passing a transcription session update event to a realtime session is not allowed.');
    const listening = await join(server);
    listening.send(MANUAL);
    assert.equal((await listening.next('error')).error.code, 'invalid_parameter');
  });

  for (const [what, event] of [
    ['a request for an answer', RESPOND],
    ['an item', said('user', 'Hello.')],
    ['a truncation', { type: 'conversation.item.truncate', item_id: 'i', content_index: 0, audio_end_ms: 0 }],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const client = await join(await serve());
      client.send(event);
      assert.equal((await client.next('error')).error.type, 'invalid_request_error');
    });
  }

  for (const [field, value] of [
    ['tools', []],
    ['instructions', 'Be kind.'],
    ['output_modalities', ['audio']],
    ['model', 'gpt-live-transcribe'],
  ] as const) {
    it(`refuses ${field} in its settings`, async () => {
      const client = await join(await serve());
      const update = input();
      client.send({ ...update, session: { ...update.session, [field]: value } });
      assert.equal((await client.next('error')).error.param, `session.${field}`);
    });
  }

  it('refuses a voice, a model that it does not know, and a detector where the model has none', async () => {
    const client = await join(await serve(), null);
    client.send({ type: 'session.update', session: { type: 'transcription', audio: { output: { voice: 'marin' } } } });
    assert.equal((await client.next('error')).error.param, 'session.audio.output');
    client.send(input({ transcription: { model: 'gpt-scribble' } }));
    assert.equal((await client.next('error')).error.code, 'model_not_found');
    client.send(input({ turn_detection: { type: 'server_vad' } }));
    assert.equal(
      (await client.next('error')).error.message,
      'Turn detection is not supported for this transcription model.',
    );
    client.send(input({ transcription: { model: 'whisper-1' }, turn_detection: { type: 'server_vad' } }));
    await client.next('session.updated');
  });

  it('refuses a commit of less than 100 ms', async () => {
    const client = await join(await serve());
    client.send(append(hum(99)));
    client.send(COMMIT);
    assert.equal((await client.next('error')).error.code, 'input_audio_buffer_commit_empty');
  });

  it('loses, without a word, sound that waits while it is updated, and sound that comes too fast', async () => {
    const server = await serve({ hear: ({ pcm }) => `${pcm.filter((sample) => sample !== 0).length / 24}` });
    const client = await join(server);
    client.send(append(hum(300)));
    client.send(input());
    client.send(append(hum(200)));
    client.send(COMMIT);
    assert.equal((await client.next('conversation.item.input_audio_transcription.completed')).transcript, '200');
    for (let i = 0; i < 10; i += 1) client.send(append(hum(1_000)));
    client.send(COMMIT);
    const { transcript } = await client.next('conversation.item.input_audio_transcription.completed');
    assert.ok(Number(transcript) < 6_000, `${transcript} ms of 10,000`);
    assert.ok((server.transcriptions[0]?.droppedSeconds ?? 0) > 4);
  });
});
