import { basename } from 'node:path';
import { hasOwnClock, isFast } from './kinds.ts';

/** What one process runs. */
export interface Job {
  readonly files: readonly string[];
  /** `walled`: none of them needs a socket, a worker or a child process, and these throw. `alone`: one file, as it is. */
  readonly how: 'walled' | 'shared' | 'alone';
}

/** So many fast files share a process: Node and TypeScript take longer to start than most of them to run. */
const SHARING = 20;

/**
 * Longest first. A slow file has a process of its own, and a fast one that has a clock of its own, too; the others share
 * theirs, those of one folder spread over all of them.
 */
export function plan(files: readonly string[], options: { readonly onlyFast: boolean }): Job[] {
  const slow = files.filter((file) => !isFast(file)).sort(longestFirst);
  const fast = files.filter(isFast);
  const shareable = fast.filter((file) => !hasOwnClock(file));
  const count = Math.ceil(shareable.length / SHARING);
  const shared = Array.from({ length: count }, (_, k) => shareable.filter((_, i) => i % count === k));
  const single = fast.filter(hasOwnClock).map((file) => [file]);
  const quick = [...shared, ...single].map((list) => ({ files: list, how: 'walled' as const }));
  return options.onlyFast ? quick : [...slow.map((file) => ({ files: [file], how: 'alone' as const })), ...quick];
}

/** Files that start the whole bot take longest: they come first, so that no long one is left for the end. */
function longestFirst(one: string, other: string): number {
  const rank = (file: string): number => (/^test\/(blackbox|started|model|cli)\//.test(file) ? 0 : 1);
  return rank(one) - rank(other) || basename(one).localeCompare(basename(other));
}
