import assert from 'node:assert/strict';
import { SimulatedGemini, type SimulatedGeminiOptions } from '../src/gemini/server.ts';
import { inOrder, toBase64 } from '../src/shared/script.ts';
import { type Message, RawClient, violations, withoutRuns } from './raw-client.ts';

// Servers, clients and messages for the tests of the simulated Live API.

export const PATH = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
export const VERTEX = '/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent';
export const SETUP = {
  model: 'models/gemini-3.8-live',
  generationConfig: { responseModalities: ['AUDIO'] },
  inputAudioTranscription: {},
  outputAudioTranscription: {},
  realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
  tools: [{ functionDeclarations: [{ name: 'get_weather' }, { name: 'wait_here', behavior: 'BLOCKING' }] }],
};
export const START = { realtimeInput: { activityStart: {} } };
export const END = { realtimeInput: { activityEnd: {} } };
export const audio = (pcm: Int16Array, rate = 16_000) => ({
  realtimeInput: { audio: { mimeType: `audio/pcm;rate=${rate}`, data: toBase64(pcm) } },
});
export const content = (text: string, turnComplete: boolean) => ({
  clientContent: { turns: [{ role: 'user', parts: [{ text }] }], turnComplete },
});

const servers: SimulatedGemini[] = [];
export async function serve(options: Partial<SimulatedGeminiOptions> = {}): Promise<SimulatedGemini> {
  const server = await SimulatedGemini.start({ script: inOrder([{ say: { text: 'Yes.' }, speed: 50 }]), ...options });
  servers.push(server);
  return server;
}
export function dial(server: SimulatedGemini, path = PATH, key = server.apiKey): Promise<RawClient> {
  return RawClient.connect(`${server.url.replace('http', 'ws')}${path}?key=${key}`);
}
export async function join(server: SimulatedGemini, setup: object = {}): Promise<RawClient> {
  const client = await dial(server);
  client.send({ setup: { ...SETUP, ...setup } });
  await client.next('setupComplete');
  return client;
}
export function speak(client: RawClient, pcm: Int16Array): void {
  for (const message of [START, audio(pcm), END]) client.send(message);
}
export const done = (message: Message) => message.serverContent?.turnComplete;
/** What a message carries, e.g. `interrupted` or `turnComplete+usageMetadata`. */
export const kind = (message: Message) =>
  [...Object.keys(message.serverContent ?? {}), ...Object.keys(message).filter((key) => key !== 'serverContent')].join(
    '+',
  );
export const kinds = (client: RawClient) => withoutRuns(client.received.map(kind));

/** For afterEach: checks every server frame against the published schemas, then closes the servers. */
export async function strike(): Promise<void> {
  for (const server of servers.splice(0)) {
    const found = await violations('gemini', server.frames);
    await server.close();
    assert.deepEqual(found, []);
  }
}
