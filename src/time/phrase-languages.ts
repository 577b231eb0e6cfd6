// The words for times in the languages that Parley reads by itself. For the others there is chrono (other-languages.ts).
import { chinese } from './languages/chinese.ts';
import { english } from './languages/english.ts';
import { french } from './languages/french.ts';
import { german } from './languages/german.ts';
import { japanese } from './languages/japanese.ts';
import { portuguese } from './languages/portuguese.ts';
import { russian } from './languages/russian.ts';
import { spanish } from './languages/spanish.ts';
import type { PhraseLanguage, UnspacedLanguage } from './phrase-items.ts';

/** By their code. */
export const phraseLanguages: ReadonlyMap<string, PhraseLanguage> = new Map(
  [english, german, french, spanish, portuguese, russian].map((one) => [one.code, one]),
);

/** Those without spaces between words, by their code. */
export const unspacedLanguages: ReadonlyMap<string, UnspacedLanguage> = new Map(
  [chinese, japanese].map((one) => [one.code, one]),
);
