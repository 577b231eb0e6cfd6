import { share, tone } from './sound.ts';

const FRAME_MS = 20;
/** Quieter frames (fades, silence between words) bear no mark. Root mean square of 16-bit samples. */
const QUIET = 400;
/**
 * Share of a frame's power. A frame that is a tone has nearly all of it; the click of a codec's guess for lost packets
 * is as broad as to have 0.2 at some pitch.
 */
const PRESENT = 0.4;
const LOWEST_HZ = 350;
/** A frame of 20 ms tells tones apart that are at least 50 Hz from each other; this leaves the codec some room. */
const STEP_HZ = 150;

/** Marks that survive a lossy codec: everybody speaks in a pitch of their own. */
export class Pitches {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** 48 kHz mono. */
  sound(name: string, ms: number): { pcm: Int16Array; sampleRate: number; channels: 1 } {
    return { pcm: this.pcm(name, ms, 48_000), sampleRate: 48_000, channels: 1 };
  }

  /** Mono at `rate` Hz. */
  pcm(name: string, ms: number, rate: number): Int16Array {
    return tone({ hz: this.hz(name), ms, rate });
  }

  /**
   * Whose pitch is in each frame of 20 ms; nobody's (undefined) where the codec guessed a lost packet and the guess has
   * no pitch. Frames that are too quiet to have one are left out; a frame with two people in it counts for both.
   */
  read(pcm: Int16Array, rate: number): (string | undefined)[] {
    const samples = (rate * FRAME_MS) / 1000;
    const speakers: (string | undefined)[] = [];
    for (let at = 0; at + samples <= pcm.length; at += samples) {
      const frame = pcm.subarray(at, at + samples);
      if (rootMeanSquare(frame) < QUIET) continue;
      const there = this.#names.filter((name) => share(frame, this.hz(name), rate) >= PRESENT);
      speakers.push(...(there.length > 0 ? there : [undefined]));
    }
    return speakers;
  }

  /** The pitch of this name. */
  hz(name: string): number {
    return LOWEST_HZ + STEP_HZ * this.#names.indexOf(name);
  }
}

function rootMeanSquare(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.sqrt(sum / pcm.length);
}
