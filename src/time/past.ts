import { understand } from './phrase.ts';
import type { PhraseContext } from './understood.ts';

const UNITS: Readonly<Record<string, string>> = { m: 'minutes', h: 'hours', d: 'days', w: 'weeks' };

/**
 * The instant (ms since 1970) that somebody means by `2026-11-20`, `yesterday`, `yesterday 18:00` or `2h` (ago), by the
 * clocks of a zone. A day without a time of day is its first instant, or with `end` that of the day after. `question`: what
 * is not clear, in one sentence; null: it means no time.
 */
export function pastMoment(
  words: string,
  context: Omit<PhraseContext, 'past' | 'zone'> & { readonly zone: string },
  { end = false }: { readonly end?: boolean } = {},
): { readonly at: number } | { readonly question: string | null } {
  const short = /^\s*(\d{1,4}) ?(m|min|h|d|w)\s*$/i.exec(words);
  // As the commands say it, whatever the language: elsewhere 18h is a time of day.
  const meant = understand(short ? `${short[1]} ${UNITS[short[2]?.[0]?.toLowerCase() ?? ''] ?? ''} ago` : words, {
    ...context,
    past: true,
  });
  switch (meant.kind) {
    case 'at':
      return { at: meant.at };
    case 'day':
      return { at: end ? meant.to : meant.from };
    case 'ask':
      return { question: meant.question };
    case 'refuse':
      return { question: meant.reason };
    case 'repeat':
    case 'zone':
    case 'unknown':
      return { question: null };
    default:
      return meant satisfies never;
  }
}
