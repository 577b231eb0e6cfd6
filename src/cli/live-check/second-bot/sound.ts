/** A packet of the bot's voice as it came. `at`: performance.now() of who heard it. */
export interface HeardFrame {
  readonly at: number;
  /** Of its sound, in dB below full scale. */
  readonly db: number;
  /** It could not be decrypted: what is left is the ciphertext of DAVE. */
  readonly sealed: boolean;
  /** Discord’s frame of silence, which stands for sound that was not there in time. */
  readonly filler: boolean;
}

/** What a stretch of somebody's voice is like. Null: there was none. */
export interface Sound {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly ms: number;
  /** How much of it did not come, or not in time, 0–1. */
  readonly missing: number;
  /** The longest time in which nothing of it came. */
  readonly longestGapMs: number;
  /** How much of what came is louder than silence, 0–1. */
  readonly voiced: number;
  /** Of what is louder than silence. */
  readonly levelDb: number;
  readonly sealed: number;
}

export const FRAME_MS = 20;
/** Below this it is silence. */
export const SILENCE_DB = -50;

/** From the first frame that is louder than silence to the last one. */
export function soundOf(frames: readonly HeardFrame[]): Sound | null {
  const loud = frames.filter(({ db }) => db > SILENCE_DB);
  const [first, last] = [loud.at(0), loud.at(-1)];
  if (!first || !last) return null;
  const within = frames.filter(({ at, filler }) => at >= first.at && at <= last.at && !filler);
  const ms = last.at - first.at + FRAME_MS;
  const gaps = within.slice(1).map(({ at }, index) => at - (within[index]?.at ?? at));
  const power = loud.reduce((sum, { db }) => sum + 10 ** (db / 10), 0) / loud.length;
  return {
    firstAt: first.at,
    lastAt: last.at,
    ms,
    // Packets that came in a burst make the span shorter than their sound.
    missing: Math.max(0, 1 - (within.length * FRAME_MS) / ms),
    longestGapMs: Math.max(0, ...gaps),
    voiced: loud.length / within.length,
    levelDb: 10 * Math.log10(power),
    sealed: within.filter(({ sealed }) => sealed).length,
  };
}
