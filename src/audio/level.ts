const FULL_SCALE = 32768;
/** The level of digital silence, in dBFS: lower than any real signal in 16 bits. */
export const SILENCE_DB = -100;

/** RMS level of mono 16-bit samples in dBFS, SILENCE_DB for silence or no samples. */
export function levelDb(pcm: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < pcm.length; i += 1) {
    const sample = pcm[i] as number;
    sum += sample * sample;
  }
  if (sum === 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, 10 * Math.log10(sum / pcm.length / (FULL_SCALE * FULL_SCALE)));
}
