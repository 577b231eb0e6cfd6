import { joined } from '../../audio/frames.ts';
import type { SpeakerQueue, Utterance } from '../../audio/speaker-queue.ts';
import type { Turn, UserId } from '../../ports/voice.ts';
import type { SpeechClaim } from './claim-queue.ts';
import type { FloorDecision } from './floor-decision.ts';

/** Sound that waited goes out in pieces of about this length: one message for each frame would cost ten times as much. */
const CHUNK_MS = 200;
/** Silence is given out in whole frames, and only once so much is missing. */
const FRAME_MS = 20;
const MISSING_MS = 60;

type Audio = Extract<FloorDecision, { type: 'audio' }>;

/** The turn that has the floor, and its sound on the way out. Pure: time comes in, in ms. */
export class Holding {
  readonly turn: Turn;
  readonly speaker: SpeakerQueue;
  readonly utterance: Utterance;
  readonly userId: UserId;
  readonly #rate: number;
  /** Until when sound was given out, for the silence that a provider's detector needs. */
  #filledUntil: number;

  /** `rate` of the frames in Hz. */
  constructor(
    turn: Turn,
    { speaker, utterance, userId }: SpeechClaim,
    { rate, now }: { readonly rate: number; readonly now: number },
  ) {
    this.turn = turn;
    this.speaker = speaker;
    this.utterance = utterance;
    this.userId = userId;
    this.#rate = rate;
    this.#filledUntil = now;
  }

  /** The sound that waits, in pieces. */
  stream(now: number): readonly Audio[] {
    this.#filledUntil = now;
    const chunks = joined(this.speaker.takeFrames(), (CHUNK_MS * this.#rate) / 1000);
    return Array.from(chunks, (pcm) => ({ type: 'audio', pcm }));
  }

  /** A provider's detector hears the end of speech only if it hears silence; Discord sends none. */
  fillSilence(now: number): readonly Audio[] {
    const missingMs = Math.floor((now - this.#filledUntil) / FRAME_MS) * FRAME_MS;
    if (missingMs < MISSING_MS) return [];
    this.#filledUntil += missingMs;
    return [{ type: 'audio', pcm: new Int16Array((missingMs * this.#rate) / 1000) }];
  }

  /** Of a gap in the sound, in ms, the part that fillSilence() has not given out already. */
  unfilled(gapMs: number, now: number): number {
    return Math.min(gapMs, Math.max(0, now - this.#filledUntil - FRAME_MS));
  }
}
