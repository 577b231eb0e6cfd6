import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ScriptInput } from '../src/shared/script.ts';
import { audio, done, END, join, kinds, START, serve, speak, strike } from './gemini-stage.ts';
import { type Message, type RawClient, tone } from './raw-client.ts';

afterEach(strike);

describe('tools with the simulated Live API', () => {
  const rounds = (name: string) => ({
    playbackClock: false,
    script: ({ toolResults }: ScriptInput) =>
      toolResults.length > 0
        ? { say: { text: `It is ${toolResults[0]?.output}.` }, speed: 100 }
        : { calls: [{ name, arguments: { city: 'Oslo' } }] },
  });
  const answer = (call: Message, more: object = {}) => ({
    toolResponse: { functionResponses: [{ id: call.id, name: call.name, response: { output: 'foggy' }, ...more }] },
  });
  const callOf = async (client: RawClient) => (await client.next('toolCall')).toolCall.functionCalls[0];

  it('waits for a blocking call, then goes on in the same turn', async () => {
    const client = await join(await serve(rounds('wait_here')));
    speak(client, tone(100, 16_000));
    const call = await callOf(client);
    assert.deepEqual([call.name, call.args], ['wait_here', { city: 'Oslo' }]);
    client.send(answer(call));
    await client.next(done);
    const words = client.received.map((m) => m.serverContent?.outputTranscription?.text ?? '').join('');
    assert.equal(words, 'It is foggy.');
    assert.equal(client.received.filter(done).length, 1);
  });

  it('calls again after a result that says nothing, three times, unless the result says that this does not help', async () => {
    const client = await join(await serve(rounds('wait_here')));
    for (const [response, calls] of [
      [{ output: '{"results":[],"total_available":0}' }, 4],
      [{ output: '' }, 4],
      [{ output: '[]', status: 'no_results', retryable: false }, 1],
    ] as const) {
      const before = client.received.length;
      speak(client, tone(100, 16_000));
      for (let i = 0; i < calls; i++) {
        const call = await callOf(client);
        client.send({ toolResponse: { functionResponses: [{ id: call.id, name: call.name, response }] } });
      }
      await client.next(done);
      assert.equal(client.received.slice(before).filter((message) => message.toolCall).length, calls);
    }
  });

  it('ends the turn after a call that does not block, and speaks when the result comes', async () => {
    const client = await join(await serve(rounds('get_weather')));
    speak(client, tone(100, 16_000));
    const call = await callOf(client);
    await client.next(done);
    client.send(answer(call, { scheduling: 'WHEN_IDLE' }));
    await client.next(done);
    assert.ok(!kinds(client).includes('interrupted'));
  });

  it('interrupts itself for a result with INTERRUPT, and keeps silent for SILENT', async () => {
    let asked = 0;
    const server = await serve({
      script: ({ toolResults }) => {
        asked += 1;
        if (toolResults.length > 0) return { say: { text: 'Now.' }, speed: 100 };
        const calls = [
          { name: 'get_weather', arguments: {} },
          { name: 'get_weather', arguments: {} },
        ];
        return { say: { text: 'x', pcm: tone(3_000, 24_000) }, speed: 500, calls };
      },
    });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    const [first, second] = (await client.next('toolCall')).toolCall.functionCalls;
    client.send(answer(first, { scheduling: 'SILENT' }));
    client.send(answer(second, { scheduling: 'INTERRUPT' }));
    await client.next((m) => m.serverContent?.interrupted);
    await client.next((m) => m.serverContent?.modelTurn);
    assert.equal(asked, 2);
  });

  it('does not speak for a SILENT result, but knows it in the next turn', async () => {
    const results: number[] = [];
    const server = await serve({
      playbackClock: false,
      script: ({ toolResults, turn }) => {
        results.push(toolResults.length);
        return turn === 1 ? { calls: [{ name: 'get_weather', arguments: {} }] } : { say: { text: 'Yes.' }, speed: 100 };
      },
    });
    const client = await join(server);
    speak(client, tone(100, 16_000));
    const call = await callOf(client);
    await client.next(done);
    client.send(answer(call, { scheduling: 'SILENT' }));
    speak(client, tone(100, 16_000));
    await client.next(done);
    assert.deepEqual(results, [0, 1]);
  });

  it('cancels a blocking call when a person speaks, and ignores its late answer', async () => {
    const client = await join(await serve(rounds('wait_here')));
    speak(client, tone(100, 16_000));
    const call = await callOf(client);
    client.send(START);
    assert.deepEqual((await client.next('toolCallCancellation')).toolCallCancellation.ids, [call.id]);
    await client.next((m) => m.serverContent?.interrupted);
    client.send(answer(call));
    client.send(audio(tone(100, 16_000)));
    client.send(END);
    assert.notEqual((await callOf(client)).id, call.id);
  });

  it('closes with 1007 for an answer to nothing, without id, or with a misplaced scheduling', async () => {
    const wrong = [
      { id: 'none', name: 'wait_here', response: {} },
      { name: 'wait_here', response: {} },
      { id: 'real', name: 'other', response: {} },
      { id: 'real', name: 'wait_here', response: {}, when: 'now' },
    ];
    const server = await serve(rounds('wait_here'));
    for (const one of wrong) {
      const client = await join(server);
      speak(client, tone(100, 16_000));
      const call = await callOf(client);
      client.send({ toolResponse: { functionResponses: [{ ...one, ...(one.id === 'real' ? { id: call.id } : {}) }] } });
      assert.equal((await client.closed).code, 1007);
    }
  });
});
