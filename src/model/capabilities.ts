import type { Provider } from '../ports/capabilities.ts';
import { GEMINI_MINIMUM, GEMINI_MODELS, onVertex } from './gemini/models.ts';
import { COMPATIBLE_MINIMUM, OPENAI_MINIMUM, OPENAI_MODELS } from './openai/models.ts';
import { TRANSCRIBERS } from './openai/transcription/models.ts';
import type { GeminiTraits, OpenAITraits } from './traits.ts';

/** Ids of every model that is known, for the tables that have to agree with it. */
export const KNOWN_MODELS: readonly string[] = [...Object.keys(OPENAI_MODELS), ...Object.keys(GEMINI_MODELS)];

/** Traits of an OpenAI Realtime model; the safe minimum for one that is not known. `own`: OpenAI itself is asked for it. */
export function openAITraits(model: string, own = true): OpenAITraits {
  const known = Object.hasOwn(OPENAI_MODELS, model) ? OPENAI_MODELS[model] : undefined;
  return known ?? (own ? OPENAI_MINIMUM : COMPATIBLE_MINIMUM);
}

/** The day on which a model, or one that writes down, is shut down (YYYY-MM-DD); undefined: none was announced. */
export function endOf(model: string): string | undefined {
  const of = (table: Readonly<Record<string, { readonly ends?: string }>>) =>
    Object.hasOwn(table, model) ? table[model]?.ends : undefined;
  return of(OPENAI_MODELS) ?? of(TRANSCRIBERS);
}

/**
 * Traits of a Gemini Live model on a platform, with or without `…models/` before its name; the safe minimum for one that is
 * not known.
 */
export function geminiTraits(model: string, platform: 'gemini' | 'vertex' = 'gemini'): GeminiTraits {
  const name = model.replace(/^(.*\/)?models\//, '');
  const known = Object.hasOwn(GEMINI_MODELS, name) ? GEMINI_MODELS[name]?.traits : undefined;
  const traits = known ?? GEMINI_MINIMUM;
  return platform === 'vertex' ? onVertex(traits) : traits;
}

/** The models of a provider that are known to exist; none on Azure, where deployments have names of their own. */
export function knownModels(provider: Provider): readonly string[] {
  switch (provider) {
    case 'openai':
      return Object.keys(OPENAI_MODELS);
    case 'azure':
      return [];
    case 'gemini':
    case 'vertex':
      return Object.keys(GEMINI_MODELS).filter((name) => GEMINI_MODELS[name]?.platforms.includes(provider));
    default:
      return provider satisfies never;
  }
}
