import type { SpeechModel } from '../bridge/ports.ts';
import { geminiModel } from './gemini.ts';
import { openAIModel } from './openai.ts';
import type { ModelLog } from './wire.ts';

/** Which provider, and what it needs. `baseUrl` missing: the provider's own address. */
export interface SpeechModelConfig {
  readonly provider: 'openai' | 'gemini';
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly model: string;
}

/** The configured model. TypeError for an empty key or model. */
export function speechModel(config: SpeechModelConfig, log: ModelLog): SpeechModel {
  const { provider, apiKey, baseUrl, model } = config;
  switch (provider) {
    case 'openai':
      return openAIModel({ apiKey, baseUrl, model, log });
    case 'gemini':
      return geminiModel({ apiKey, baseUrl, model, log });
    default:
      return provider satisfies never;
  }
}
