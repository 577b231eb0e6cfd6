import type { Capabilities, Provider, SessionOptions } from '../bridge/ports.ts';

// What each exact model is known to accept. Sources: developers.openai.com/api/docs/models and /guides/realtime,
// ai.google.dev/gemini-api/docs/live-api/capabilities, and traffic recorded in 2026. A model that is not listed
// gets the safe minimum: a field that it is not known to accept is never sent.

/** What the OpenAI adapter has to know about one model. */
export interface OpenAITraits {
  readonly capabilities: Capabilities;
  /** The model that writes down what people say; null: none. */
  readonly transcriber: string | null;
}

/** What the Gemini adapter has to know about one model. */
export interface GeminiTraits {
  readonly capabilities: Capabilities;
  /** Accepts contextWindowCompression; without it an audio session ends after 15 minutes. */
  readonly compression: boolean;
  /** Accepts sessionResumption: gives handles by which a session can be restored. */
  readonly resumption: boolean;
  /**
   * Accepts clientContent after the first turn. Gemini 3 takes it only as history at the start and closes with 1007
   * otherwise (livekit/agents#5251, strands-agents/harness-sdk#1999).
   */
  readonly laterContent: boolean;
  /** Tools run beside the conversation unless declared BLOCKING (ai.google.dev/gemini-api/docs/models/gemini-3.8-live). */
  readonly asyncByDefault?: boolean;
}

// The voice is fixed once a session has spoken, so it never changes while it runs.
const OPENAI_UPDATES: readonly (keyof SessionOptions)[] = [
  'instructions',
  'language',
  'tools',
  'turnDetection',
  'silenceMs',
];
const OPENAI_VOICES = ['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'marin', 'sage', 'shimmer', 'verse'];
const REALTIME: OpenAITraits = {
  capabilities: {
    voices: OPENAI_VOICES,
    turnDetection: ['manual', 'server', 'semantic'],
    updates: OPENAI_UPDATES,
  },
  transcriber: 'gpt-realtime-whisper',
};
const OPENAI_MINIMUM: OpenAITraits = {
  capabilities: { voices: [], turnDetection: ['manual'], updates: ['instructions', 'tools'] },
  transcriber: 'whisper-1',
};
const OPENAI: Readonly<Record<string, OpenAITraits>> = {
  'gpt-realtime-2.1': REALTIME,
  'gpt-realtime-2.1-mini': REALTIME,
  'gpt-realtime-2': REALTIME,
  'gpt-realtime-1.5': REALTIME,
  'gpt-realtime': REALTIME,
  'gpt-realtime-mini': REALTIME,
};

const GEMINI_VOICES = (
  'Achernar Achird Algenib Algieba Alnilam Aoede Autonoe Callirrhoe Charon Despina Enceladus Erinome Fenrir Gacrux ' +
  'Iapetus Kore Laomedeia Leda Orus Pulcherrima Puck Rasalgethi Sadachbia Sadaltager Schedar Sulafat Umbriel ' +
  'Vindemiatrix Zephyr Zubenelgenubi'
).split(' ');
// Asynchronous tools: 3.8 by itself, 2.5 native audio where declared NON_BLOCKING, 3.1 not at all
// (ai.google.dev/gemini-api/docs/live-api/tools). Vertex AI knows neither behavior nor scheduling (livekit/agents#2194).
const LIVE: Capabilities = { voices: GEMINI_VOICES, turnDetection: ['manual', 'server'], updates: [] };
const GEMINI_MINIMUM: GeminiTraits = {
  capabilities: { voices: [], turnDetection: ['manual'], updates: [] },
  compression: false,
  resumption: false,
  laterContent: false,
};
const GEMINI_3: GeminiTraits = { capabilities: LIVE, compression: true, resumption: true, laterContent: false };
const GEMINI_2_5: GeminiTraits = { capabilities: LIVE, compression: true, resumption: true, laterContent: true };
const ASYNC_LIVE: Capabilities = { ...LIVE, asyncTools: 'native' };
const GEMINI_3_8: GeminiTraits = { ...GEMINI_3, capabilities: ASYNC_LIVE, asyncByDefault: true };
const GEMINI_2_5_PREVIEW: GeminiTraits = { ...GEMINI_2_5, capabilities: ASYNC_LIVE };
const GEMINI: Readonly<Record<string, GeminiTraits>> = {
  'gemini-3.8-live': GEMINI_3_8,
  'gemini-3.1-flash-live-preview': GEMINI_3,
  'gemini-2.5-flash-native-audio-preview-12-2025': GEMINI_2_5_PREVIEW,
  'gemini-2.5-flash-native-audio-preview-09-2025': GEMINI_2_5_PREVIEW,
  // The name of the same model on Vertex AI.
  'gemini-live-2.5-flash-native-audio': GEMINI_2_5,
};
/** Those of GEMINI that exist on Vertex AI alone: docs.cloud.google.com/vertex-ai/generative-ai/docs/live-api. */
const VERTEX_MODELS: readonly string[] = ['gemini-live-2.5-flash-native-audio'];

/** Traits of an OpenAI Realtime model; the safe minimum for one that is not known. */
export function openAITraits(model: string): OpenAITraits {
  return (Object.hasOwn(OPENAI, model) ? OPENAI[model] : undefined) ?? OPENAI_MINIMUM;
}

/** Traits of a Gemini Live model, with or without `…models/` before it; the safe minimum for one that is not known. */
export function geminiTraits(model: string): GeminiTraits {
  const name = model.replace(/^(.*\/)?models\//, '');
  return (Object.hasOwn(GEMINI, name) ? GEMINI[name] : undefined) ?? GEMINI_MINIMUM;
}

/** The models of a provider that are known to exist; none on Azure, where deployments have names of their own. */
export function knownModels(provider: Provider): readonly string[] {
  switch (provider) {
    case 'openai':
      return Object.keys(OPENAI);
    case 'azure':
      return [];
    case 'gemini':
      return Object.keys(GEMINI).filter((name) => !VERTEX_MODELS.includes(name));
    case 'vertex':
      return VERTEX_MODELS;
    default:
      return provider satisfies never;
  }
}
