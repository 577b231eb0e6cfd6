import type { SessionOptions } from '../../ports/capabilities.ts';
import type { OpenAITraits } from '../traits.ts';

// What each Realtime model is known to accept. Sources: developers.openai.com/api/docs/models (context, snapshots,
// shutdown dates), /guides/realtime and /guides/realtime-mcp, the SDK's RealtimeSessionCreateRequest, and traffic
// recorded in 2026.

const MINUTE_MS = 60_000;
// The voice is fixed once a session has spoken, so it never changes while it runs.
const UPDATES: readonly (keyof SessionOptions)[] = [
  'instructions',
  'language',
  'tools',
  'turnDetection',
  'silenceMs',
  'replyForm',
  'mcpServers',
];
const VOICES = ['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'marin', 'sage', 'shimmer', 'verse'];

const REALTIME_2: Omit<OpenAITraits, 'price'> = {
  capabilities: {
    voices: VOICES,
    turnDetection: ['manual', 'server', 'semantic'],
    updates: UPDATES,
    replyForms: ['voice', 'text'],
    serverTools: [],
    mcpServers: [],
    // One response at a time, and a call waits for its output: /guides/realtime-conversations.
    asyncTools: 'sequenced',
    unprompted: 'waits',
  },
  functions: true,
  // reasoning.effort
  thinking: 'level',
  contextTokens: 128_000,
  connectionMs: 60 * MINUTE_MS,
  audioSessionMs: null,
  transcriber: 'gpt-realtime-whisper',
  hostedMcp: true,
};
const REALTIME_1: Omit<OpenAITraits, 'price'> = { ...REALTIME_2, thinking: 'none', contextTokens: 32_000 };
// "Announced shutdown date", with the models it is said of: the SDK's RealtimeSessionCreateRequest.
const ENDING: Omit<OpenAITraits, 'price'> = { ...REALTIME_1, ends: '2027-01-20' };

/** What any model that speaks the protocol takes: one of OpenAI's that nobody knows yet. */
export const OPENAI_MINIMUM: OpenAITraits = {
  capabilities: {
    voices: [],
    turnDetection: ['manual'],
    updates: ['instructions', 'tools'],
    replyForms: ['voice'],
    serverTools: [],
    mcpServers: [],
    asyncTools: 'sequenced',
    unprompted: 'waits',
  },
  functions: true,
  thinking: 'none',
  contextTokens: 32_000,
  connectionMs: 25 * MINUTE_MS,
  audioSessionMs: null,
  // OPENAI_TRANSCRIBE_MODEL names another one, or none.
  transcriber: 'gpt-realtime-whisper',
  hostedMcp: false,
  price: null,
};

/** The same behind another OPENAI_BASE_URL: such servers (LocalAI, speaches) have their transcription under the old name. */
export const COMPATIBLE_MINIMUM: OpenAITraits = { ...OPENAI_MINIMUM, transcriber: 'whisper-1' };

/** By exact id. A dated name is the snapshot that the undated one stood for at some time, with its price. */
export const OPENAI_MODELS: Readonly<Record<string, OpenAITraits>> = {
  'gpt-realtime-2.1': { ...REALTIME_2, price: 'gpt-realtime-2.1' },
  'gpt-realtime-2.1-mini': { ...REALTIME_2, price: 'gpt-realtime-2.1-mini' },
  'gpt-realtime-2': { ...REALTIME_2, price: 'gpt-realtime-2' },
  'gpt-realtime-1.5': { ...REALTIME_1, price: 'gpt-realtime-1.5' },
  'gpt-realtime': { ...ENDING, price: 'gpt-realtime' },
  'gpt-realtime-2025-08-28': { ...ENDING, price: 'gpt-realtime-2025-08-28' },
  'gpt-realtime-mini': { ...ENDING, price: 'gpt-realtime-mini' },
  'gpt-realtime-mini-2025-10-06': { ...REALTIME_1, price: 'gpt-realtime-mini-2025-10-06' },
  'gpt-realtime-mini-2025-12-15': { ...ENDING, price: 'gpt-realtime-mini-2025-12-15' },
};
