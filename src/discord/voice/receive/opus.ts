import OpusScript from 'opusscript';
import type { Pcm, PcmRate } from '../../../ports/voice.ts';

/**
 * opusscript 0.0.8 keeps all its codecs in one WebAssembly heap of fixed size and dies with "memory access out of
 * bounds" when the 29th is made. Its asm.js build is a second heap. The rest is for codecs of others in the process.
 */
const LIVE_PER_HEAP = 24;
const ENCODER_BITRATE = 48_000;
/** OPUS_SET_BITRATE, OPUS_SET_COMPLEXITY and OPUS_SET_SIGNAL(VOICE), opus_defines.h. */
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
/** Half the time of the default (126 µs a frame against 233), and at this bitrate no difference that speech would show. */
const COMPLEXITY = 5;
const SET_SIGNAL = 4024;
const SIGNAL_VOICE = 3001;
/** OPUS_RESET_STATE. */
const RESET_STATE = 4028;

type Heap = 'wasm' | 'asmjs';
interface Live {
  readonly codec: OpusScript;
  readonly heap: Heap;
}

/**
 * All Opus codecs of the process. Leases are unlimited; at most 48 are alive, the least recently used one gives way
 * (and is made anew when its owner comes back: at the worst 20 ms of that person sound rough).
 */
export class OpusCodecs {
  readonly #limitPerHeap: number;
  /** Insertion order is order of use. */
  readonly #live = new Map<OpusLease, Live>();
  readonly #count = { wasm: 0, asmjs: 0 };

  constructor(options: { limitPerHeap?: number } = {}) {
    this.#limitPerHeap = options.limitPerHeap ?? LIVE_PER_HEAP;
  }

  /** Codecs alive now. */
  get live(): number {
    return this.#live.size;
  }

  /** A codec for mono sound at this rate, made at its first use. Release it when its stream is over. */
  lease(rate: PcmRate): OpusLease {
    return new OpusLease({
      rate,
      use: (lease) => this.#use(lease),
      isLive: (lease) => this.#live.has(lease),
      release: (lease) => this.#release(lease),
    });
  }

  #use(lease: OpusLease): OpusScript {
    const existing = this.#live.get(lease);
    if (existing) {
      // Re-inserting moves it to the young end.
      this.#live.delete(lease);
      this.#live.set(lease, existing);
      return existing.codec;
    }
    if (this.#count.wasm >= this.#limitPerHeap && this.#count.asmjs >= this.#limitPerHeap) {
      const oldest = this.#live.keys().next().value;
      if (oldest) this.#release(oldest);
    }
    const heap: Heap = this.#count.wasm < this.#limitPerHeap ? 'wasm' : 'asmjs';
    const codec = new OpusScript(lease.rate, 1, OpusScript.Application.VOIP, { wasm: heap === 'wasm' });
    this.#count[heap] += 1;
    this.#live.set(lease, { codec, heap });
    return codec;
  }

  #release(lease: OpusLease): void {
    const live = this.#live.get(lease);
    if (!live) return;
    this.#live.delete(lease);
    this.#count[live.heap] -= 1;
    live.codec.delete();
  }
}

/** One stream's codec, mono. Usable again after release(): it then starts afresh. */
export class OpusLease {
  readonly rate: PcmRate;
  readonly #use: (lease: OpusLease) => OpusScript;
  readonly #isLive: (lease: OpusLease) => boolean;
  readonly #release: (lease: OpusLease) => void;
  #tuned: OpusScript | undefined;

  constructor(options: {
    rate: PcmRate;
    use: (lease: OpusLease) => OpusScript;
    isLive: (lease: OpusLease) => boolean;
    release: (lease: OpusLease) => void;
  }) {
    this.rate = options.rate;
    this.#use = options.use;
    this.#isLive = options.isLive;
    this.#release = options.release;
  }

  /** One Opus packet (2.5–60 ms) → samples. Throws for what is no Opus packet, though much garbage passes. */
  decode(packet: Uint8Array): Pcm {
    return samples(this.#use(this).decode(packet as Buffer));
  }

  /**
   * What the codec guesses for `ms` of lost sound, from what came before it. opusscript does not reach the in-band FEC:
   * its decode() has no flag for it.
   */
  conceal(ms: number): Pcm {
    const wanted = Math.round((ms * this.rate) / 1000);
    const out = new Int16Array(wanted);
    const codec = this.#use(this);
    // An empty packet asks libopus for its loss concealment; this build answers with 2,880 samples at a time.
    for (let filled = 0; filled < wanted; ) {
      const guess = samples(codec.decode(Buffer.alloc(0)));
      if (guess.length === 0) break;
      out.set(guess.subarray(0, wanted - filled), filled);
      filled += guess.length;
    }
    return out;
  }

  /** Forgets the sound before: what comes next begins from silence. Cheaper than release() (1 µs). */
  reset(): void {
    if (this.#isLive(this)) this.#use(this).decoderCTL(RESET_STATE, 0);
  }

  /** One frame of samples (2.5–60 ms) → an Opus packet. */
  encode(pcm: Pcm): Buffer {
    const codec = this.#use(this);
    if (this.#tuned !== codec) {
      codec.encoderCTL(SET_BITRATE, ENCODER_BITRATE);
      codec.encoderCTL(SET_COMPLEXITY, COMPLEXITY);
      codec.encoderCTL(SET_SIGNAL, SIGNAL_VOICE);
      this.#tuned = codec;
    }
    return codec.encode(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength), pcm.length);
  }

  release(): void {
    this.#tuned = undefined;
    this.#release(this);
  }
}

/** opusscript hands out bytes from a pool, which need not be aligned for 16-bit access. */
function samples(bytes: Buffer): Pcm {
  const pcm = new Int16Array(bytes.length >> 1);
  new Uint8Array(pcm.buffer).set(bytes);
  return pcm;
}
