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
