import type { Tokens } from '../ports/usage.ts';

/**
 * US dollars for a million tokens, and for a minute of transcription. A cached kind without a price costs what the
 * uncached one does; any other kind without one makes the cost unknown. `perSearch`: for one query that the model put
 * to a search engine, once `freeSearches` of a month are used up, by all models with that price together.
 * `mostSearches`: how many of one answer are billed at most.
 */
export type Price = {
  readonly [kind in keyof Tokens | 'perMinute' | 'perSearch' | 'freeSearches' | 'mostSearches']?: number | undefined;
};
/** By the exact model id. */
export type Prices = ReadonlyMap<string, Price>;

const realtime2 = { textIn: 4, cachedTextIn: 0.4, textOut: 24, audioIn: 32, cachedAudioIn: 0.4, audioOut: 64 };
const realtime1 = { ...realtime2, textOut: 16 };
const realtimeMini = { textIn: 0.6, cachedTextIn: 0.06, textOut: 2.4, audioIn: 10, cachedAudioIn: 0.3, audioOut: 20 };
// Grounding with Google Search (ai.google.dev/gemini-api/docs/pricing): Gemini 3 is billed by the query, 5,000 a month
// are free; 2.5 by the answer, 1,500 a day are free, which are counted as those of a month here.
const search3 = { perSearch: 0.014, freeSearches: 5_000 };
const search2 = { perSearch: 0.035, freeSearches: 45_000, mostSearches: 1 };
const live3 = { textIn: 0.75, textOut: 4.5, audioIn: 3, audioOut: 12, ...search3 };
const live2 = { textIn: 0.5, textOut: 2, audioIn: 3, audioOut: 12, ...search2 };

/** As the vendors' pages had it in September and October 2026; PRICES_FILE replaces single models. */
export const PRICES: Prices = new Map<string, Price>([
  ['gpt-realtime-2.1', realtime2],
  ['gpt-realtime-2', realtime2],
  ['gpt-realtime-2.1-mini', realtimeMini],
  ['gpt-realtime-mini', realtimeMini],
  ['gpt-realtime-mini-2025-10-06', realtimeMini],
  ['gpt-realtime-mini-2025-12-15', realtimeMini],
  ['gpt-realtime-1.5', realtime1],
  ['gpt-realtime', realtime1],
  ['gpt-realtime-2025-08-28', realtime1],
  ['gemini-3.8-live', live3],
  ['gemini-3.8-live-extended-thinking', live3],
  ['gemini-3.1-flash-live-preview', live3],
  ['gemini-2.5-flash-native-audio-preview-12-2025', live2],
  ['gemini-2.5-flash-native-audio-preview-09-2025', live2],
  ['gemini-live-2.5-flash-native-audio', live2],
  ['gemini-live-2.5-flash-preview-native-audio', live2],
  ['gemini-live-2.5-flash-preview-native-audio-09-2025', live2],
  ['gemini-live-2.5-flash', live2],
  ['gemini-live-2.5-flash-preview', live2],
  // Text models, for summaries.
  ['gpt-5.4-mini', { textIn: 0.75, cachedTextIn: 0.075, textOut: 4.5 }],
  ['gpt-5-mini', { textIn: 0.25, cachedTextIn: 0.025, textOut: 2 }],
  ['gemini-3.1-flash-lite', { textIn: 0.25, textOut: 1.5 }],
  ['gemini-2.5-flash', { textIn: 0.3, textOut: 2.5 }],
  ['gpt-realtime-whisper', { perMinute: 0.017 }],
  ['gpt-live-transcribe', { perMinute: 0.017 }],
  ['gpt-transcribe', { perMinute: 0.0045 }],
  ['whisper-1', { perMinute: 0.006 }],
]);

const PER = 1_000_000;

/**
 * US dollars for what was used of a model; null where a price for a part of it is not known. `searches`: those that are
 * billed, the free ones left out.
 */
export function costOf(
  used: { readonly tokens: Tokens; readonly seconds: number; readonly searches?: number },
  price: Price | undefined,
): number | null {
  const { textIn, cachedTextIn, audioIn, cachedAudioIn, textOut, audioOut } = used.tokens;
  const parts: readonly (readonly [number, number | undefined])[] = [
    [textIn / PER, price?.textIn],
    [cachedTextIn / PER, price?.cachedTextIn ?? price?.textIn],
    [audioIn / PER, price?.audioIn],
    [cachedAudioIn / PER, price?.cachedAudioIn ?? price?.audioIn],
    [textOut / PER, price?.textOut],
    [audioOut / PER, price?.audioOut],
    [used.seconds / 60, price?.perMinute],
    [used.searches ?? 0, price?.perSearch],
  ];
  let sum = 0;
  for (const [amount, each] of parts) {
    if (amount === 0) continue;
    if (each === undefined) return null;
    sum += amount * each;
  }
  return sum;
}
