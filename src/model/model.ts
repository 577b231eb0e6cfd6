import type { SpeechModel } from '../bridge/ports.ts';
import { type GeminiModelOptions, geminiModel, type VertexModelOptions, vertexModel } from './gemini.ts';
import { type AzureModelOptions, azureModel, type OpenAIModelOptions, openAIModel } from './openai.ts';
import type { ModelLog } from './wire.ts';

/** Which provider, and what it needs. */
export type SpeechModelConfig =
  | ({ readonly provider: 'openai' } & Omit<OpenAIModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'azure' } & Omit<AzureModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'gemini' } & Omit<GeminiModelOptions, 'log' | 'timing'>)
  | ({ readonly provider: 'vertex' } & Omit<VertexModelOptions, 'log' | 'timing'>);

/** The configured model. TypeError for an empty key or model. */
export function speechModel(config: SpeechModelConfig, log: ModelLog): SpeechModel {
  switch (config.provider) {
    case 'openai':
      return openAIModel({ ...config, log });
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
