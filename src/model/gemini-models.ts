import type { Capabilities } from '../bridge/ports.ts';
import type { GeminiTraits } from './capabilities.ts';

// What each Live model is known to accept. Sources: ai.google.dev/gemini-api/docs/live-api/capabilities,
// /live-api/session-management (15 min of audio, connections of about 10 min, context) and /live-tools (which tool on
// which model); docs.cloud.google.com/vertex-ai/generative-ai/docs/live-api and /live-api/tools for Vertex AI's names.

const MINUTE_MS = 60_000;
const VOICES = (
  'Achernar Achird Algenib Algieba Alnilam Aoede Autonoe Callirrhoe Charon Despina Enceladus Erinome Fenrir Gacrux ' +
  'Iapetus Kore Laomedeia Leda Orus Pulcherrima Puck Rasalgethi Sadachbia Sadaltager Schedar Sulafat Umbriel ' +
  'Vindemiatrix Zephyr Zubenelgenubi'
).split(' ');
/** A cascaded model speaks with a synthesizer that has fewer of them. */
const CASCADED_VOICES = ['Aoede', 'Charon', 'Fenrir', 'Kore', 'Leda', 'Orus', 'Puck', 'Zephyr'];

const LIVE: Capabilities = {
  voices: VOICES,
  turnDetection: ['manual', 'server'],
  updates: [],
  // Native audio models close with 1007 when TEXT is asked for (livekit/livekit#4103, googleapis/python-genai#1780).
  replyForms: ['voice'],
  serverTools: ['google_search'],
  mcpServers: [],
  asyncTools: 'sequenced',
  unasked: 'answers',
};
const SESSIONS = {
  functions: true,
  asyncByDefault: false,
  compression: true,
  resumption: true,
  contextTokens: 131_072,
  connectionMs: 10 * MINUTE_MS,
  audioSessionMs: 15 * MINUTE_MS,
} as const;

/** Of these, those that exist on Vertex AI alone: docs.cloud.google.com/vertex-ai/generative-ai/docs/live-api. */
export const VERTEX_MODELS: readonly string[] = [
  'gemini-live-2.5-flash-native-audio',
  'gemini-live-2.5-flash-preview-native-audio',
  'gemini-live-2.5-flash-preview-native-audio-09-2025',
  'gemini-live-2.5-flash',
  'gemini-live-2.5-flash-preview',
];

/** What every Live model takes. */
export const GEMINI_MINIMUM: GeminiTraits = {
  ...SESSIONS,
  capabilities: { ...LIVE, voices: [], turnDetection: ['manual'], serverTools: [] },
  thinking: 'none',
  compression: false,
  resumption: false,
  contextTokens: 32_768,
  laterContent: false,
  proactiveAudio: 'never',
  affectiveDialog: false,
  price: null,
};

const NATIVE_2_5: Omit<GeminiTraits, 'price'> = {
  ...SESSIONS,
  // Where a function is declared NON_BLOCKING (ai.google.dev/gemini-api/docs/live-tools).
  capabilities: { ...LIVE, asyncTools: 'native', unasked: 'may-choose' },
  thinking: 'budget',
  laterContent: true,
  proactiveAudio: 'optional',
  affectiveDialog: true,
};
/** Vertex AI refuses `scheduling`, which tells when a result is spoken about (livekit/agents#2194). */
const NATIVE_2_5_VERTEX: Omit<GeminiTraits, 'price'> = {
  ...NATIVE_2_5,
  capabilities: { ...LIVE, unasked: 'may-choose' },
};
/** It hears, then writes, and a synthesizer speaks: so it can also only write, and run the tools of a text model. */
const CASCADED_2_5: Omit<GeminiTraits, 'price'> = {
  ...SESSIONS,
  capabilities: {
    ...LIVE,
    voices: CASCADED_VOICES,
    replyForms: ['voice', 'text'],
    serverTools: ['google_search', 'code_execution', 'url_context'],
  },
  thinking: 'none',
  contextTokens: 32_768,
  laterContent: true,
  proactiveAudio: 'never',
  affectiveDialog: false,
};

/** By exact id, without `models/` before it. */
export const GEMINI_MODELS: Readonly<Record<string, GeminiTraits>> = {
  'gemini-3.8-live': {
    ...SESSIONS,
    // Functions are asynchronous unless declared BLOCKING; thinkingConfig is refused.
    // It stays silent where it is not spoken to (ai.google.dev/gemini-api/docs/live-api/capabilities, proactive audio).
    capabilities: { ...LIVE, asyncTools: 'native', unasked: 'chooses' },
    asyncByDefault: true,
    thinking: 'fixed',
    laterContent: false,
    proactiveAudio: 'always',
    affectiveDialog: false,
    price: 'gemini-3.8-live',
  },
  'gemini-3.1-flash-live-preview': {
    ...SESSIONS,
    capabilities: LIVE,
    thinking: 'level',
    laterContent: false,
    proactiveAudio: 'never',
    affectiveDialog: false,
    price: 'gemini-3.1-flash-live-preview',
  },
  'gemini-2.5-flash-native-audio-preview-12-2025': {
    ...NATIVE_2_5,
    price: 'gemini-2.5-flash-native-audio-preview-12-2025',
  },
  'gemini-2.5-flash-native-audio-preview-09-2025': {
    ...NATIVE_2_5,
    price: 'gemini-2.5-flash-native-audio-preview-09-2025',
  },
  'gemini-live-2.5-flash-native-audio': { ...NATIVE_2_5_VERTEX, price: 'gemini-live-2.5-flash-native-audio' },
  'gemini-live-2.5-flash-preview-native-audio': {
    ...NATIVE_2_5_VERTEX,
    price: 'gemini-live-2.5-flash-preview-native-audio',
  },
  'gemini-live-2.5-flash-preview-native-audio-09-2025': {
    ...NATIVE_2_5_VERTEX,
    price: 'gemini-live-2.5-flash-preview-native-audio-09-2025',
  },
  'gemini-live-2.5-flash': { ...CASCADED_2_5, price: 'gemini-live-2.5-flash' },
  'gemini-live-2.5-flash-preview': { ...CASCADED_2_5, price: 'gemini-live-2.5-flash-preview' },
};
