import { SessionLostError } from '../../ports/errors.ts';

// Models of these vendors that people can name and that lead no conversation here. Sources: openai/resources/live of the
// SDK and developers.openai.com/api/docs/models; ai.google.dev/gemini-api/docs/models.

interface Unsupported {
  readonly name: RegExp;
  /** What it is, for people. */
  readonly what: string;
  readonly instead: string;
}

const UNSUPPORTED: readonly Unsupported[] = [
  {
    name: /^gpt-live-\d+(\.\d+)?(-mini)?(-\d{4}-\d\d-\d\d)?$/,
    what: "speaks OpenAI's Live API (/v1/live/sessions), which has no turns and which I do not speak",
    instead: 'gpt-realtime-2.1',
  },
  {
    name: /^(gpt-live-transcribe|gpt-realtime-whisper|whisper-1|gpt-transcribe|gpt-4o(-mini)?-transcribe(-diarize)?)(-\d{4}-\d\d-\d\d)?$/,
    what: 'only writes down what is said and answers nothing (OPENAI_TRANSCRIBE_MODEL is the place for it)',
    instead: 'gpt-realtime-2.1',
  },
  {
    name: /^gpt-realtime-translate/,
    what: 'only translates what is said and answers nothing',
    instead: 'gpt-realtime-2.1',
  },
  {
    name: /^gemini-[\w.]+-live-translate/,
    what: 'only translates what is said and answers nothing',
    instead: 'gemini-3.8-live',
  },
  {
    name: /^gemini-[\w.]+-transcribe/,
    what: 'only writes down what is said and answers nothing',
    instead: 'gemini-3.8-live',
  },
];

/** One name of each kind. */
export const UNSUPPORTED_EXAMPLES: readonly string[] = [
  'gpt-live-1.1',
  'gpt-realtime-translate',
  'gpt-live-transcribe',
  'gemini-3.5-live-translate-preview',
  'gemini-3.5-transcribe',
];

/**
 * Why a model cannot lead a conversation, and which one can, in a sentence for people; undefined: nothing is known against
 * it. `model`: its id, with or without `…models/` before it.
 */
export function unsupported(model: string): string | undefined {
  const id = model.replace(/^(.*\/)?models\//, '');
  const found = UNSUPPORTED.find(({ name }) => name.test(id));
  return found && `${id} ${found.what}. Take ${found.instead} instead.`;
}

/** Throws SessionLostError for a model that cannot lead a conversation, before anybody is asked for it. */
export function demandSupported(model: string): void {
  const why = unsupported(model);
  if (why !== undefined) throw new SessionLostError('unknown-model', why, { retryable: false });
}
