/** A sine of `hz`, mono. `amplitude` 0…1 of full scale. */
export function tone(options: {
  hz: number;
  ms: number;
  rate: number;
  amplitude?: number;
  offset?: number;
}): Int16Array {
  const { hz, ms, rate, amplitude = 0.3, offset = 0 } = options;
  const samples = Math.round((ms * rate) / 1000);
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(32767 * amplitude * Math.sin((2 * Math.PI * hz * (i + offset)) / rate)),
  );
}

/** How many frames of 20 ms are this frequency. A gap between two of them counts for nothing, and shifts no phase. */
export function framesOf(pcm: Int16Array, hz: number, rate: number): number {
  const frame = rate / 50;
  const frames = Array.from({ length: Math.floor(pcm.length / frame) }, (_, i) => i * frame);
  return frames.filter((from) => share(pcm.subarray(from, from + frame), hz, rate) > 0.9).length;
}

/** Power of one frequency in the sound relative to the sound's whole power, 0…1 (Goertzel). */
export function share(pcm: Int16Array, hz: number, rate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let s1 = 0;
  let s2 = 0;
  let power = 0;
  for (const sample of pcm) {
    const s0 = sample + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
    power += sample * sample;
  }
  if (power === 0) return 0;
  return (2 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2)) / (pcm.length * power);
}
