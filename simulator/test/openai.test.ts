import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { fromBase64, inOrder, joined } from '../src/shared/script.ts';
import { append, COMMIT, create, join, RESPOND, said, serve, strike, types } from './openai-stage.ts';
import { type Message, tone } from './raw-client.ts';

afterEach(strike);

describe('a turn with the simulated OpenAI Realtime API', () => {
  it('gives the sound to the script and speaks the reply in the order of the recordings', async () => {
    const heard: Int16Array[] = [];
    const server = await serve({
      script: ({ pcm, context }) => {
        heard.push(pcm);
        return { heard: 'hello bot', say: { text: `Hello, ${context}.`, pcm: tone(500, 24_000) }, speed: 50 };
      },
    });
    const client = await join(server);
    const speech = tone(300, 24_000);
    client.send(said('system', 'Ada'));
    client.send(append(speech.subarray(0, 3_000)));
    client.send(append(speech.subarray(3_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    const done = await client.next('response.done');
    assert.deepEqual(heard, [speech]);
    assert.equal(done.response.output[0].content[0].transcript, 'Hello, Ada.');
    assert.deepEqual(
      types(client).filter((type, i, all) => all.indexOf(type) === i),
      [
        'session.created',
        'session.updated',
        'conversation.item.added',
        'conversation.item.done',
        'input_audio_buffer.committed',
        'response.created',
        'conversation.item.input_audio_transcription.delta',
        'conversation.item.input_audio_transcription.completed',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_audio_transcript.delta',
        'response.output_audio.delta',
        'response.output_audio.done',
        'response.output_audio_transcript.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.done',
        'rate_limits.updated',
      ],
    );
    const sound = client.received.filter((message) => message.type === 'response.output_audio.delta');
    assert.deepEqual(joined(sound.map(({ delta }) => fromBase64(delta) as Int16Array)), tone(500, 24_000));
    const [turn] = server.turns;
    assert.deepEqual([turn?.labels, turn?.transcript, turn?.pcm.length], [['Ada'], 'hello bot', 7_200]);
    assert.ok(client.binary.every((isBinary) => !isBinary));
  });

  it('sends sound faster than real time, but not all at once', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'x', pcm: tone(1_000, 24_000) }, speed: 5 }]) });
    const client = await join(server);
    client.send(said('user', 'Hi'));
    client.send(RESPOND);
    await client.next('response.output_audio.delta');
    const startedAt = performance.now();
    await client.next('response.output_audio.done');
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 150 && tookMs < 900, `${tookMs} ms for one second of sound`);
  });

  it('runs a round with a tool: the call, its output, the reply that uses it', async () => {
    const inputs: unknown[] = [];
    const server = await serve({
      script: ({ toolResults, declaredTools, turn, pcm }) => {
        inputs.push({ turn, samples: pcm.length, toolResults, declaredTools });
        if (toolResults.length > 0) return { say: { text: `It is ${toolResults[0]?.output}.` }, speed: 100 };
        return { calls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] };
      },
    });
    const client = await join(server);
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    const { item } = await client.next(
      (m: Message) => m.type === 'response.output_item.done' && m.item.type === 'function_call',
    );
    assert.deepEqual([item.name, item.arguments], ['get_weather', '{"city":"Oslo"}']);
    await client.next('response.done');
    client.send(create({ type: 'function_call_output', call_id: item.call_id, output: 'foggy' }));
    client.send(RESPOND);
    const { response } = await client.next('response.done');
    assert.equal(response.output[0].content[0].transcript, 'It is foggy.');
    assert.deepEqual(inputs, [
      { turn: 1, samples: 4_800, toolResults: [], declaredTools: ['get_weather'] },
      {
        turn: 1,
        samples: 0,
        toolResults: [{ callId: item.call_id, name: 'get_weather', output: 'foggy' }],
        declaredTools: ['get_weather'],
      },
    ]);
  });

  it('keeps two turns apart that one reply answers, each with its label and its transcript', async () => {
    const seen: unknown[] = [];
    const server = await serve({
      hear: ({ context }) => `words of ${context}`,
      script: ({ unanswered }) => {
        seen.push(...unanswered.map(({ turn, context, pcm }) => [turn, context, pcm.length]));
        return { say: { text: 'Both.' }, speed: 100 };
      },
    });
    const client = await join(server);
    for (const [name, ms] of [
      ['Ada', 200],
      ['Bob', 300],
    ] as const) {
      client.send(said('system', name));
      client.send(append(tone(ms, 24_000)));
      client.send(COMMIT);
    }
    client.send(RESPOND);
    await client.next('response.done');
    assert.deepEqual(seen, [
      [1, 'Ada', 4_800],
      [2, 'Bob', 7_200],
    ]);
    assert.deepEqual(
      server.turns.map((turn) => turn.transcript),
      ['words of Ada', 'words of Bob'],
    );
  });

  it('sends a transcript as late as the fault switch says, even after the response', async () => {
    const server = await serve({ script: inOrder([{ heard: 'late words', say: { text: 'A.' }, speed: 100 }]) });
    server.faults.lateTranscriptMs = 300;
    const client = await join(server);
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    await client.next('response.done');
    const { transcript } = await client.next('conversation.item.input_audio_transcription.completed');
    assert.equal(transcript, 'late words');
  });
});

describe('interruption with the simulated OpenAI Realtime API', () => {
  const long = () => inOrder([{ say: { text: 'A long story, far too long.', pcm: tone(4_000, 24_000) }, speed: 4 }]);

  it('cancels a response, then lets it be truncated to what was heard', async () => {
    const server = await serve({ script: long() });
    server.faults.nullUsage = true;
    const client = await join(server);
    client.send(said('user', 'Tell'));
    client.send(RESPOND);
    const { item_id } = await client.next('response.output_audio.delta');
    client.send({ type: 'response.cancel' });
    client.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 60 });
    assert.equal((await client.next('conversation.item.truncated')).audio_end_ms, 60);
    const { response } = await client.next('response.done');
    assert.deepEqual(
      [response.status, response.status_details.reason, response.usage],
      ['cancelled', 'client_cancelled', null],
    );
    client.send({ type: 'conversation.item.retrieve', item_id });
    const { item } = await client.next('conversation.item.retrieved');
    assert.deepEqual([item.status, item.content], ['incomplete', [{ type: 'output_audio', transcript: null }]]);
  });

  it('sends late deltas after the cancel when asked to', async () => {
    const server = await serve({ script: long(), cancelMs: 0 });
    server.faults.lateDeltas = 3;
    const client = await join(server);
    client.send(said('user', 'Tell'));
    client.send(RESPOND);
    await client.next('response.output_audio.delta');
    client.send({ type: 'response.cancel' });
    await client.next('response.done');
    const deltas = client.received.filter((message) => message.type === 'response.output_audio.delta').length;
    assert.ok(deltas >= 4, `${deltas} deltas`);
  });

  it('refuses to truncate past the end, and what has no sound', async () => {
    const server = await serve();
    const client = await join(server);
    client.send(said('user', 'Hi'));
    client.send(RESPOND);
    const user = (await client.next('conversation.item.added')).item.id;
    const { response } = await client.next('response.done');
    const item_id = response.output[0].id;
    const truncate = {
      type: 'conversation.item.truncate',
      item_id,
      content_index: 0,
      audio_end_ms: 301,
      event_id: 'e1',
    };
    client.send(truncate);
    const { error } = await client.next('error');
    assert.deepEqual(
      [error.code, error.param, error.event_id, error.message],
      ['invalid_value', 'audio_end_ms', 'e1', 'Audio content of 300ms is already shorter than 301ms'],
    );
    client.send({ ...truncate, item_id: user });
    assert.equal((await client.next('error')).error.message, 'Only model output audio messages can be truncated.');
    client.send({ ...truncate, item_id: 'item_none' });
    assert.equal((await client.next('error')).error.code, 'item_truncate_invalid_item_id');
  });

  it('makes a turn unanswered again when the reply to it is deleted', async () => {
    const counts: number[] = [];
    const server = await serve({
      script: ({ unanswered }) => {
        counts.push(unanswered.length);
        return { say: { text: 'Hm.' }, speed: 100 };
      },
    });
    const client = await join(server);
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    const { response } = await client.next('response.done');
    client.send({ type: 'conversation.item.delete', item_id: response.output[0].id });
    await client.next('conversation.item.deleted');
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    await client.next('response.done');
    assert.deepEqual(counts, [1, 2]);
  });

  it('allows one active response, an out-of-band one beside it, and no cancel without one', async () => {
    const server = await serve({ script: long() });
    const client = await join(server);
    client.send({ type: 'response.cancel' });
    assert.equal((await client.next('error')).error.code, 'response_cancel_not_active');
    client.send(said('user', 'Tell'));
    client.send(RESPOND);
    await client.next('response.output_audio.delta');
    client.send({ ...RESPOND, event_id: 'second' });
    const { error } = await client.next('error');
    assert.deepEqual([error.code, error.event_id], ['conversation_already_has_active_response', 'second']);
    client.send({ type: 'response.create', response: { conversation: 'none', metadata: { topic: 'x' }, input: [] } });
    const { response } = await client.next('response.created');
    assert.deepEqual([response.metadata, response.conversation_id], [{ topic: 'x' }, null]);
  });
});
