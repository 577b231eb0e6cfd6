import type { TestContext } from 'node:test';
import {
  type Script,
  type ScriptedReply,
  SimulatedGemini,
  type SimulatedGeminiOptions,
  SimulatedOpenAI,
  type SimulatedOpenAIOptions,
} from '@parley/simulator/models';
import { TIMING, type Timing } from '../../src/model/connection/model-socket.ts';
import { type ReconnectingOptions, reconnecting } from '../../src/model/durable/durable-model.ts';
import { RETRY_POLICY, type RetryPolicy } from '../../src/model/durable/retry-policy.ts';
import { geminiModel } from '../../src/model/gemini/model.ts';
import { openAIModel } from '../../src/model/openai/model.ts';
import type { DurableSession, SpeechModel } from '../../src/ports/model.ts';
import type { Pcm } from '../../src/ports/voice.ts';
import { OPTIONS, SILENT_LOG } from './contract.ts';

export type Protocol = 'openai' | 'gemini';
export const OTHER = { openai: 'gemini', gemini: 'openai' } as const;

/** Both providers on 127.0.0.1, and a conversation with one of them. */
export interface TwoProviders {
  readonly openai: SimulatedOpenAI;
  readonly gemini: SimulatedGemini;
  readonly models: Readonly<Record<Protocol, SpeechModel>>;
  readonly session: DurableSession;
  readonly rate: number;
}

export function says(text: string, ms = 100): ScriptedReply {
  return { say: { text, pcm: new Int16Array((ms * 24_000) / 1000).fill(1000) } };
}

/** What it hears tells how long the turn was, at 16 kHz whatever its rate. */
export const hear = ({ pcm, sampleRate }: { readonly pcm: Pcm; readonly sampleRate: number }): string =>
  `words ${Math.round((pcm.length * 16) / (sampleRate / 1000))}`;

export async function twoProviders(
  t: TestContext,
  first: Protocol,
  script: Script,
  options: {
    readonly openai?: Partial<SimulatedOpenAIOptions>;
    readonly gemini?: Partial<SimulatedGeminiOptions>;
    readonly patience?: Partial<RetryPolicy>;
    readonly timing?: Partial<Timing>;
    readonly fallback?: (models: Readonly<Record<Protocol, SpeechModel>>) => ReconnectingOptions['fallback'];
  } = {},
): Promise<TwoProviders> {
  const openai = await SimulatedOpenAI.start({ script, hear, ...options.openai });
  const gemini = await SimulatedGemini.start({ script, hear, playbackClock: false, ...options.gemini });
  t.after(() => Promise.all([openai.close(), gemini.close()]));
  const shared = { log: SILENT_LOG, timing: { ...TIMING, ...options.timing } };
  const models = {
    openai: openAIModel({ ...shared, apiKey: openai.apiKey, baseUrl: openai.url, model: 'gpt-realtime-2.1' }),
    gemini: geminiModel({ ...shared, apiKey: gemini.apiKey, baseUrl: gemini.url, model: 'gemini-3.8-live' }),
  };
  const patience = { ...RETRY_POLICY, firstMs: 20, longestMs: 80, noticeMs: 60_000, ...options.patience };
  const fallback = options.fallback?.(models);
  const lasting = reconnecting(models[first], { log: SILENT_LOG, patience, ...(fallback ? { fallback } : {}) });
  const session = await lasting.connect(OPTIONS, new AbortController().signal);
  t.after(() => session.close());
  return { openai, gemini, models, session, rate: models[first].inputRate };
}

/** The instructions and the items of the newest session, as the model sees them. */
export function toldIn(server: SimulatedOpenAI | SimulatedGemini): string {
  const newest = server.frames.at(-1)?.session;
  const sent = server.frames.filter(({ direction, session }) => direction === 'client' && session === newest);
  return JSON.stringify(sent.map(({ message }) => message).filter((one) => !('realtimeInput' in one)));
}
