import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { fromBase64, inOrder, joined, type ScriptInput } from '../src/shared/script.ts';
import {
  audio,
  content,
  dial,
  done,
  END,
  join,
  kind,
  kinds,
  SETUP,
  START,
  serve,
  speak,
  strike,
} from './gemini-stage.ts';
import { type Message, tone } from './raw-client.ts';

afterEach(strike);

describe('a turn with the simulated Live API', () => {
  it('gives the sound of the activity to the script, and answers in the order of the recordings', async () => {
    const inputs: ScriptInput[] = [];
    const server = await serve({
      playbackClock: false,
      script: (input) => {
        inputs.push(input);
        return { heard: 'hello bot', say: { text: 'Hello.', pcm: tone(100, 24_000) }, speed: 50 };
      },
    });
    const client = await join(server);
    client.send(audio(tone(500, 16_000))); // outside an activity: nobody's
    client.send(content('Ada speaks', false));
    client.send(START);
    client.send(audio(tone(200, 16_000)));
    client.send(audio(tone(100, 16_000)));
    client.send(END);
    await client.next(done);
    assert.deepEqual(inputs[0]?.pcm.length, 4_800);
    assert.deepEqual([inputs[0]?.context, inputs[0]?.turn, inputs[0]?.sampleRate], ['Ada speaks', 1, 16_000]);
    assert.deepEqual(kinds(client), [
      'setupComplete',
      'inputTranscription',
      'outputTranscription',
      'modelTurn',
      'generationComplete',
      'turnComplete+usageMetadata',
    ]);
    const sound = client.received.flatMap((m) => m.serverContent?.modelTurn?.parts ?? []);
    assert.deepEqual(
      joined(sound.map((part: Message) => fromBase64(part.inlineData.data) as Int16Array)),
      tone(100, 24_000),
    );
    assert.ok(client.binary.every((isBinary) => isBinary));
    assert.deepEqual([server.turns[0]?.labels, server.turns[0]?.transcript], [['Ada speaks'], 'hello bot']);
  });

  it('reads snake_case as well, and text as a turn of its own', async () => {
    const texts: string[] = [];
    const server = await serve({
      playbackClock: false,
      script: ({ text }) => {
        texts.push(text);
        return { say: { text: 'Ok.' }, speed: 100 };
      },
    });
    const client = await dial(server);
    client.send({ setup: { model: SETUP.model, output_audio_transcription: {} } });
    await client.next('setupComplete');
    client.send({ client_content: { turns: [{ parts: [{ text: 'one' }] }], turn_complete: true } });
    await client.next(done);
    client.send({ realtimeInput: { text: 'two' } });
    await client.next(done);
    assert.deepEqual(texts, ['one', 'two']);
  });

  it('holds turnComplete until the sound would have been played', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'x', pcm: tone(400, 24_000) }, speed: 100 }]) });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    await client.next((m) => m.serverContent?.modelTurn);
    const startedAt = performance.now();
    await client.next((m) => m.serverContent?.generationComplete);
    const generatedMs = performance.now() - startedAt;
    await client.next(done);
    const completedMs = performance.now() - startedAt;
    assert.ok(completedMs > 350 && generatedMs < completedMs - 100, `${generatedMs} ms, ${completedMs} ms`);
  });

  it('finds turns by itself where activity detection is on', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'Long.', pcm: tone(3_000, 24_000) } }]) });
    const client = await join(server, {
      realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: 300 } },
    });
    for (const pcm of [new Int16Array(8_000), tone(300, 16_000), new Int16Array(8_000)]) client.send(audio(pcm));
    await client.next((m) => m.serverContent?.modelTurn);
    client.send(audio(tone(300, 16_000)));
    await client.next((m) => m.serverContent?.interrupted);
    client.send({ realtimeInput: { audioStreamEnd: true } });
    await client.next((m) => m.serverContent?.modelTurn);
    assert.deepEqual(
      server.turns.map(({ pcm }) => (pcm.length * 1000) / 16_000),
      [620, 320],
    );
  });

  it('bundles fields and sends an empty serverContent when asked to', async () => {
    const server = await serve({
      bundle: true,
      playbackClock: false,
      script: inOrder([{ say: { text: 'One.' }, speed: 100, calls: [{ name: 'get_weather', arguments: {} }] }]),
    });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    await client.next(done);
    assert.ok(kinds(client).includes('modelTurn+outputTranscription'));
    assert.ok(client.received.some((m) => m.serverContent && Object.keys(m).length === 1 && kind(m) === ''));
  });
});

describe('transcripts and labels of the simulated Live API', () => {
  it('transcribes every turn by itself, late where asked to, even after the reply', async () => {
    const server = await serve({ playbackClock: false, hear: ({ context }) => `words of ${context}` });
    server.faults.lateTranscriptMs = 150;
    const client = await join(server);
    client.send(START);
    client.send({ realtimeInput: { text: 'Ada' } });
    client.send(audio(tone(100, 16_000)));
    client.send(END);
    await client.next(done);
    const pieces: string[] = [];
    while (pieces.length < 3) {
      pieces.push(
        (await client.next((m) => m.serverContent?.inputTranscription)).serverContent.inputTranscription.text,
      );
    }
    assert.equal(pieces.join(''), 'words of Ada');
    assert.deepEqual([server.turns[0]?.labels, server.turns[0]?.text], [['Ada'], '']);
  });

  it('takes text alone in an activity for a turn in writing', async () => {
    const server = await serve({ playbackClock: false });
    const client = await join(server);
    for (const message of [START, { realtimeInput: { text: 'Hello' } }, END]) client.send(message);
    await client.next(done);
    assert.deepEqual([server.turns[0]?.text, server.turns[0]?.pcm.length], ['Hello', 0]);
  });

  it('stays silent when the script does, and leaves usage out when asked to', async () => {
    const server = await serve({ script: inOrder([{ silent: true }]) });
    server.faults.nullUsage = true;
    const client = await join(server);
    speak(client, tone(100, 16_000));
    assert.deepEqual(await client.next(done), { serverContent: { turnComplete: true } });
    assert.ok(!kinds(client).includes('modelTurn'));
  });
});

describe('interruption with the simulated Live API', () => {
  const long = inOrder([{ say: { text: 'A long story.', pcm: tone(3_000, 24_000) }, speed: 4 }]);

  it('breaks off while it generates: interrupted, turnComplete, no generationComplete', async () => {
    const server = await serve({ script: long });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    await client.next((m) => m.serverContent?.modelTurn);
    client.send(START);
    await client.next(done);
    assert.deepEqual(kinds(client).slice(-2), ['interrupted', 'turnComplete+usageMetadata']);
    assert.ok(!kinds(client).includes('generationComplete'));
  });

  it('breaks off while the sound would still be playing: generationComplete, interrupted, turnComplete', async () => {
    const server = await serve({ script: inOrder([{ say: { text: 'x', pcm: tone(3_000, 24_000) }, speed: 500 }]) });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    await client.next((m) => m.serverContent?.generationComplete);
    client.send(START);
    await client.next(done);
    assert.deepEqual(kinds(client).slice(-3), ['generationComplete', 'interrupted', 'turnComplete+usageMetadata']);
  });

  it('goes on with NO_INTERRUPTION, and answers the next turn afterwards', async () => {
    const server = await serve({ playbackClock: false, script: inOrder([{ say: { text: 'x' }, speed: 5 }]) });
    const client = await join(server, {
      realtimeInputConfig: { automaticActivityDetection: { disabled: true }, activityHandling: 'NO_INTERRUPTION' },
    });
    speak(client, tone(100, 16_000));
    await client.next((m) => m.serverContent?.modelTurn);
    speak(client, tone(100, 16_000));
    await client.next(done);
    await client.next(done);
    assert.ok(!kinds(client).includes('interrupted'));
  });

  it('answers two turns with one reply when the first reply was broken off before its first sound', async () => {
    const seen: number[][] = [];
    const server = await serve({
      playbackClock: false,
      script: ({ unanswered }) => {
        seen.push(unanswered.map(({ turn }) => turn));
        return { say: { text: 'Both.' }, speed: 100, delayMs: 150 };
      },
    });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    speak(client, tone(100, 16_000));
    await client.next((m) => m.serverContent?.modelTurn);
    assert.deepEqual(seen, [[1], [1, 2]]);
  });
});

describe('content beside a reply of the simulated Live API', () => {
  it('interrupts when it completes a turn; without that, only with 2.5', async () => {
    const script = inOrder([{ say: { text: 'x', pcm: tone(500, 24_000) }, speed: 5 }]);
    const outcomes: boolean[] = [];
    for (const [model, turnComplete] of [
      ['gemini-3.8-live', true],
      ['gemini-3.8-live', false],
      ['gemini-2.5-flash-native-audio-preview-12-2025', false],
    ] as const) {
      const client = await join(await serve({ script, playbackClock: false }), { model: `models/${model}` });
      speak(client, tone(100, 16_000));
      await client.next((m) => m.serverContent?.modelTurn);
      client.send(content('By the way', turnComplete));
      await client.next(done);
      outcomes.push(kinds(client).includes('interrupted'));
    }
    assert.deepEqual(outcomes, [true, false, true]);
  });
});
