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
 * Folders whose slow files share processes, and how many do: each loads the same libraries, for longer than it runs. A file
 * that times the bot, or looks at what is left in its process, is in none of them.
 */
const FAMILIES: readonly (readonly [folder: string, sharing: number])[] = [
  ['test/commands/', 7],
  ['simulator/test/', 8],
  ['test/tools/', 7],
  ['test/privacy/', 7],
];

/**
 * Longest first. A slow file outside the families has a process of its own, and so has a fast one with a clock of its own;
 * the others share theirs.
 */
export function plan(files: readonly string[], options: { readonly onlyFast: boolean }): Job[] {
  const slow = files.filter((file) => !isFast(file)).sort(longestFirst);
  const families = FAMILIES.flatMap(([folder, sharing]) =>
    spread(
      slow.filter((file) => file.startsWith(folder)),
      sharing,
    ),
  );
  const alone = slow.filter((file) => !FAMILIES.some(([folder]) => file.startsWith(folder))).map((file) => [file]);
  const fast = files.filter(isFast);
  const shareable = fast.filter((file) => !hasOwnClock(file));
  const single = fast.filter(hasOwnClock).map((file) => [file]);
  const walled = [...spread(shareable, SHARING), ...single].map((list) => ({ files: list, how: 'walled' as const }));
  if (options.onlyFast) return walled;
  return [
    ...families.map((list) => ({ files: list, how: 'shared' as const })),
    ...alone.map((list) => ({ files: list, how: 'alone' as const })),
    ...walled,
  ];
}

/** These in lists of at most so many, those beside each other in different ones. */
function spread(files: readonly string[], most: number): string[][] {
  const count = Math.ceil(files.length / most);
  return Array.from({ length: count }, (_, k) => files.filter((_, i) => i % count === k));
}

/** More than half a minute each, most of it waiting (`npm test -- --times`). */
const LONGEST =
  /\/(faults-table|event-order|faults-connection|supervisor|faulty-lines|network|every-command|mcp|main-job|successors)\.test\.ts$/;

/** Files that start the whole bot take longest: they come first, so that no long one is left for the end. */
function longestFirst(one: string, other: string): number {
  const rank = (file: string): number =>
    LONGEST.test(file) ? 0 : /^test\/(blackbox|started|model|cli)\//.test(file) ? 1 : 2;
  return rank(one) - rank(other) || basename(one).localeCompare(basename(other));
}
