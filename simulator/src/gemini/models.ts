/** What a Live model takes in its setup and how its tools behave. */
export interface GeminiModel {
  /** Which field of thinkingConfig it takes; null: none, thinkingConfig is refused. */
  readonly thinking: 'thinkingBudget' | 'thinkingLevel' | null;
  /** Which modalities it answers in; a session has one of them. */
  readonly modalities: readonly ('AUDIO' | 'TEXT')[];
  readonly codeExecution: boolean;
  readonly urlContext: boolean;
  /** Whether tools run beside the conversation: by default, where declared, always (BLOCKING is refused), or not at all. */
  readonly asynchronousTools: 'default' | 'declared' | 'always' | 'never';
  /** Whether clientContent interrupts even without turnComplete (2.5: any does; 3.x: only with it). */
  readonly contentInterrupts: boolean;
  /** Whether clientContent is taken after the setup (3.1: only as history at the start). */
  readonly laterContent: boolean;
  /** Whether it calls again after a result that says nothing, unless the result says that this does not help. */
  readonly sweeps: boolean;
  /** Whether it answers a turn in several replies and says so with `interactionStatus`. */
  readonly severalReplies: boolean;
  /** Whether it sees arguments in parametersJsonSchema; others take the field and call with nothing (googleapis/python-genai#1147). */
  readonly readsJsonSchema: boolean;
  /** Whether it takes proactivity in its setup. */
  readonly proactivity: boolean;
}

const native25: GeminiModel = {
  thinking: 'thinkingBudget',
  modalities: ['AUDIO'],
  codeExecution: false,
  urlContext: false,
  asynchronousTools: 'declared',
  contentInterrupts: true,
  laterContent: true,
  sweeps: false,
  readsJsonSchema: false,
  severalReplies: false,
  proactivity: true,
};

/** Hears, writes, and has a synthesizer speak: it takes no thinkingConfig, and can write alone. */
const cascaded25: GeminiModel = {
  ...native25,
  thinking: null,
  modalities: ['AUDIO', 'TEXT'],
  codeExecution: true,
  urlContext: true,
  proactivity: false,
};
/** ai.google.dev/gemini-api/docs/models/gemini-3.8-live and its migration page. */
const live38: GeminiModel = {
  thinking: null,
  modalities: ['AUDIO'],
  codeExecution: false,
  urlContext: false,
  asynchronousTools: 'default',
  contentInterrupts: false,
  laterContent: true,
  sweeps: true,
  readsJsonSchema: true,
  severalReplies: false,
  proactivity: false,
};

/** Models that exist, after Google's model pages of autumn 2026 (ai.google.dev/gemini-api/docs/models). */
export const GEMINI_MODELS: Readonly<Record<string, GeminiModel>> = {
  'gemini-3.8-live': live38,
  // ai.google.dev/gemini-api/docs/live-api/thinking
  'gemini-3.8-live-extended-thinking': {
    ...live38,
    thinking: 'thinkingLevel',
    asynchronousTools: 'always',
    severalReplies: true,
  },
  'gemini-3.1-flash-live-preview': {
    thinking: 'thinkingLevel',
    modalities: ['AUDIO'],
    codeExecution: false,
    urlContext: false,
    asynchronousTools: 'never',
    contentInterrupts: false,
    laterContent: false,
    sweeps: false,
    readsJsonSchema: true,
    severalReplies: false,
    proactivity: false,
  },
  'gemini-2.5-flash-native-audio-preview-09-2025': native25,
  'gemini-2.5-flash-native-audio-preview-12-2025': native25,
  'gemini-live-2.5-flash-native-audio': native25,
  'gemini-live-2.5-flash-preview-native-audio': native25,
  'gemini-live-2.5-flash-preview-native-audio-09-2025': native25,
  'gemini-live-2.5-flash': cascaded25,
  'gemini-live-2.5-flash-preview': cascaded25,
};

/** The model's own name in `models/M` or `projects/P/locations/L/publishers/google/models/M`. */
export function modelName(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}
