import { AutomaticGain } from './automatic-gain.ts';
import { VoiceDetector } from './voice-detector.ts';

/** Sound from before the decision that somebody speaks, kept so that the first syllable is not lost. */
const PRE_ROLL_MS = 300;

/** One stretch of speech of one person: from the pre-roll to the silence that ended it. */
export interface Utterance {
  /** Instant of its first voiced frame. */
  readonly startedAt: number;
  /** Instants at which its first and its last voiced packet came. */
  readonly voicedFrom: number;
  voicedUntil: number;
  /** Sound not taken yet, oldest first. */
  readonly frames: Int16Array[];
  queuedMs: number;
  /** Length of everything that was ever in it, in ms. */
  totalMs: number;
  /** No more sound comes. */
  closed: boolean;
}

/** What a frame changed. */
export interface SpeakerUpdate {
  readonly levelDb: number;
  readonly voiced: boolean;
  /** Speech was decided with this frame. */
  readonly started: Utterance | undefined;
  /** Oldest sound thrown away because the person's queue is full, in ms. */
  readonly droppedMs: number;
}

/**
 * One person's ear: pre-roll, the decision that speech begins and ends, and the queue of what they said and nobody
 * took yet. The queue holds whole utterances, bounded to `limitMs`; past that the oldest sound goes.
 */
export class SpeakerQueue {
  readonly #rate: number;
  readonly #limitMs: number;
  readonly #detector = new VoiceDetector();
  /** Behind the detector, which judges what really came. */
  readonly #gain: AutomaticGain | undefined;
  readonly #utterances: Utterance[] = [];
  #preRoll: { pcm: Int16Array; ms: number }[] = [];
  #preRollMs = 0;
  #runMs = 0;
  #runStartedAt = 0;
  #runReceivedAt = 0;
  #lastVoicedAt = Number.NEGATIVE_INFINITY;
  #open: Utterance | undefined;

  /** `rate` of the sound in Hz. `evenLevel`: quiet and loud voices are brought to a common level. */
  constructor(options: { rate: number; limitMs: number; evenLevel?: boolean }) {
    this.#rate = options.rate;
    this.#gain = options.evenLevel ? new AutomaticGain() : undefined;
    this.#limitMs = options.limitMs;
  }

  /** The person speaks: an utterance is open. */
  get talking(): boolean {
    return this.#open !== undefined;
  }

  /** Instant of the last voiced frame. */
  get lastVoicedAt(): number {
    return this.#lastVoicedAt;
  }

  /** Voiced sound not yet decided to be speech, in ms: what may be a cough or a beginning. */
  get undecidedMs(): number {
    return this.#open ? 0 : this.#runMs;
  }

  /** Instant of the first voiced frame of the stretch that is undecided or speech. */
  get runStartedAt(): number {
    return this.#runStartedAt;
  }

  /** The oldest utterance not taken yet. */
  get first(): Utterance | undefined {
    return this.#utterances[0];
  }

  /** The newest utterance not taken yet. */
  get last(): Utterance | undefined {
    return this.#utterances.at(-1);
  }

  /** Sound that waits, in ms. */
  get queuedMs(): number {
    return this.#utterances.reduce((sum, one) => sum + one.queuedMs, 0);
  }

  /**
   * Takes a frame at `now`; its packet came at `receivedAt`. `gapMs` of silence lay before it; `onsetMs` of voice make it
   * speech.
   */
  push(received: Int16Array, gapMs: number, now: number, onsetMs: number, receivedAt = now): SpeakerUpdate {
    const ms = (received.length * 1000) / this.#rate;
    const voice = this.#detector.push(received, ms);
    const { levelDb, voiced } = voice;
    const pcm = this.#gain?.push(received, voice, ms) ?? received;
    if (voiced) {
      if (this.#runMs === 0 && !this.#open) {
        this.#runStartedAt = now;
        this.#runReceivedAt = receivedAt;
      }
      if (this.#open) this.#open.voicedUntil = receivedAt;
      this.#lastVoicedAt = now;
    }
    let started: Utterance | undefined;
    if (this.#open) {
      if (gapMs > 0) this.#append(this.#open, new Int16Array(Math.round((gapMs * this.#rate) / 1000)), gapMs);
      this.#append(this.#open, pcm, ms);
    } else {
      this.#runMs = voiced ? this.#runMs + ms : Math.max(0, this.#runMs - ms);
      this.#remember(pcm, ms, gapMs);
      if (this.#runMs >= onsetMs) started = this.#start(receivedAt);
    }
    return { levelDb, voiced, started, droppedMs: this.#trim() };
  }

  /** Forgets a stretch of voice that never became speech, once nothing came for a while. */
  settle(now: number, afterMs: number): void {
    if (!this.#open && now - this.#lastVoicedAt >= afterMs) this.#runMs = 0;
  }

  /** Ends the open utterance; what comes next is another one. */
  close(): void {
    if (!this.#open) return;
    this.#open.closed = true;
    this.#open = undefined;
    this.#runMs = 0;
  }

  /** Ends the open utterance in the middle of speech and goes on in a new one. */
  split(now: number): void {
    if (!this.#open) return;
    this.#open.closed = true;
    const voicedFrom = this.#open.voicedUntil;
    this.#open = {
      startedAt: now,
      voicedFrom,
      voicedUntil: voicedFrom,
      frames: [],
      queuedMs: 0,
      totalMs: 0,
      closed: false,
    };
    this.#utterances.push(this.#open);
  }

  /**
   * What was just begun goes on in the utterance before it, if that waits whole and is shorter than `longestMs`. Gives
   * whether it did.
   */
  joinLast(longestMs: number): boolean {
    const [before, begun] = this.#utterances.slice(-2);
    if (!before || !begun || begun !== this.#open || before.queuedMs < before.totalMs) return false;
    if (before.totalMs >= longestMs) return false;
    this.#utterances.pop();
    before.frames.push(...begun.frames);
    before.queuedMs += begun.queuedMs;
    before.totalMs += begun.totalMs;
    before.voicedUntil = begun.voicedUntil;
    before.closed = false;
    this.#open = before;
    return true;
  }

  /** Removes and gives the sound of the first utterance that is there now. */
  takeFrames(): Int16Array[] {
    const first = this.#utterances[0];
    if (!first) return [];
    first.queuedMs = 0;
    return first.frames.splice(0);
  }

  /** Removes the first utterance from the queue: its turn is over. */
  dropFirst(): void {
    const first = this.#utterances.shift();
    if (first && first === this.#open) this.close();
  }

  #start(receivedAt: number): Utterance {
    const utterance: Utterance = {
      startedAt: this.#runStartedAt,
      voicedFrom: this.#runReceivedAt,
      voicedUntil: receivedAt,
      frames: this.#preRoll.map((one) => one.pcm),
      queuedMs: this.#preRollMs,
      totalMs: this.#preRollMs,
      closed: false,
    };
    this.#preRoll = [];
    this.#preRollMs = 0;
    this.#runMs = 0;
    this.#open = utterance;
    this.#utterances.push(utterance);
    return utterance;
  }

  #append(utterance: Utterance, pcm: Int16Array, ms: number): void {
    utterance.frames.push(pcm);
    utterance.queuedMs += ms;
    utterance.totalMs += ms;
  }

  #remember(pcm: Int16Array, ms: number, gapMs: number): void {
    if (gapMs >= PRE_ROLL_MS) {
      this.#preRoll = [];
      this.#preRollMs = 0;
    } else if (gapMs > 0) {
      this.#preRoll.push({ pcm: new Int16Array(Math.round((gapMs * this.#rate) / 1000)), ms: gapMs });
      this.#preRollMs += gapMs;
    }
    this.#preRoll.push({ pcm, ms });
    this.#preRollMs += ms;
    // The voiced run itself is never cut: with a long onset it is more than the pre-roll.
    const keep = PRE_ROLL_MS + this.#runMs;
    while (this.#preRollMs - (this.#preRoll[0]?.ms ?? 0) >= keep) this.#preRollMs -= this.#preRoll.shift()?.ms ?? 0;
  }

  #trim(): number {
    let dropped = 0;
    for (let excess = this.queuedMs - this.#limitMs; excess > 0; ) {
      const oldest = this.#utterances.find((one) => one.frames.length > 0);
      const frame = oldest?.frames.shift();
      if (!oldest || !frame) break;
      const ms = (frame.length * 1000) / this.#rate;
      oldest.queuedMs -= ms;
      excess -= ms;
      dropped += ms;
    }
    return dropped;
  }
}
