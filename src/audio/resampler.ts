// Sound between the two rates of the speech models, 16 and 24 kHz: a windowed-sinc low-pass at 48 kHz, their common
// multiple, of which only the taps are computed that meet a sample (polyphase).

const COMMON_RATE = 48_000;
/** The middle between the pass band (flat to 7 kHz) and 8.2 kHz, from where everything is at least 60 dB down. */
const CUTOFF_HZ = 7_600;
/** To each side of the middle, at 48 kHz: 2 ms. */
const HALF_TAPS = 96;
/** Kaiser's shape for 60 dB. */
const BETA = 5.65;

/** One stretch of sound, in pieces of any length, from one rate to another. */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: Float64Array;
  /** Samples that outputs still need; `#first` is the index of the oldest in the whole stretch. */
  #kept: Int16Array = new Int16Array(0);
  #first = 0;
  #taken = 0;
  #given = 0;

  /** Rates in Hz that divide 48,000. */
  constructor(from: number, to: number) {
    this.#up = COMMON_RATE / from;
    this.#down = COMMON_RATE / to;
    this.#taps = lowPass(this.#up);
  }

  /** Gives what can be told for certain by now; it lags 2 ms behind. */
  push(pcm: Int16Array): Int16Array {
    const joined = new Int16Array(this.#kept.length + pcm.length);
    joined.set(this.#kept);
    joined.set(pcm, this.#kept.length);
    this.#kept = joined;
    this.#taken += pcm.length;
    const end = Math.floor(((this.#taken - 1) * this.#up - HALF_TAPS) / this.#down) + 1;
    const out = this.#samples(Math.max(0, end - this.#given));
    const needed = Math.max(this.#first, Math.ceil((this.#given * this.#down - HALF_TAPS) / this.#up));
    this.#kept = this.#kept.slice(Math.min(this.#kept.length, needed - this.#first));
    this.#first = this.#taken - this.#kept.length;
    return out;
  }

  /** The rest, and the end of the stretch. In all, n samples at 16 kHz give ⌈3n/2⌉, and n at 24 kHz ⌈2n/3⌉. */
  end(): Int16Array {
    const total = Math.ceil((this.#taken * this.#up) / this.#down);
    return this.#samples(Math.max(0, total - this.#given));
  }

  #samples(count: number): Int16Array {
    const out = new Int16Array(count);
    for (let i = 0; i < count; i += 1) out[i] = this.#sampleAt((this.#given + i) * this.#down);
    this.#given += count;
    return out;
  }

  /** `at`: in steps of 48 kHz from the beginning. */
  #sampleAt(at: number): number {
    const from = Math.max(Math.ceil((at - HALF_TAPS) / this.#up), this.#first);
    const to = Math.min(Math.floor((at + HALF_TAPS) / this.#up), this.#taken - 1);
    let sum = 0;
    for (let i = from; i <= to; i += 1) {
      sum += (this.#kept[i - this.#first] as number) * (this.#taps[at - i * this.#up + HALF_TAPS] as number);
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
}

/** Taps at 48 kHz with a gain of `up`, which makes up for the samples that are not there. */
function lowPass(up: number): Float64Array {
  const taps = new Float64Array(2 * HALF_TAPS + 1);
  const cycles = CUTOFF_HZ / COMMON_RATE;
  for (let i = -HALF_TAPS; i <= HALF_TAPS; i += 1) {
    const sinc = i === 0 ? 2 * cycles : Math.sin(2 * Math.PI * cycles * i) / (Math.PI * i);
    taps[i + HALF_TAPS] = up * sinc * (bessel(BETA * Math.sqrt(1 - (i / HALF_TAPS) ** 2)) / bessel(BETA));
  }
  return taps;
}

/** The modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
