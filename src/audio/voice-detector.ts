import { levelDb, SILENCE_DB } from './level.ts';

/** Below this nothing counts as voice, however quiet the room is. */
const LOWEST_VOICE_DB = -52;
/** Voice stands out of the person's own noise by this much. */
const MARGIN_DB = 9;
/** Noise cannot rise so far that a normal voice (−35…−15 dBFS) no longer stands out. */
const HIGHEST_FLOOR_DB = -36;
const START_FLOOR_DB = -65;
/** A level that moved less than this over the window is noise: a fan, a hum, not speech, which moves by 20 dB and more. */
const STEADY_RANGE_DB = 4;
const STEADY_WINDOW_MS = 1000;
const RISE_DB_PER_SECOND = 8;

/** What one frame was. */
export interface Voice {
  readonly levelDb: number;
  readonly voiced: boolean;
}

/**
 * Decides frame by frame whether one person's sound is voice, by its level over a noise floor that follows this
 * person's own noise: down at once, up slowly and only under a steady sound, so that long speech does not deafen it.
 */
export class VoiceDetector {
  #floorDb = START_FLOOR_DB;
  #windowMs = 0;
  #lowDb = 0;
  #highDb = SILENCE_DB;

  get floorDb(): number {
    return this.#floorDb;
  }

  /** `pcm` mono; `durationMs` its length. */
  push(pcm: Int16Array, durationMs: number): Voice {
    const level = levelDb(pcm);
    const voiced = level > Math.max(this.#floorDb + MARGIN_DB, LOWEST_VOICE_DB);
    // Digital silence is what clients send at the end of a talk spurt, not the noise of a room.
    if (level > SILENCE_DB + 10) this.#follow(level, durationMs);
    return { levelDb: level, voiced };
  }

  #follow(level: number, durationMs: number): void {
    if (level < this.#floorDb) this.#floorDb += (level - this.#floorDb) * 0.3;
    this.#lowDb = Math.min(this.#lowDb, level);
    this.#highDb = Math.max(this.#highDb, level);
    this.#windowMs += durationMs;
    if (this.#windowMs < STEADY_WINDOW_MS) return;
    if (this.#highDb - this.#lowDb < STEADY_RANGE_DB) {
      const rise = (RISE_DB_PER_SECOND * this.#windowMs) / 1000;
      this.#floorDb = Math.min(this.#floorDb + rise, this.#highDb, HIGHEST_FLOOR_DB);
    }
    this.#windowMs = 0;
    this.#lowDb = 0;
    this.#highDb = SILENCE_DB;
  }
}
