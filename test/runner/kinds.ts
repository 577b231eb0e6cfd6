import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

/** Imports that stay when types are stripped. */
const IMPORT =
  /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)|new URL\('([^']+\.ts)'/gm;
/** Whoever imports one of these opens a socket, or starts a process or a worker. */
const OUTSIDE =
  /^(?:node:(?:net|dgram|http|https|http2|tls|child_process|worker_threads|cluster)|ws|@parley\/simulator\/.*|simulator\/src\/(?:discord|models)\/.*)$/;
/** Files of tests. Those of the product do not count: there, a test puts something else in the place of a socket. */
const OF_TESTS = /^(?:test|simulator)\//;
/** Files that import nothing of that and yet need it: what they test starts a worker, a program or a connection by itself. */
const BY_THEMSELVES = [
  'test/tools/builtin/run-code.test.ts',
  'test/tools/call-gate.test.ts',
  'test/usage/chart/usage-chart.test.ts',
];

const OWN_CLOCK = /mock\.method\((?:performance|Date), 'now'|\/made-up-time\.ts'/;

/** All test files, by path. */
export function testFiles(): string[] {
  return globSync('{test,simulator/test}/**/*.test.ts').sort();
}

/** Whether the file needs no socket, no worker and no child process. `npm run test:fast` runs it where these throw (walls.ts). */
export function isFast(file: string): boolean {
  if (!OF_TESTS.test(file) || BY_THEMSELVES.includes(file)) return false;
  const seen = new Set([file]);
  for (const one of seen) {
    if (OUTSIDE.test(one)) return false;
    if (OF_TESTS.test(one)) for (const imported of importsOf(one)) seen.add(imported);
  }
  return true;
}

/** Whether it puts another clock in the place of the process's: what other files keep from it would be wrong behind it. */
export function hasOwnClock(file: string): boolean {
  return OWN_CLOCK.test(readFileSync(file, 'utf8'));
}

const known = new Map<string, readonly string[]>();

/** Modules by name, files by path from the root. */
function importsOf(file: string): readonly string[] {
  const before = known.get(file);
  if (before) return before;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = [...text.matchAll(IMPORT)]
    .map(([, one, other, url]) => one ?? other ?? url ?? '')
    .map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
  known.set(file, found);
  return found;
}
