import { pastMoment as understood } from '../../src/time/past.ts';

/** Whose clocks, days and languages count. */
export interface PastContext {
  readonly now: number;
  /** Absent: UTC's. */
  readonly zone?: string | null;
  readonly locales?: readonly string[];
  /** A day without a time of day is its end. */
  readonly end?: boolean;
}

/**
 * The instant (ms since 1970) that somebody means by `2026-11-20`, `yesterday`, `yesterday 18:00` or `2h` (ago). A day
 * without a time of day is its beginning, or with `end` its end. Undefined: it means no time, or it is not certain which.
 */
export function pastMoment(words: string, context: PastContext): number | undefined {
  const found = pastTime(words, context);
  return typeof found === 'number' ? found : undefined;
}

/** The same; where it is not certain, a question in one sentence, and null where it means no time. */
export function pastTime(words: string, { now, zone, locales = [], end = false }: PastContext): number | string | null {
  const found = understood(words, { now, zone: zone ?? 'UTC', locales }, { end });
  return 'at' in found ? found.at : found.question;
}
