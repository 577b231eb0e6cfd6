import type { RecordedRequest } from '@parley/simulator/discord';
import type { Sentence } from './people.ts';

/** A trouble as it struck. `from`, `over`: performance.now(). */
export interface Struck {
  readonly name: string;
  readonly deafens: boolean;
  readonly takesAway: boolean;
  readonly losesMs: number;
  readonly from: number;
  readonly over: number;
}

/** An utterance of a person as it stands in the record. */
export interface Recorded {
  readonly userId: string | null;
  readonly text: string;
}

/** When nothing needs to have been heard: from before a trouble until the first sentence afterwards came to the model. */
export interface DeafTime {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** From the end of the trouble to the beginning of the first sentence that came; NaN: none did. */
  readonly recoveredMs: number;
}

/** `heard`: the numbers that came to the model. */
export function deafTimes(
  struck: readonly Struck[],
  sentences: readonly Sentence[],
  heard: ReadonlySet<number>,
): DeafTime[] {
  return struck
    .filter((one) => one.deafens)
    .map(({ name, from, losesMs, over }) => {
      const first = sentences.find((one) => one.from > over && heard.has(one.number));
      return {
        name,
        from: from - losesMs,
        to: first?.from ?? Number.POSITIVE_INFINITY,
        recoveredMs: (first?.from ?? Number.NaN) - over,
      };
    });
}

/** What is wrong with the record, a line each. */
export function recordFaults(
  sentences: readonly Sentence[],
  recorded: readonly Recorded[],
  deaf: readonly DeafTime[],
): {
  readonly demanded: number;
  readonly there: number;
  /** Those that stand in the record as somebody's of whom it is not known who. */
  readonly unclear: number;
  readonly faults: string[];
} {
  const rows = new Map<number, Recorded[]>();
  for (const row of recorded) {
    for (const [, number] of row.text.matchAll(/number (\d+)/g)) {
      rows.set(Number(number), [...(rows.get(Number(number)) ?? []), row]);
    }
  }
  const faults: string[] = [];
  let demanded = 0;
  let there = 0;
  let unclear = 0;
  for (const { number, name, userId, from, to } of sentences) {
    const found = rows.get(number) ?? [];
    if (found.length > 0) there += 1;
    if (found.length > 1) faults.push(`number ${number} of ${name} stands ${found.length} times`);
    if (found.some((row) => row.userId === null)) unclear += 1;
    if (found.some((row) => row.userId !== null && row.userId !== userId)) {
      const other = sentences.find((one) => found.some((row) => row.userId === one.userId))?.name ?? 'nobody known';
      faults.push(`number ${number} of ${name} stands under ${other}`);
    }
    if (deaf.some((time) => from <= time.to && to >= time.from)) continue;
    demanded += 1;
    if (found.length === 0) faults.push(`number ${number} of ${name} is missing (said at ${Math.round(from)})`);
  }
  return { demanded, there, unclear, faults };
}

/** Numbers that stand in the channel more than once, and how many of those in the record stand nowhere. */
export function postFaults(
  posts: readonly string[],
  recorded: readonly Recorded[],
): { readonly twice: readonly number[]; readonly missing: number } {
  const times = new Map<number, number>();
  for (const number of numbersIn(posts)) times.set(number, (times.get(number) ?? 0) + 1);
  const wanted = new Set(numbersIn(recorded.map((row) => row.text)));
  return {
    twice: [...times].filter(([, count]) => count > 1).map(([number]) => number),
    missing: [...wanted].filter((number) => !times.has(number)).length,
  };
}

function numbersIn(texts: readonly string[]): number[] {
  return texts.flatMap((text) => [...text.matchAll(/number (\d+)/g)].map(([, number]) => Number(number)));
}

/** What a right is judged by at the moment at which it is used: channels, roles, and the member. */
const RIGHTS = /^\/guilds\/\d+\/(channels|roles|members\/\d+)$/;
const RIGHTS_ASKED = 3;
/** A command that is typed at the end of a minute is answered in the next. */
const CARRIED_MS = 5_000;

/**
 * Of every minute, how many requests the conversation did not need: those that failed, and those that only looked. Each use
 * of a right (`uses`: commands typed and calls of tools, performance.now()) may ask for what it is judged by.
 */
export function needlessPerMinute(
  requests: readonly RecordedRequest[],
  uses: readonly number[],
  startedAt: number,
): number[] {
  const minuteOf = (at: number): number => Math.floor((at - startedAt) / 60_000);
  const minutes: number[] = [];
  const asked: number[] = [];
  for (const { method, path, status, at } of requests) {
    if (status < 400 && method !== 'GET') continue;
    const counts = status < 400 && RIGHTS.test(path) ? asked : minutes;
    counts[minuteOf(at)] = (counts[minuteOf(at)] ?? 0) + 1;
  }
  return Array.from({ length: Math.max(minutes.length, asked.length) }, (_, minute) => {
    const used = uses.filter((at) => minuteOf(at) === minute || minuteOf(at + CARRIED_MS) === minute).length;
    return (minutes[minute] ?? 0) + Math.max(0, (asked[minute] ?? 0) - used * RIGHTS_ASKED);
  });
}
