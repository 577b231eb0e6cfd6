import type { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import type { Pitches } from '../sound/pitches.ts';

const FRAME_MS = 20;

/** All sound that ever reached a provider, whether or not it became a turn: whose pitch is in it. */
export class ProviderEars {
  readonly #pitches: Pitches;
  readonly #rate: number;
  readonly #chunks: Int16Array[] = [];

  constructor(model: SimulatedOpenAI | SimulatedGemini, options: { pitches: Pitches; rate: number }) {
    this.#pitches = options.pitches;
    this.#rate = options.rate;
    model.onEvent((event) => {
      if (event.type === 'audio') this.#chunks.push(event.pcm.slice());
    });
  }

  /** Sound until now, in samples: a mark for since(). */
  get samples(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Frames of 20 ms with this person's pitch, since a mark. */
  framesOf(name: string, since = 0): number {
    const pcm = Int16Array.from(this.#chunks.flatMap((chunk) => [...chunk])).subarray(since);
    // The frames of a turn may begin anywhere: two ways to cut the stream find them all.
    const half = (this.#rate * FRAME_MS) / 2000;
    const counts = [pcm, pcm.subarray(half)].map(
      (one) => this.#pitches.read(one, this.#rate).filter((speaker) => speaker === name).length,
    );
    return Math.max(...counts);
  }
}
