import { joined } from './script.ts';

/** What a turn detector found; positions in samples since the session began. */
export type SpeechEdge = { readonly type: 'started' | 'stopped'; readonly at: number };

const WINDOW_MS = 10;
/** Root mean square of a 10 ms window from which it counts as speech, about −44 dBFS. */
const SPEECH_LEVEL = 200;
/** A click is no speech: this much of it must be loud. */
const ONSET_MS = 30;

/**
 * The sound that a client appends, by position on the session's own clock of samples, and a plain level-based
 * detector over it. Real providers have better ones; theirs see the same clock, so that sound may come faster
 * than real time.
 */
export class SoundInput {
  readonly sampleRate: number;
  #chunks: Int16Array[] = [];
  #start = 0;
  #end = 0;
  /** Sum of squares and length of the window under way. */
  #power = 0;
  #filled = 0;
  #loudMs = 0;
  #quietMs = 0;
  #speechAt: number | undefined;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
  }

  /** Samples appended since the session began. */
  get position(): number {
    return this.#end;
  }

  /** Sound that waits to be taken. */
  get bufferedMs(): number {
    return ((this.#end - this.#start) * 1000) / this.sampleRate;
  }

  get speaking(): boolean {
    return this.#speechAt !== undefined;
  }

  append(pcm: Int16Array): void {
    this.#chunks.push(pcm);
    this.#end += pcm.length;
  }

  /** Feeds the detector; call it with what was just appended. Gives the edges in their order. */
  detect(pcm: Int16Array, silenceMs: number): SpeechEdge[] {
    const edges: SpeechEdge[] = [];
    const size = (this.sampleRate * WINDOW_MS) / 1000;
    let at = this.#end - pcm.length;
    for (const sample of pcm) {
      at += 1;
      this.#power += sample * sample;
      this.#filled += 1;
      if (this.#filled < size) continue;
      const edge = this.#judge(Math.sqrt(this.#power / size) >= SPEECH_LEVEL, at, silenceMs);
      this.#power = 0;
      this.#filled = 0;
      if (edge) edges.push(edge);
    }
    return edges;
  }

  #judge(loud: boolean, at: number, silenceMs: number): SpeechEdge | undefined {
    this.#loudMs = loud ? this.#loudMs + WINDOW_MS : 0;
    this.#quietMs = loud ? 0 : this.#quietMs + WINDOW_MS;
    if (this.#speechAt === undefined && this.#loudMs >= ONSET_MS) {
      this.#speechAt = at - (ONSET_MS * this.sampleRate) / 1000;
      return { type: 'started', at: this.#speechAt };
    }
    if (this.#speechAt !== undefined && this.#quietMs >= silenceMs) {
      this.#speechAt = undefined;
      return { type: 'stopped', at };
    }
    return undefined;
  }

  /** Ends speech that goes on, as if silence had followed (Gemini's audioStreamEnd). */
  stopSpeech(): SpeechEdge | undefined {
    this.#loudMs = 0;
    if (this.#speechAt === undefined) {
      // It flushes cached sound (ai.google.dev/gemini-api/docs/live-guide): what comes next is another stream.
      this.clear();
      return undefined;
    }
    this.#speechAt = undefined;
    return { type: 'stopped', at: this.#end };
  }

  /** Takes the sound from `from` on (default: all that is there) and forgets what lies before and what was detected. */
  take(from = this.#start): Int16Array {
    const pcm = joined(this.#chunks).subarray(Math.max(0, from - this.#start));
    this.clear();
    return pcm.slice();
  }

  /** Takes the sound from `from` to `to`; what follows stays, and so does what the detector knows of it. */
  takeUntil(from: number, to: number): Int16Array {
    const all = joined(this.#chunks);
    const pcm = all.slice(Math.max(0, from - this.#start), to - this.#start);
    this.#chunks = [all.slice(to - this.#start)];
    this.#start = to;
    return pcm;
  }

  /** Forgets what is older than `ms`: nobody will take it. */
  keepLast(ms: number): void {
    const keep = (ms * this.sampleRate) / 1000;
    while (this.#chunks[0] && this.#end - this.#start - this.#chunks[0].length >= keep) {
      this.#start += this.#chunks.shift()?.length ?? 0;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#start = this.#end;
    this.#speechAt = undefined;
    this.#loudMs = 0;
    this.#power = 0;
    this.#filled = 0;
  }
}
