/** A straight line through samples: its rise over the whole time, and the standard error of that rise. */
export interface Trend {
  readonly rise: number;
  readonly error: number;
}

/** Least squares. NaN for fewer than three samples. */
export function trend(samples: readonly { readonly at: number; readonly value: number }[]): Trend {
  const n = samples.length;
  if (n < 3) return { rise: Number.NaN, error: Number.NaN };
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / n;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / n;
  const spread = samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const slope = samples.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - mean), 0) / spread;
  const left = samples.reduce((sum, { at, value }) => sum + (value - mean - slope * (at - meanAt)) ** 2, 0);
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  return { rise: slope * span, error: Math.sqrt(left / (n - 2) / spread) * span };
}
