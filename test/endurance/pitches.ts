import { share, tone } from '../fakes/sound.ts';

const FRAME_MS = 20;
/** Quieter frames (fades, silence between words) bear no mark. Root mean square of 16-bit samples. */
const QUIET = 400;
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
    return { pcm: tone({ hz: this.#hz(name), ms, rate: 48_000 }), sampleRate: 48_000, channels: 1 };
  }

  /** Whose pitch each frame of 20 ms has; frames that are too quiet to have one are left out. */
  read(pcm: Int16Array, rate: number): string[] {
    const samples = (rate * FRAME_MS) / 1000;
    const speakers: string[] = [];
    for (let at = 0; at + samples <= pcm.length; at += samples) {
      const frame = pcm.subarray(at, at + samples);
      if (rootMeanSquare(frame) >= QUIET) speakers.push(this.#loudest(frame, rate));
    }
    return speakers;
  }

  #hz(name: string): number {
    return LOWEST_HZ + STEP_HZ * this.#names.indexOf(name);
  }

  #loudest(frame: Int16Array, rate: number): string {
    const shares = this.#names.map((name) => ({ name, share: share(frame, this.#hz(name), rate) }));
    return shares.reduce((best, one) => (one.share > best.share ? one : best)).name;
  }
}

function rootMeanSquare(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return Math.sqrt(sum / pcm.length);
}
