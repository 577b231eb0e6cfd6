import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ModelEvent } from '../src/shared/model-server.ts';
import { inOrder, joined } from '../src/shared/script.ts';
import { append, COMMIT, join, RESPOND, serve, strike } from './openai-stage.ts';
import { tone, withoutRuns } from './raw-client.ts';

afterEach(strike);

describe('turn detection of the simulated OpenAI Realtime API', () => {
  it('finds a turn in the stream, commits it with its padding, answers, and is interrupted by the next', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'Long.', pcm: tone(5_000, 24_000) } }]) });
    const client = await join(server, null);
    const silence = new Int16Array(24_000 / 2);
    for (const pcm of [silence, tone(400, 24_000), silence]) client.send(append(pcm));
    const started = await client.next('input_audio_buffer.speech_started');
    const stopped = await client.next('input_audio_buffer.speech_stopped');
    const committed = await client.next('input_audio_buffer.committed');
    assert.deepEqual([started.audio_start_ms, stopped.audio_end_ms], [200, 1_100]);
    assert.deepEqual([started.item_id, stopped.item_id], [committed.item_id, committed.item_id]);
    await client.next('response.output_audio.delta');
    client.send(append(tone(400, 24_000)));
    await client.next('input_audio_buffer.speech_started');
    const { response } = await client.next('response.done');
    assert.equal(response.status_details.reason, 'turn_detected');
    assert.equal(server.turns.length, 1);
    assert.equal(server.turns[0]?.pcm.length, (24_000 * (300 + 400 + 200)) / 1000);
  });

  it('only reports turns where it may neither answer nor interrupt', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'Long.', pcm: tone(1_000, 24_000) }, speed: 10 }]) });
    const client = await join(server, {
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: {
          input: {
            turn_detection: {
              type: 'semantic_vad',
              eagerness: 'high',
              create_response: false,
              interrupt_response: false,
            },
          },
        },
      },
    });
    const turn = [tone(300, 24_000), new Int16Array(12_000)];
    for (const pcm of turn) client.send(append(pcm));
    await client.next('input_audio_buffer.committed');
    client.send(RESPOND);
    await client.next('response.output_audio.delta');
    for (const pcm of turn) client.send(append(pcm));
    await client.next('input_audio_buffer.committed');
    assert.equal((await client.next('response.done')).response.status, 'completed');
    assert.equal(server.turns.length, 2);
    assert.equal(client.received.filter(({ type }) => type === 'response.created').length, 1);
  });

  it('lets the client commit a turn that the detector has opened, under the id that was announced', async () => {
    const client = await join(await serve(), null);
    client.send(append(tone(300, 24_000)));
    const { item_id } = await client.next('input_audio_buffer.speech_started');
    client.send(COMMIT);
    assert.equal((await client.next('input_audio_buffer.committed')).item_id, item_id);
  });

  it('keeps what follows a turn in the same piece of sound for the next turn', async () => {
    const server = await serve();
    const client = await join(server, null);
    const quiet = new Int16Array(24_000 * 0.4);
    const both = joined([quiet, tone(200, 24_000), quiet, tone(300, 24_000), quiet]);
    client.send(append(both));
    await client.next('input_audio_buffer.committed');
    await client.next('input_audio_buffer.committed');
    // 300 ms before the speech (200 ms are left before the second), the speech, 200 ms of silence.
    assert.deepEqual(
      server.turns.map(({ pcm }) => pcm.length / 24),
      [700, 700],
    );
  });
});

describe('what the simulated OpenAI Realtime API tells a bench', () => {
  it('reports sound, turns, replies and truncations with the time at which they came', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'x', pcm: tone(300, 24_000) }, speed: 100 }]) });
    const events: ModelEvent[] = [];
    const forget = server.onEvent((event) => events.push(event));
    const startedAt = performance.now();
    const client = await join(server);
    client.send(append(tone(200, 24_000)));
    client.send(COMMIT);
    client.send(RESPOND);
    const { item_id } = await client.next('response.output_audio.done');
    await client.next('response.done');
    client.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 120 });
    await client.next('conversation.item.truncated');
    forget();
    client.send(append(tone(200, 24_000)));
    client.send({ type: 'input_audio_buffer.clear' });
    await client.next('input_audio_buffer.cleared');
    assert.deepEqual(withoutRuns(events.map(({ type }) => type)), [
      'connected',
      'audio',
      'turn-ended',
      'reply-started',
      'spoke',
      'reply-done',
      'truncated',
    ]);
    const heard = events.filter((event) => event.type === 'audio');
    assert.deepEqual(
      heard.map(({ samples, session }) => [samples, session]),
      [[4_800, 1]],
    );
    assert.ok(events.every(({ at }) => at >= startedAt && at <= performance.now()));
    const truncated = events.find((event) => event.type === 'truncated');
    assert.deepEqual([truncated?.itemId, truncated?.audioEndMs], [item_id, 120]);
  });
});
