import type { SimulatedPerson } from '@parley/simulator/discord';
import { tone } from './sound.ts';

/** Things that people say one after the other, for the `hear` of a stand-in that understands nothing. */
export class Spoken {
  readonly #words: string[] = [];

  /** What is heard next; '' where nothing was said. */
  readonly hear = (): string => this.#words.shift() ?? '';

  /** Somebody says it; resolves when it has sounded. */
  async say(person: SimulatedPerson, words: string): Promise<void> {
    this.#words.push(words);
    await person.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48_000 }), sampleRate: 48_000, channels: 1 });
  }
}
