import type { SpeechModel } from '../ports/model.ts';
import type { ModelLog } from './connection/model-socket.ts';
import { type GeminiModelOptions, geminiModel, type VertexModelOptions, vertexModel } from './gemini/model.ts';
import { type AzureModelOptions, azureModel, type OpenAIModelOptions, openAIModel } from './openai/model.ts';
import { DEFAULT_TRANSCRIBER } from './openai/transcription/models.ts';
import { openAITranscriber } from './openai/transcription/transcriber.ts';

/** Which provider, and what it needs. */
export type SpeechModelConfig =
  | ({
      readonly provider: 'openai';
      /** What only writes down; absent: the recommended model. */
      readonly transcriber?: string | undefined;
    } & Omit<OpenAIModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'azure' } & Omit<AzureModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'gemini' } & Omit<GeminiModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'vertex' } & Omit<VertexModelOptions, 'log' | 'timing'>);

/** The configured model. TypeError for an empty key or model. */
export function speechModel(config: SpeechModelConfig, log: ModelLog): SpeechModel {
  switch (config.provider) {
    case 'openai': {
      const { transcriber: _, ...options } = config;
      return openAIModel({ ...options, log });
    }
    case 'azure':
      return azureModel({ ...config, log });
    case 'gemini':
      return geminiModel({ ...config, log });
    case 'vertex':
      return vertexModel({ ...config, log });
    default:
      return config satisfies never;
  }
}

/** What only writes down with this provider's endpoint; undefined where it has no such sessions, or no model for them. */
export function transcriberOf(config: SpeechModelConfig, log: ModelLog): SpeechModel | undefined {
  switch (config.provider) {
    case 'openai':
    case 'azure': {
      const { provider, apiKey, baseUrl, headers } = config;
      const keyAs = config.provider === 'azure' ? config.keyAs : undefined;
      const transcriber = config.transcriber ?? (provider === 'openai' ? DEFAULT_TRANSCRIBER : null);
      return transcriber === null
        ? undefined
        : openAITranscriber({ provider, apiKey, baseUrl, headers, keyAs, transcriber, log });
    }
    case 'gemini':
    case 'vertex':
      return undefined;
    default:
      return config satisfies never;
  }
}
