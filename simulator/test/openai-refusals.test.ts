import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { WebSocket } from 'ws';
import { inOrder, toBase64 } from '../src/shared/script.ts';
import {
  append,
  bearer,
  COMMIT,
  create,
  join,
  MANUAL,
  MODEL,
  RESPOND,
  said,
  serve,
  socketUrl,
  strike,
} from './openai-stage.ts';
import { RawClient, tone } from './raw-client.ts';

afterEach(strike);

describe('strictness of the simulated OpenAI Realtime API', () => {
  const refusals: [string, unknown, string, string | null][] = [
    ['an unknown type', { type: 'session.destroy' }, 'invalid_value', 'type'],
    [
      'an MCP server without an address',
      { type: 'session.update', session: { type: 'realtime', tools: [{ type: 'mcp', server_label: 'docs' }] } },
      'missing_required_parameter',
      'session.tools[0].server_url',
    ],
    [
      'both modalities at once',
      { type: 'session.update', session: { type: 'realtime', output_modalities: ['text', 'audio'] } },
      'invalid_value',
      'session.output_modalities',
    ],
    [
      'leave for a call that nobody asked for',
      create({ type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true } as never),
      'invalid_value',
      'item.approval_request_id',
    ],
    ['no type', {}, 'missing_required_parameter', 'type'],
    ['an unknown field', { ...RESPOND, response: { voice: 'alloy' } }, 'unknown_parameter', 'response.voice'],
    ['a missing session type', { type: 'session.update', session: {} }, 'missing_required_parameter', 'session.type'],
    [
      'a beta field',
      { type: 'session.update', session: { type: 'realtime', modalities: ['text'] } },
      'unknown_parameter',
      'session.modalities',
    ],
    [
      'a wrong kind',
      { type: 'session.update', session: { type: 'realtime', instructions: 5 } },
      'invalid_type',
      'session.instructions',
    ],
    [
      'a voice that there is not',
      { type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'Kore' } } } },
      'invalid_value',
      'session.audio.output.voice',
    ],
    ...(
      [
        ['languages', { model: 'gpt-realtime-whisper', languages: ['de'] }],
        ['keywords', { model: 'whisper-1', keywords: ['Parley'] }],
        ['delay', { model: 'gpt-live-transcribe', delay: 'low' }],
        ['prompt', { model: 'gpt-realtime-whisper', prompt: 'Names.' }],
      ] as const
    ).map(([field, transcription]): [string, object, string, string] => [
      `${field} for ${transcription.model}`,
      { type: 'session.update', session: { type: 'realtime', audio: { input: { transcription } } } },
      'invalid_value',
      `session.audio.input.transcription.${field}`,
    ]),
    [
      'another model',
      { type: 'session.update', session: { type: 'realtime', model: 'gpt-x' } },
      'invalid_value',
      'session.model',
    ],
    [
      'output_text from a user',
      create({ type: 'message', role: 'user', content: [{ type: 'output_text', text: 'x' }] }),
      'invalid_value',
      'item.content[0].type',
    ],
    [
      'input_text from the assistant',
      create({ type: 'message', role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
      'invalid_value',
      'item.content[0].type',
    ],
    [
      'output of an unknown call',
      create({ type: 'function_call_output', call_id: 'call_x', output: '' }),
      'invalid_tool_call_id',
      'item.call_id',
    ],
    [
      'an unknown item before',
      { ...said('user', 'x'), previous_item_id: 'item_x' },
      'item_create_invalid_previous_item_id',
      'previous_item_id',
    ],
    ['bad base64', { type: 'input_audio_buffer.append', audio: '***' }, 'invalid_value', 'audio'],
    ['an empty commit', COMMIT, 'input_audio_buffer_commit_empty', null],
    [
      'an unknown item to delete',
      { type: 'conversation.item.delete', item_id: 'x' },
      'item_delete_invalid_item_id',
      'item_id',
    ],
  ];
  it('answers every wrong event with an error that names the event and the parameter', async () => {
    const client = await join(await serve());
    for (const [what, event, code, param] of refusals) {
      client.send({ ...(event as object), event_id: `my ${what}` });
      const { error } = await client.next('error');
      assert.deepEqual(
        [error.type, error.code, error.param, error.event_id],
        ['invalid_request_error', code, param, `my ${what}`],
      );
    }
    client.send('{"type":');
    assert.equal((await client.next('error')).error.code, 'invalid_json');
    client.send(append(tone(99, 24_000)));
    client.send(COMMIT);
    assert.match((await client.next('error')).error.message, /only has 99\.00ms/);
  });

  it('keeps the voice once it has spoken', async () => {
    const client = await join(await serve());
    const sage = { type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'sage' } } } };
    client.send(sage);
    assert.equal((await client.next('session.updated')).session.audio.output.voice, 'sage');
    client.send(said('user', 'Hi'));
    client.send(RESPOND);
    await client.next('response.done');
    client.send({ type: 'session.update', session: { type: 'realtime', audio: { output: { voice: 'ash' } } } });
    assert.equal((await client.next('error')).error.code, 'cannot_update_voice');
    client.send(sage);
    await client.next('session.updated');
  });
});

describe('admission and faults of the simulated OpenAI Realtime API', () => {
  it('refuses a missing or wrong key with 401, and a wrong path with 404', async () => {
    const server = await serve();
    await assert.rejects(RawClient.connect(socketUrl(server)), /HTTP 401/);
    await assert.rejects(RawClient.connect(socketUrl(server), bearer('sk-wrong')), /HTTP 401.*invalid_api_key/);
    await assert.rejects(
      RawClient.connect(socketUrl(server).replace('realtime', 'x'), bearer(server.apiKey)),
      /HTTP 404/,
    );
    server.faults.refuse = 503;
    await assert.rejects(RawClient.connect(socketUrl(server), bearer(server.apiKey)), /HTTP 503/);
  });

  it('can refuse a wrong key in the connection, as api.openai.com does', async () => {
    const server = await serve({ wrongKey: 'event' });
    const client = await RawClient.connect(socketUrl(server), bearer('sk-wrong'));
    assert.equal((await client.next('error')).error.code, 'invalid_api_key');
    assert.deepEqual(await client.closed, { code: 3000, reason: 'invalid_request_error.invalid_api_key' });
  });

  it('takes an Azure key and a path with a prefix', async () => {
    const server = await serve({ models: ['my-deployment'] });
    const url = socketUrl(server, 'my-deployment').replace('/v1/', '/openai/v1/');
    const client = await RawClient.connect(url, { 'api-key': server.apiKey });
    assert.equal((await client.next('session.created')).session.model, 'my-deployment');
  });

  it('closes on an unknown model, and when the session is too old', async () => {
    const server = await serve({ sessionMs: 30 });
    const unknown = await RawClient.connect(socketUrl(server, 'gpt-none'), bearer(server.apiKey));
    assert.equal((await unknown.next('error')).error.code, 'model_not_found');
    assert.deepEqual(await unknown.closed, { code: 4004, reason: 'invalid_request_error.model_not_found' });
    const old = await join(server, null);
    assert.equal((await old.next('error')).error.code, 'session_expired');
    assert.equal((await old.closed).code, 1001);
  });

  it('closes, cuts, halves or freezes as the switches say', async () => {
    const server = await serve();
    server.faults.closeNext = { code: 1011, reason: 'gone' };
    const closing = await join(server, null);
    closing.send(MANUAL);
    assert.deepEqual(await closing.closed, { code: 1011, reason: 'gone' });
    server.faults.dropSocket = true;
    const cut = await join(server, null);
    cut.send(MANUAL);
    assert.equal((await cut.closed).code, 1006);
    const frozen = await join(server, null);
    server.faults.halfOpen = true;
    frozen.send(MANUAL);
    const outcome = await Promise.race([frozen.closed, new Promise((resolve) => setTimeout(resolve, 100, 'nothing'))]);
    assert.deepEqual([outcome, frozen.received.length], ['nothing', 1]);
    server.faults.halfOpen = false;
  });
});

describe('failures of the simulated OpenAI Realtime API', () => {
  it('fails the response when the script throws, and the transcript when the transcriber does', async () => {
    const server = await serve({
      hear: () => Promise.reject(new Error('too noisy')),
      script: () => {
        throw new Error('no script for this');
      },
    });
    const client = await join(server);
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    const failed = await client.next('conversation.item.input_audio_transcription.failed');
    assert.equal(failed.error.message, 'too noisy');
    client.send(RESPOND);
    const { response } = await client.next('response.done');
    assert.deepEqual([response.status, response.status_details.error.message], ['failed', 'no script for this']);
  });

  it('cuts the next message in half when asked to', async () => {
    const server = await serve();
    const socket = new WebSocket(socketUrl(server), { headers: bearer(server.apiKey) });
    server.faults.malformedJson = 1;
    const [first] = await once(socket, 'message');
    assert.throws(() => JSON.parse(String(first)), SyntaxError);
    assert.equal(server.faults.malformedJson, 0);
    socket.close();
  });

  it('answers pings, but not while it is frozen', async () => {
    const server = await serve();
    const socket = new WebSocket(socketUrl(server), { headers: bearer(server.apiKey) });
    await once(socket, 'open');
    socket.ping();
    await once(socket, 'pong');
    server.faults.halfOpen = true;
    socket.ping();
    const outcome = await Promise.race([
      once(socket, 'pong'),
      new Promise((resolve) => setTimeout(resolve, 80, 'none')),
    ]);
    assert.equal(outcome, 'none');
    server.faults.halfOpen = false;
    socket.close();
  });
});

describe('the official SDK against the simulated OpenAI Realtime API', () => {
  it('connects, speaks, hears and sees the reply end', async () => {
    const server = await serve({
      script: inOrder([{ heard: 'hi', say: { text: 'Hello from the stand-in.' }, speed: 20 }]),
    });
    const openai = new OpenAI({ apiKey: server.apiKey, baseURL: server.url });
    const { hostname, port } = new URL(server.url);
    const plain = { createConnection: () => connectTcp(Number(port), hostname) };
    const rt = new OpenAIRealtimeWS({ model: MODEL, options: plain as never }, openai);
    const errors: unknown[] = [];
    rt.on('error', (error) => errors.push(error));
    await new Promise<void>((resolve) => rt.on('session.created', () => resolve()));
    rt.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection: null } } } });
    rt.send({ type: 'input_audio_buffer.append', audio: toBase64(tone(200, 24_000)) });
    rt.send({ type: 'input_audio_buffer.commit' });
    rt.send({ type: 'response.create' });
    let spoken = '';
    rt.on('response.output_audio_transcript.delta', ({ delta }) => {
      spoken += delta;
    });
    await new Promise<void>((resolve) => rt.on('response.done', () => resolve()));
    assert.equal(spoken, 'Hello from the stand-in.');
    assert.deepEqual(errors, []);
    rt.close();
  });
});
