import type { SpeechModel } from '../bridge/ports.ts';
import { geminiTraits } from './capabilities.ts';
import { GeminiSession } from './gemini-session.ts';
import type { GeminiEndpoint } from './gemini-socket.ts';
import { untilReady } from './opening.ts';
import { type ModelLog, TIMING, type Timing } from './wire.ts';

/** `timing`: only tests need another patience. */
export type GeminiModelOptions = GeminiEndpoint & { readonly log: ModelLog; readonly timing?: Timing };

/** A model of the Gemini Live API. TypeError for an empty key or model. */
export function geminiModel(endpoint: GeminiModelOptions): SpeechModel {
  const { apiKey, model, log, timing = TIMING } = endpoint;
  if (apiKey === '' || model === '') throw new TypeError('geminiModel needs an apiKey and a model');
  const traits = geminiTraits(model);
  return {
    provider: 'gemini',
    name: model,
    label: `Google Gemini (${model})`,
    inputRate: 16_000,
    capabilities: traits.capabilities,
    connect: (options, signal, history = []) =>
      untilReady({
        provider: 'Gemini',
        limitMs: timing.connectMs,
        signal,
        open: (hooks) =>
          new GeminiSession({ endpoint, target: { model, apiKey }, traits, options, history, log, timing, hooks }),
      }),
  };
}
