import { type ResponseEnd, SimulatedGemini, type SimulatedOpenAI } from '@parley/simulator/models';
import fc from 'fast-check';
import { TIMING, type Timing } from '../../../src/model/connection/model-socket.ts';

/** What goes wrong between the Realtime API and the bot in one conversation. All in ms. */
export interface OpenAIWeather {
  /** Events that never come, and that come twice, by type: how many of them. */
  readonly lost: Readonly<Record<string, number>>;
  readonly twice: Readonly<Record<string, number>>;
  /** How late events of a type come, one after the other, behind what follows them. */
  readonly late: Readonly<Record<string, readonly number[]>>;
  /** Requests that are not even seen. */
  readonly unseen: Readonly<Record<string, number>>;
  readonly ends: readonly ResponseEnd[];
  readonly outputAfterDone: number;
  readonly namelessErrors: boolean;
  /** How late all that confirms a person's item comes, one item after the other; Infinity: never. Empty: at once. */
  readonly confirmed: readonly number[];
}

/** What is owed is given up about ten times as fast as in real conversations. */
export const HASTY: Timing = {
  ...TIMING,
  replies: { beginMs: 700, nextMs: 2_500, doneMs: 500, cancelMs: 400, otherMs: 400 },
  words: { commitMs: 1_200, wordsMs: 2_000 },
  deeds: { doneMs: 800 },
};

const CONFIRMATIONS = ['input_audio_buffer.committed', 'conversation.item.added', 'conversation.item.done'];
const WORDS = 'conversation.item.input_audio_transcription';
/** Events whose loss nothing makes good but a deadline or another event. */
const LOSABLE = [
  'response.created',
  'response.done',
  'response.output_item.added',
  'response.output_item.done',
  'response.output_audio.done',
  'input_audio_buffer.committed',
  'conversation.item.added',
  'conversation.item.done',
  `${WORDS}.completed`,
  `${WORDS}.delta`,
];
const REPEATED = [...LOSABLE, 'response.output_audio_transcript.delta', 'session.updated', 'error'];
const DELAYED = [
  'response.created',
  'response.done',
  'response.output_item.done',
  'input_audio_buffer.committed',
  'conversation.item.added',
  `${WORDS}.completed`,
  `${WORDS}.delta`,
];

const someOf = (types: readonly string[], most: number): fc.Arbitrary<Record<string, number>> =>
  fc.dictionary(fc.constantFrom(...types), fc.integer({ min: 1, max: most }), { maxKeys: 3 });

export const openAIWeather: fc.Arbitrary<OpenAIWeather> = fc.record({
  lost: fc.oneof(fc.constant({}), someOf(LOSABLE, 2)),
  twice: someOf(REPEATED, 9),
  late: fc.dictionary(
    fc.constantFrom(...DELAYED),
    fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 600 })), { minLength: 1, maxLength: 5 }),
    { maxKeys: 3 },
  ),
  unseen: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: someOf(['response.create', 'response.cancel', 'conversation.item.truncate'], 1) },
  ),
  // One at the most: a question that got two such ends has no answer, but an explanation.
  ends: fc.array(
    fc.constantFrom<ResponseEnd[]>(
      { status: 'completed' },
      { status: 'incomplete', reason: 'content_filter' },
      { status: 'incomplete', reason: 'max_output_tokens', says: true },
      { status: 'failed', error: { type: 'server_error', code: null, message: 'The server had an error.' } },
      { status: 'cancelled', reason: 'turn_detected' },
    ),
    { maxLength: 1 },
  ),
  outputAfterDone: fc.integer({ min: 0, max: 2 }),
  namelessErrors: fc.boolean(),
  confirmed: fc.oneof(
    fc.constant([]),
    fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }), fc.constant(Number.POSITIVE_INFINITY)), {
      minLength: 1,
      maxLength: 6,
    }),
  ),
});

/** Lets it happen on this stand-in. */
export function applyWeather(server: SimulatedOpenAI | SimulatedGemini, weather: OpenAIWeather): void {
  if (server instanceof SimulatedGemini) throw new TypeError('not for this protocol');
  const { openai } = server.faults;
  Object.assign(openai.lose, weather.lost);
  Object.assign(openai.double, weather.twice);
  Object.assign(openai.ignore, weather.unseen);
  openai.responses.push(...weather.ends);
  openai.outputAfterDone = weather.outputAfterDone;
  openai.namelessErrors = weather.namelessErrors;
  for (const [type, delays] of Object.entries(weather.late)) {
    let next = 0;
    openai.delayMs[type] = () => delays[next++ % delays.length] ?? 0;
  }
  const { confirmed } = weather;
  for (const type of confirmed.length > 0 ? CONFIRMATIONS : []) {
    let next = 0;
    openai.delayMs[type] = () => confirmed[next++ % confirmed.length] ?? 0;
  }
}
