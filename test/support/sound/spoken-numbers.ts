import { joined } from '@parley/simulator/models';
import { Pitches } from './pitches.ts';

/** Two banks of eight tones, used in turn, so that a digit that comes twice is told from one that lasts. */
const DIGITS = [...'01234567'];
const BANKS = ['a', 'b'] as const;
const PLACES = 4;
const NAME_MS = 160;
const DIGIT_MS = 120;
/** Frames of 20 ms that a tone has to last to count. */
const LEAST_FRAMES = 3;

/** One number as it was said. `name`: whose voice. */
export interface SpokenNumber {
  readonly name: string;
  readonly number: number;
}

/** Sentences that can be told apart wherever they turn up: the speaker's pitch, then a number below 4,096 in tones. */
export class SpokenNumbers {
  readonly #pitches: Pitches;
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#pitches = new Pitches([...names, ...BANKS.flatMap((bank) => DIGITS.map((digit) => bank + digit))]);
  }

  /** About 640 ms of sound, 48 kHz mono. */
  sound(name: string, number: number): ReturnType<Pitches['sound']> {
    const digits = [...number.toString(8).padStart(PLACES, '0')];
    const tones = digits.map((digit, at) => this.#pitches.sound(`${BANKS[at % 2]}${digit}`, DIGIT_MS));
    const parts = [this.#pitches.sound(name, NAME_MS), ...tones].map(({ pcm }) => pcm);
    return { pcm: joined(parts), sampleRate: 48_000, channels: 1 };
  }

  /** The numbers in a sound, in order; what is not whole is left out. `rate` in Hz. */
  read(pcm: Int16Array, rate: number): SpokenNumber[] {
    const tones = runs(this.#pitches.read(pcm, rate));
    return tones.flatMap((name, at) => {
      if (!this.#names.includes(name)) return [];
      const digits = tones.slice(at + 1, at + 1 + PLACES);
      const isWhole = digits.length === PLACES && digits.every((digit, place) => digit.startsWith(bank(place)));
      return isWhole ? [{ name, number: Number.parseInt(digits.map((digit) => digit[1]).join(''), 8) }] : [];
    });
  }
}

function bank(place: number): string {
  return BANKS[place % 2] as string;
}

/** Tones that lasted, one for each run of frames. */
function runs(frames: readonly (string | undefined)[]): string[] {
  const found: string[] = [];
  let last: string | undefined;
  let length = 0;
  for (const frame of frames) {
    if (frame === undefined) continue;
    length = frame === last ? length + 1 : 1;
    last = frame;
    if (length === LEAST_FRAMES && found.at(-1) !== frame) found.push(frame);
  }
  return found;
}
