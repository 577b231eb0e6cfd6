import type { Voice } from './voice-detector.ts';

/** What voiced sound is brought to, RMS. */
const TARGET_DB = -20;
/** Nothing is done for a voice this near the target. */
const TOLERANCE_DB = 4;
const MOST_DB = 18;
const LEAST_DB = -12;
/** The gain follows a voice's level slowly, or it would flatten speech. */
const UP_DB_PER_SECOND = 6;
const DOWN_DB_PER_SECOND = 12;
/** Time over which the level of a voice is averaged. */
const AVERAGE_MS = 1_000;
/** A person is measured this long before anything is changed. */
const LISTEN_MS = 300;
/** Samples may come this near to full scale. */
const CEILING = 32_000;

/**
 * Brings one person's voice to a common level, slowly; noise and silence change nothing, and no sample is clipped.
 * It belongs behind the voice detector, which must judge what really came.
 */
export class AutomaticGain {
  /** Mean power of voiced sound, 1 being full scale; a mean of decibels would be drawn down by every pause. */
  #power = 0;
  #heardMs = 0;
  #gainDb = 0;
  #factor = 1;

  /** The gain now, in dB. */
  get gainDb(): number {
    return this.#gainDb;
  }

  /** One frame with what the detector said of it. Gives the frame itself while there is nothing to change, else another array. */
  push(pcm: Int16Array, voice: Voice, ms: number): Int16Array {
    if (voice.voiced) this.#follow(voice.levelDb, ms);
    if (this.#gainDb === 0 && this.#factor === 1) return pcm;
    return this.#apply(pcm, 10 ** (this.#gainDb / 20));
  }

  #follow(levelDb: number, ms: number): void {
    this.#heardMs = Math.min(this.#heardMs + ms, AVERAGE_MS);
    this.#power += ((10 ** (levelDb / 10) - this.#power) * Math.min(ms, this.#heardMs)) / this.#heardMs;
    if (this.#heardMs < LISTEN_MS) return;
    const off = TARGET_DB - 10 * Math.log10(this.#power);
    const wanted =
      Math.abs(off) <= TOLERANCE_DB ? 0 : Math.max(LEAST_DB, Math.min(MOST_DB, off - Math.sign(off) * TOLERANCE_DB));
    const up = (UP_DB_PER_SECOND * ms) / 1000;
    const down = (DOWN_DB_PER_SECOND * ms) / 1000;
    this.#gainDb = Math.max(this.#gainDb - down, Math.min(this.#gainDb + up, wanted));
  }

  /** The factor moves evenly over the frame, so that it makes no steps; only where a sample would be clipped, at once. */
  #apply(pcm: Int16Array, wanted: number): Int16Array {
    let peak = 1;
    for (let i = 0; i < pcm.length; i += 1) peak = Math.max(peak, Math.abs(pcm[i] as number));
    const most = Math.max(CEILING / peak, Math.min(1, wanted));
    const to = Math.min(wanted, most);
    const from = Math.min(this.#factor, most);
    const step = (to - from) / pcm.length;
    const out = new Int16Array(pcm.length);
    for (let i = 0; i < pcm.length; i += 1) {
      out[i] = Math.max(-32768, Math.min(32767, Math.round((pcm[i] as number) * (from + step * (i + 1)))));
    }
    this.#factor = to;
    return out;
  }
}
