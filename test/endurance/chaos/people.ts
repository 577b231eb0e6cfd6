import { setTimeout as wait } from 'node:timers/promises';
import { encodeSound, type SimulatedPerson } from '@parley/simulator/discord';
import type { SpokenNumbers } from '../../support/sound/spoken-numbers.ts';

/** Numbers are said in tones of four octal digits. */
const MOST_NUMBERS = 8 ** 4;

/** A sentence that somebody said from `from` to `to` (performance.now()). */
export interface Sentence {
  readonly userId: string;
  readonly name: string;
  readonly number: number;
  readonly from: number;
  to: number;
}

/** What people say: numbers, one after the other, none twice. */
export class Sentences {
  readonly all: Sentence[] = [];

  begin(person: SimulatedPerson): Sentence {
    if (this.all.length >= MOST_NUMBERS) throw new Error('no number is left to be said');
    const now = performance.now();
    const sentence = { userId: person.userId, name: person.name, number: this.all.length, from: now, to: now };
    this.all.push(sentence);
    return sentence;
  }
}

/** Somebody who sits in the channel and says a number every few seconds, over others as well. Ends with the signal. */
export async function talk(
  person: SimulatedPerson,
  options: {
    readonly sentences: Sentences;
    readonly numbers: SpokenNumbers;
    readonly random: () => number;
    readonly pauseMs: readonly [from: number, to: number];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { sentences, numbers, random, pauseMs, signal } = options;
  const [from, to] = pauseMs;
  while (!signal.aborted) {
    await wait(from + random() * (to - from), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const sentence = sentences.begin(person);
    const sound = numbers.sound(sentence.name, sentence.number);
    encodeSound(sound);
    await person.voice.speak(sound);
    sentence.to = performance.now();
  }
}
