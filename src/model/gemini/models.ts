import type { Capabilities } from '../../ports/capabilities.ts';
import type { GeminiTraits } from '../traits.ts';

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
  unprompted: 'answers',
};
const SESSIONS = {
  functions: true,
  asyncFunctions: 'none',
  readsJsonSchema: false,
  sweepsEmptyResults: false,
  severalReplies: false,
  compression: true,
  resumption: true,
  contextTokens: 131_072,
  connectionMs: 10 * MINUTE_MS,
  audioSessionMs: 15 * MINUTE_MS,
} as const;

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
  capabilities: { ...LIVE, asyncTools: 'native', unprompted: 'may-choose' },
  asyncFunctions: 'opt-in',
  thinking: 'budget',
  laterContent: true,
  proactiveAudio: 'optional',
  affectiveDialog: true,
};
/** It hears, then writes, and a synthesizer speaks: so it can also only write, and run the tools of a text model. */
const CASCADED_2_5: Omit<GeminiTraits, 'price'> = {
  ...SESSIONS,
  capabilities: {
    ...LIVE,
    asyncTools: 'native',
    voices: CASCADED_VOICES,
    replyForms: ['voice', 'text'],
    serverTools: ['google_search', 'code_execution', 'url_context'],
  },
  asyncFunctions: 'opt-in',
  thinking: 'none',
  contextTokens: 32_768,
  laterContent: true,
  proactiveAudio: 'never',
  affectiveDialog: false,
};
/**
 * Functions run beside the conversation unless declared BLOCKING, clientContent is taken at any time, thinkingConfig is
 * refused, and it stays silent where it is not spoken to (ai.google.dev/gemini-api/docs/models/gemini-3.8-live). Results
 * that say nothing are asked for again (docs.cloud.google.com/gemini-enterprise-agent-platform/models/live-api/migrate-from-gemini-2-5-to-gemini-3-8-live).
 */
const LIVE_3_8: Omit<GeminiTraits, 'price'> = {
  ...SESSIONS,
  capabilities: { ...LIVE, asyncTools: 'native', unprompted: 'chooses' },
  asyncFunctions: 'default',
  readsJsonSchema: true,
  sweepsEmptyResults: true,
  thinking: 'fixed',
  laterContent: true,
  proactiveAudio: 'always',
  affectiveDialog: false,
};

/** One model, and where it is offered. */
interface GeminiModel {
  readonly platforms: readonly ('gemini' | 'vertex')[];
  /** On the Gemini API; what Vertex AI does not take there, onVertex() leaves out. */
  readonly traits: GeminiTraits;
}

/** By exact id, without `models/` before it. */
export const GEMINI_MODELS: Readonly<Record<string, GeminiModel>> = {
  'gemini-3.8-live': {
    platforms: ['gemini', 'vertex'],
    traits: { ...LIVE_3_8, price: 'gemini-3.8-live' },
  },
  // It reasons in the background, speaks meanwhile, and answers one turn in several replies
  // (ai.google.dev/gemini-api/docs/live-api/thinking); functions: "Async only" (/models/gemini-3.8-live-extended-thinking).
  'gemini-3.8-live-extended-thinking': {
    platforms: ['gemini'],
    traits: {
      ...LIVE_3_8,
      asyncFunctions: 'only',
      severalReplies: true,
      thinking: 'level',
      price: 'gemini-3.8-live-extended-thinking',
    },
  },
  'gemini-3.1-flash-live-preview': {
    platforms: ['gemini'],
    traits: {
      ...SESSIONS,
      capabilities: LIVE,
      readsJsonSchema: true,
      thinking: 'level',
      laterContent: false,
      proactiveAudio: 'never',
      affectiveDialog: false,
      price: 'gemini-3.1-flash-live-preview',
    },
  },
  'gemini-2.5-flash-native-audio-preview-12-2025': {
    platforms: ['gemini'],
    traits: { ...NATIVE_2_5, price: 'gemini-2.5-flash-native-audio-preview-12-2025' },
  },
  'gemini-2.5-flash-native-audio-preview-09-2025': {
    platforms: ['gemini'],
    traits: { ...NATIVE_2_5, price: 'gemini-2.5-flash-native-audio-preview-09-2025' },
  },
  'gemini-live-2.5-flash-native-audio': {
    platforms: ['vertex'],
    traits: { ...NATIVE_2_5, price: 'gemini-live-2.5-flash-native-audio' },
  },
  'gemini-live-2.5-flash-preview-native-audio': {
    platforms: ['vertex'],
    traits: { ...NATIVE_2_5, price: 'gemini-live-2.5-flash-preview-native-audio' },
  },
  'gemini-live-2.5-flash-preview-native-audio-09-2025': {
    platforms: ['vertex'],
    traits: { ...NATIVE_2_5, price: 'gemini-live-2.5-flash-preview-native-audio-09-2025' },
  },
  'gemini-live-2.5-flash': {
    platforms: ['gemini', 'vertex'],
    traits: { ...CASCADED_2_5, price: 'gemini-live-2.5-flash' },
  },
  'gemini-live-2.5-flash-preview': {
    platforms: ['gemini', 'vertex'],
    traits: { ...CASCADED_2_5, price: 'gemini-live-2.5-flash-preview' },
  },
};

/**
 * What Vertex AI (Gemini Enterprise Agent Platform) takes of it. There a session has tools of one kind: "Multiple tools are
 * supported only when they are all search tools" (BerriAI/litellm#26682; lifted for Gemini 3's text models, which is said
 * of no Live model). Responses name no id and no scheduling (livekit/agents#2194), so later results are brought in words;
 * `behavior` is known for 3.8 alone (googleapis/python-genai#1739, and the migration page above).
 */
export function onVertex(traits: GeminiTraits): GeminiTraits {
  const { capabilities, asyncFunctions } = traits;
  return {
    ...traits,
    capabilities: {
      ...capabilities,
      asyncTools: asyncFunctions === 'only' ? 'native' : 'sequenced',
      ...(capabilities.serverTools.length > 0 && { oneKindOfTool: true as const }),
    },
    asyncFunctions: asyncFunctions === 'opt-in' ? 'none' : asyncFunctions,
  };
}
