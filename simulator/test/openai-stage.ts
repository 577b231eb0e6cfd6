import assert from 'node:assert/strict';
import { SimulatedOpenAI, type SimulatedOpenAIOptions } from '../src/openai/server.ts';
import { inOrder, toBase64 } from '../src/shared/script.ts';
import { RawClient, violations, withoutRuns } from './raw-client.ts';

// Servers, clients and messages for the tests of the simulated Realtime API.

export const MODEL = 'gpt-realtime-2.1';
export const MANUAL = {
  type: 'session.update',
  session: {
    type: 'realtime',
    audio: { input: { turn_detection: null, transcription: { model: 'gpt-realtime-whisper' } } },
    tools: [{ type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } }],
  },
};
export const create = (item: object) => ({ type: 'conversation.item.create', item });
export const said = (role: string, text: string) =>
  create({ type: 'message', role, content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }] });
export const append = (pcm: Int16Array) => ({ type: 'input_audio_buffer.append', audio: toBase64(pcm) });
export const COMMIT = { type: 'input_audio_buffer.commit' };
export const RESPOND = { type: 'response.create' };

const servers: SimulatedOpenAI[] = [];
export async function serve(options: Partial<SimulatedOpenAIOptions> = {}): Promise<SimulatedOpenAI> {
  const server = await SimulatedOpenAI.start({ script: inOrder([{ say: { text: 'Yes.' }, speed: 50 }]), ...options });
  servers.push(server);
  return server;
}
export const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
export const socketUrl = (server: SimulatedOpenAI, model = MODEL) =>
  `${server.url.replace('http', 'ws')}/realtime?model=${model}`;
export async function join(server: SimulatedOpenAI, update: object | null = MANUAL): Promise<RawClient> {
  const client = await RawClient.connect(socketUrl(server), bearer(server.apiKey));
  await client.next('session.created');
  if (update) {
    client.send(update);
    await client.next('session.updated');
  }
  return client;
}
export const types = (client: RawClient) => withoutRuns(client.received.map((message) => message.type));

/** For afterEach: checks every server frame against the published schemas, then closes the servers. */
export async function strike(): Promise<void> {
  for (const server of servers.splice(0)) {
    const found = await violations('openai', server.frames);
    await server.close();
    assert.deepEqual(found, []);
  }
}
