import type { Capabilities } from '../../../ports/capabilities.ts';

// What the models are known to take that only write down. Sources: developers.openai.com/api/docs/guides/realtime-transcription,
// AudioTranscription in github.com/openai/openai-openapi, and clients that were tried against the live server.

/** What the adapter of a transcription session has to know about its model. */
export interface TranscriberTraits {
  /** Whether it is told one language that is spoken, or a list of those that may be. */
  readonly languageAs: 'language' | 'languages';
  /** Sound may be sent this many times faster than real time. */
  readonly pace: number;
  /** The day on which its vendor shuts it down (YYYY-MM-DD); absent: none was announced. */
  readonly ends?: string;
}

/** The recommended one (guides/realtime-transcription). */
export const DEFAULT_TRANSCRIBER = 'gpt-live-transcribe';

/** It drops sound without a word that comes at more than about four times real time. */
const STREAMING_PACE = 3;
/** Nothing that any transcription model refuses. */
const MINIMUM: TranscriberTraits = { languageAs: 'language', pace: STREAMING_PACE };
const WHOLE: TranscriberTraits = { languageAs: 'language', pace: Number.POSITIVE_INFINITY };
// "Announced shutdown date", with the models it is said of: the SDK's AudioTranscription.
const ENDING: TranscriberTraits = { ...WHOLE, ends: '2027-02-26' };

/** By exact id. */
export const TRANSCRIBERS: Readonly<Record<string, TranscriberTraits>> = {
  'gpt-live-transcribe': { languageAs: 'languages', pace: STREAMING_PACE },
  'gpt-realtime-whisper': MINIMUM,
  // These look at a turn when it is committed.
  'gpt-transcribe': { ...WHOLE, languageAs: 'languages' },
  'gpt-4o-transcribe': ENDING,
  'gpt-4o-mini-transcribe': ENDING,
  'gpt-4o-mini-transcribe-2025-12-15': ENDING,
  'whisper-1': ENDING,
};

/** Traits of a transcription model; the safe minimum for one that is not known, as behind a deployment's name. */
export function transcriberTraits(model: string): TranscriberTraits {
  return (Object.hasOwn(TRANSCRIBERS, model) ? TRANSCRIBERS[model] : undefined) ?? MINIMUM;
}

/** A session that hears and writes down. The language may change while it runs. */
export const TRANSCRIBER_CAPABILITIES: Capabilities = {
  voices: [],
  turnDetection: ['manual'],
  updates: ['language'],
  replyForms: ['voice'],
  serverTools: [],
  mcpServers: [],
  asyncTools: 'sequenced',
  unprompted: 'waits',
  transcribeOnly: true,
};
