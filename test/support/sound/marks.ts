/** Louder than any click, so that every frame is voice. */
const BASE = 6_000;
const FRAME_MS = 20;

/** Frames of speech that can be told apart wherever they turn up: all samples of a frame have a loudness of its own. */
export class Marks {
  readonly #samples: number;
  readonly #speakers: string[] = [];

  /** `rate` in Hz. */
  constructor(rate: number) {
    this.#samples = (rate * FRAME_MS) / 1000;
  }

  /** Who spoke each frame, by its number. */
  get speakers(): readonly string[] {
    return this.#speakers;
  }

  /** The next 20 ms of this person. */
  frame(userId: string): Int16Array {
    const level = BASE + this.#speakers.push(userId) - 1;
    return Int16Array.from({ length: this.#samples }, (_, i) => (i % 2 === 0 ? level : -level));
  }

  /** The numbers of the frames in a sound, in order. Throws where one is not whole. */
  read(pcm: Int16Array): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < pcm.length; ) {
      const level = Math.abs(pcm[at] as number);
      const length = level < BASE ? 1 : this.#samples;
      if (level >= BASE) {
        if (!pcm.subarray(at, at + length).every((sample) => Math.abs(sample) === level) || at + length > pcm.length) {
          throw new Error(`frame ${level - BASE} is not whole`);
        }
        numbers.push(level - BASE);
      }
      at += length;
    }
    return numbers;
  }

  /** The people in a sound, each once; pieces of frames count too. */
  people(pcm: Int16Array): string[] {
    const levels = new Set(pcm.map(Math.abs));
    return [
      ...new Set([...levels].filter((level) => level >= BASE).map((level) => this.#speakers[level - BASE] ?? '')),
    ];
  }
}
