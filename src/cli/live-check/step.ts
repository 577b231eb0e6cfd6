/** One row of the table: what was tried, what came of it, and what should have. No ids, keys or names of people in it. */
export interface Step {
  readonly name: string;
  readonly verdict: 'ok' | 'failed' | 'note' | 'skipped';
  readonly measured: string;
  readonly expected: string;
  /** What to look at where it failed. */
  readonly advice?: string;
}

const MARK = { ok: '✓', failed: '✗', note: '–', skipped: '·' } as const;
const NAME_WIDTH = 28;
const MEASURED_WIDTH = 66;

/** The row as the terminal shows it; the advice stands below it. */
export function rowOf({ name, verdict, measured, expected, advice }: Step): string {
  const row = `${MARK[verdict]} ${name.padEnd(NAME_WIDTH)} ${measured.padEnd(MEASURED_WIDTH)} ${expected}`.trimEnd();
  return advice === undefined || verdict === 'ok' ? row : `${row}\n    → ${advice}`;
}

/** `1.3 s`, `240 ms`. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
