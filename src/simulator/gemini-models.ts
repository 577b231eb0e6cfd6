/** What a Live model takes in its setup and how its tools behave. */
export interface GeminiModel {
  /** Which field of thinkingConfig it takes; null: none, thinkingConfig is refused. */
  readonly thinking: 'thinkingBudget' | 'thinkingLevel' | null;
  /** Which modalities it answers in; a session has one of them. */
  readonly modalities: readonly ('AUDIO' | 'TEXT')[];
  readonly codeExecution: boolean;
  readonly urlContext: boolean;
  /** Whether tools may run beside the conversation: by default, where declared, or not at all. */
  readonly asynchronousTools: 'default' | 'declared' | 'never';
  /** Whether clientContent interrupts even without turnComplete (2.5: any does; 3.x: only with it). */
  readonly contentInterrupts: boolean;
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
  proactivity: true,
};

/** Hears, writes, and has a synthesizer speak: it takes no thinkingConfig, and can write alone. */
const cascaded25: GeminiModel = {
  ...native25,
  thinking: null,
  modalities: ['AUDIO', 'TEXT'],
  codeExecution: true,
  urlContext: true,
  asynchronousTools: 'never',
  proactivity: false,
};

/** Models that exist, after Google's model pages of autumn 2026 (ai.google.dev/gemini-api/docs/models). */
export const GEMINI_MODELS: Readonly<Record<string, GeminiModel>> = {
  'gemini-3.8-live': {
    thinking: null,
    modalities: ['AUDIO'],
    codeExecution: false,
    urlContext: false,
    asynchronousTools: 'default',
    contentInterrupts: false,
    proactivity: false,
  },
  'gemini-3.1-flash-live-preview': {
    thinking: 'thinkingLevel',
    modalities: ['AUDIO'],
    codeExecution: false,
    urlContext: false,
    asynchronousTools: 'never',
    contentInterrupts: false,
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
