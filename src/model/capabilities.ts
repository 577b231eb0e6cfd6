import type { Capabilities, Provider } from '../bridge/ports.ts';
import { GEMINI_MINIMUM, GEMINI_MODELS, VERTEX_MODELS } from './gemini-models.ts';
import { OPENAI_MINIMUM, OPENAI_MODELS } from './openai-models.ts';

/** How a model can be told to think: not at all; as it likes (any setting is refused); by a level; by a token budget. */
type Thinking = 'none' | 'fixed' | 'level' | 'budget';

/** What both adapters, and those who keep sessions alive, have to know about one model. */
interface ModelTraits {
  readonly capabilities: Capabilities;
  /** Whether it calls our own functions. */
  readonly functions: boolean;
  readonly thinking: Thinking;
  /** Tokens that it remembers at most. */
  readonly contextTokens: number;
  /** How long one connection lasts at most. */
  readonly connectionMs: number;
  /** How long an audio session lasts at most where nothing compresses it; null: no limit but that of the connection. */
  readonly audioSessionMs: number | null;
  /** Its entry in prices.ts; null: unknown. */
  readonly price: string | null;
}

/** What the OpenAI adapter has to know about one model. */
export interface OpenAITraits extends ModelTraits {
  /** The model that writes down what people say; null: none. */
  readonly transcriber: string | null;
  /** Takes tools of type `mcp`. */
  readonly hostedMcp: boolean;
}

/** What the Gemini adapter has to know about one model. */
export interface GeminiTraits extends ModelTraits {
  /** Accepts contextWindowCompression; without it an audio session ends after `audioSessionMs`. */
  readonly compression: boolean;
  /** Accepts sessionResumption: gives handles by which a session can be restored. */
  readonly resumption: boolean;
  /**
   * Accepts clientContent after the first turn. Gemini 3 takes it only as history at the start and closes with 1007
   * otherwise (livekit/agents#5251, strands-agents/harness-sdk#1999).
   */
  readonly laterContent: boolean;
  /** Tools run beside the conversation unless declared BLOCKING (ai.google.dev/gemini-api/docs/models/gemini-3.8-live). */
  readonly asyncByDefault: boolean;
  /** Whether it may stay silent when it is not addressed: never, where asked to (on the Gemini API v1alpha), or whatever it is asked. */
  readonly proactiveAudio: 'never' | 'optional' | 'always';
  /** Takes enableAffectiveDialog (v1alpha). */
  readonly affectiveDialog: boolean;
}

/** Ids of every model that is known, for the tables that have to agree with it. */
export const KNOWN_MODELS: readonly string[] = [...Object.keys(OPENAI_MODELS), ...Object.keys(GEMINI_MODELS)];

/** Traits of an OpenAI Realtime model; the safe minimum for one that is not known. */
export function openAITraits(model: string): OpenAITraits {
  return (Object.hasOwn(OPENAI_MODELS, model) ? OPENAI_MODELS[model] : undefined) ?? OPENAI_MINIMUM;
}

/** Traits of a Gemini Live model, with or without `…models/` before it; the safe minimum for one that is not known. */
export function geminiTraits(model: string): GeminiTraits {
  const name = model.replace(/^(.*\/)?models\//, '');
  return (Object.hasOwn(GEMINI_MODELS, name) ? GEMINI_MODELS[name] : undefined) ?? GEMINI_MINIMUM;
}

/** The models of a provider that are known to exist; none on Azure, where deployments have names of their own. */
export function knownModels(provider: Provider): readonly string[] {
  switch (provider) {
    case 'openai':
      return Object.keys(OPENAI_MODELS);
    case 'azure':
      return [];
    case 'gemini':
      return Object.keys(GEMINI_MODELS).filter((name) => !VERTEX_MODELS.includes(name));
    case 'vertex':
      return Object.keys(GEMINI_MODELS).filter((name) => VERTEX_MODELS.includes(name));
    default:
      return provider satisfies never;
  }
}
