import { setTimeout as wait } from 'node:timers/promises';
import type { RecordReader, RecordSearch } from '../../src/ports/record.ts';
import { BEGINNING, channelIds, EVERY_MS } from '../support/generators/many-lines.ts';
import { type LanguageName, wordIn } from '../support/generators/spoken-languages.ts';
import { median, quantile } from './statistics.ts';

const RUNS = 25;
const DAY_MS = 86_400_000;
/** Between two searches: what one leaves for the collector is not the next one's. */
const BREATH_MS = 2;

/** One kind of search, over all languages. */
export interface SpokenSearch {
  readonly name: string;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly worstIn: LanguageName;
  readonly finds: number;
}

/** Searches a record of `lines` utterances in each of these languages, each kind of search 25 times in each. */
export async function* searchSpoken(
  record: Pick<RecordReader, 'search'>,
  lines: number,
  spoken: readonly LanguageName[],
): AsyncGenerator<SpokenSearch, void, void> {
  const kinds = Object.keys(searchesIn('en', lines));
  for (const name of kinds) {
    const times: number[] = [];
    let finds = 0;
    let worst: readonly [number, LanguageName] = [0, 'en'];
    for (const language of spoken) {
      const search = searchesIn(language, lines)[name];
      if (!search) continue;
      for (let run = 0; run < RUNS; run += 1) {
        const began = performance.now();
        const found = await record.search({ guildId: '1', channelIds, ...search });
        const took = performance.now() - began;
        times.push(took);
        if (took > worst[0]) worst = [took, language];
        if (run === 0) finds += found.finds.length;
        await wait(BREATH_MS);
      }
    }
    if (times.length === 0) continue;
    const [worstMs, worstIn] = worst;
    yield { name, medianMs: median(times), p99Ms: quantile(times, 0.99), worstMs, worstIn, finds };
  }
}

function searchesIn(language: LanguageName, lines: number): Record<string, Partial<RecordSearch> | undefined> {
  const word = (rank: number): string => wordIn(language, rank);
  const frequent = (count: number, from = 0): string[] => Array.from({ length: count }, (_, at) => word(from + at));
  const middle = BEGINNING + (lines / 2) * EVERY_MS;
  const day = { since: middle, until: middle + DAY_MS };
  const isUnspaced = language === 'ja';
  return {
    'the most frequent word': { text: word(0) },
    'a rare word': { text: word(15_000) },
    'two frequent words': { text: `${word(3)} ${word(5)}` },
    'a frequent and a rare word': { text: `${word(0)} ${word(12_000)}` },
    'a word that nobody said': { text: `${word(300)}${word(7)}${word(9)}` },
    'twelve frequent words': { text: frequent(12).join(' ') },
    'a long phrase that nobody said': { text: frequent(11, 14).join(isUnspaced ? '' : ' ') },
    'a frequent word of one person': { text: word(1), userId: '103' },
    'the same in one day': { text: word(1), userId: '103', ...day },
    'a frequent word of the oldest day': { text: word(2), since: BEGINNING, until: BEGINNING + DAY_MS },
    'a frequent word in one channel': { text: word(1), channelIds: ['12'] },
    'by relevance': { text: `${word(2)} ${word(3)}`, order: 'relevance' },
  };
}
