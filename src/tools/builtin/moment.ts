import { pastMoment } from '../../time/past.ts';
import { understand } from '../../time/phrase.ts';
import type { Understood } from '../../time/understood.ts';
import { ToolError } from '../tool.ts';

/** Where, when and in which languages something is said. `timeZone` null: nobody chose one. */
export interface MomentContext {
  readonly now: Date;
  readonly timeZone: string | null;
  /** Of the person, the likeliest first. English is read as well. */
  readonly locales?: readonly string[];
}

/** What people mean to come: an instant, or a repetition. Throws ToolError with a question where that is not certain. */
export type Planned = Extract<Understood, { kind: 'at' | 'repeat' }>;

/** What words mean that say when something is to be. Throws ToolError: a question for the person, or why it cannot be. */
export function plannedMoment(words: string, { now, timeZone, locales = [] }: MomentContext): Planned {
  const meant = understand(words, { now: now.getTime(), zone: timeZone, locales });
  switch (meant.kind) {
    case 'at':
    case 'repeat':
      return meant;
    case 'ask':
      throw new ToolError(`That is not certain. Ask the person: ${meant.question}`);
    case 'refuse':
      throw new ToolError(meant.reason);
    case 'zone':
      throw new ToolError(
        'In which city or time zone? Ask the person, then call again with `place`. `/voice timezone` sets one for this server.',
      );
    case 'unknown':
    case 'day':
      throw noTime(words);
    default:
      return meant satisfies never;
  }
}

/**
 * The one instant that words mean, in ms since 1970: `in 20 minutes`, `tomorrow at 9:00`, an ISO date. `past`: what was.
 * A day alone is its beginning then, and with `end` its end. Throws ToolError as plannedMoment() does.
 */
export function momentOf(
  words: string,
  { past = false, end = false, ...context }: MomentContext & { readonly past?: boolean; readonly end?: boolean },
): number {
  if (!past) {
    const planned = plannedMoment(words, context);
    if (planned.kind === 'at') return planned.at;
    throw new ToolError(`${JSON.stringify(words)} comes again and again: which one is meant?`);
  }
  const { now, timeZone, locales = [] } = context;
  const found = pastMoment(words, { now: now.getTime(), zone: timeZone ?? 'UTC', locales }, { end });
  if ('at' in found) return found.at;
  throw found.question === null
    ? noTime(words)
    : new ToolError(`That is not certain. Ask the person: ${found.question}`);
}

function noTime(words: string): ToolError {
  return new ToolError(`${JSON.stringify(words)} is no time. Say it like "in 20 minutes" or "tomorrow at 9:00".`);
}
