import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { SimulatedOpenAI } from '../src/openai/server.ts';
import type { Script } from '../src/shared/script.ts';
import { type Message, tone, violations } from './raw-client.ts';

// @openai/agents-realtime is a client that we did not write: it shows that the stand-in speaks the protocol and
// not only our idea of it.

const MODEL = 'gpt-realtime-2.1';

async function talk(
  script: Script,
  work: (session: RealtimeSession, server: SimulatedOpenAI, heard: { bytes: number }) => Promise<void>,
): Promise<void> {
  const server = await SimulatedOpenAI.start({ script });
  const url = `${server.url.replace('http', 'ws')}/realtime?model=${MODEL}`;
  const getWeather = tool({
    name: 'get_weather',
    description: 'Weather of a city.',
    strict: false,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: true,
    },
    execute: async (input) => `foggy in ${(input as { city: string }).city}`,
  });
  const agent = new RealtimeAgent({ name: 'Tester', instructions: 'Be brief.', tools: [getWeather] });
  const session = new RealtimeSession(agent, { transport: new OpenAIRealtimeWebSocket({ url }), model: MODEL });
  const errors: unknown[] = [];
  const heard = { bytes: 0 };
  session.on('error', (error) => errors.push(error));
  session.on('audio', ({ data }) => {
    heard.bytes += data.byteLength;
  });
  try {
    await session.connect({ apiKey: server.apiKey, url });
    await work(session, server, heard);
    assert.deepEqual(errors, []);
    assert.deepEqual(await violations('openai', server.frames), []);
  } finally {
    session.close();
    await server.close();
  }
}

function once(session: RealtimeSession, type: string): Promise<Message> {
  return new Promise((resolve) => {
    const listener = (event: { type: string }) => {
      if (event.type !== type) return;
      session.transport.off('*', listener);
      resolve(event);
    };
    session.transport.on('*', listener);
  });
}

describe('@openai/agents-realtime against the simulated OpenAI Realtime API', () => {
  it('sends a message, hears the reply and reads it', async () => {
    const script: Script = ({ text, instructions }) => ({
      say: { text: `You said ${text}. ${instructions}` },
      speed: 50,
    });
    await talk(script, async (session, server, heard) => {
      const done = once(session, 'response.done');
      session.sendMessage('hello');
      await done;
      const replies = session.history.filter((item) => item.type === 'message' && item.role === 'assistant');
      const [content] = replies.flatMap((item) => (item.type === 'message' ? item.content : []));
      assert.equal(content && 'transcript' in content && content.transcript, 'You said hello. Be brief.');
      assert.ok(heard.bytes > 24_000);
      assert.equal(server.turns[0]?.text, 'hello');
    });
  });

  it('runs its tool and lets the model use the result', async () => {
    const results: string[] = [];
    const script: Script = ({ toolResults, declaredTools }) => {
      results.push(...toolResults.map(({ output }) => output));
      if (toolResults.length > 0) return { say: { text: 'Foggy.' }, speed: 50 };
      return { calls: declaredTools.map((name) => ({ name, arguments: { city: 'Oslo' } })) };
    };
    await talk(script, async (session) => {
      const spoken = once(session, 'response.output_audio_transcript.done');
      session.sendMessage('weather?');
      await spoken;
      assert.deepEqual(results, ['foggy in Oslo']);
    });
  });

  it('interrupts a reply by hand and truncates it without an error', async () => {
    const script: Script = () => ({ say: { text: 'A long story.', pcm: tone(6_000, 24_000) } });
    await talk(script, async (session) => {
      const audible = once(session, 'response.output_audio.delta');
      session.sendMessage('tell');
      await audible;
      const truncated = once(session, 'conversation.item.truncated');
      const done = once(session, 'response.done');
      await new Promise((resolve) => setTimeout(resolve, 60)); // it counts what was played by the wall clock
      session.interrupt();
      assert.ok((await truncated).audio_end_ms > 0);
      assert.equal((await done).response.status, 'cancelled');
    });
  });

  it('is interrupted by speech that the server detects', async () => {
    const script: Script = () => ({ heard: 'words', say: { text: 'A long story.', pcm: tone(6_000, 24_000) } });
    await talk(script, async (session, server) => {
      const audible = once(session, 'response.output_audio.delta');
      const say = (pcm: Int16Array) => session.sendAudio(pcm.buffer as ArrayBuffer);
      say(tone(300, 24_000));
      say(new Int16Array(24_000));
      await audible;
      const interrupted = new Promise<void>((resolve) => session.on('audio_interrupted', () => resolve()));
      say(tone(300, 24_000));
      await interrupted;
      assert.equal(server.turns.length, 1);
    });
  });
});
