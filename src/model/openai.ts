import type { SpeechModel } from '../bridge/ports.ts';
import { openAITraits } from './capabilities.ts';
import { OpenAISession } from './openai-session.ts';
import { type OpenAIEndpoint, openOpenAISocket } from './openai-socket.ts';
import { untilReady } from './opening.ts';
import { type ModelLog, TIMING, type Timing } from './wire.ts';

/** `timing`: only tests need another patience. */
export type OpenAIModelOptions = OpenAIEndpoint & { readonly log: ModelLog; readonly timing?: Timing };

/** A model of the OpenAI Realtime API. TypeError for an empty key or model. */
export function openAIModel(options: OpenAIModelOptions): SpeechModel {
  const { apiKey, model, log, timing = TIMING } = options;
  if (apiKey === '' || model === '') throw new TypeError('openAIModel needs an apiKey and a model');
  const traits = openAITraits(model);
  return {
    provider: 'openai',
    name: model,
    label: `OpenAI (${model})`,
    inputRate: 24_000,
    capabilities: traits.capabilities,
    connect: (session, signal, history = []) =>
      untilReady({
        provider: 'OpenAI',
        limitMs: timing.connectMs,
        signal,
        open: (hooks) => {
          const rt = openOpenAISocket(options);
          const target = { model, apiKey };
          return new OpenAISession({ rt, target, traits, options: session, history, log, timing, hooks });
        },
      }),
  };
}
