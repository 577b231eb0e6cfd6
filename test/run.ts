import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type EventData, run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { serveConformance } from './support/world/conformance.ts';

/**
 * `npm test`: every test file in a process of its own, some at a time. Node's own command line waits without end for a file
 * that does not: a test that failed before it closed its server, a process left behind that holds the output, a loop.
 * Here a file has a deadline, what it left behind is ended, and a file that ended says so at once.
 *
 * `node test/run.ts [--concurrency N] [--again] [--deadline SECONDS] [a file, or a part of a file's name ...]`
 */

/** A test that hangs. Ms. */
const TEST_MS = 120_000;
/** More files than these did not fail by the machine's load. */
const MOST_AGAIN = 12;
/** How often a file may run alone: some wait for what a plain bridge does wrong, which takes a machine that has time. */
const ROUNDS = 2;
/** So many run at a time in any case. */
const FEWEST = 2;
/** Another one begins while so much of the processors' time is idle: tests that wait share them well, tests that work do not. */
const IDLE_SHARE = 0.4;
/** How long idleness is looked at, and what a file is given to begin its work. Ms. */
const LOOK_MS = 1_500;
/** Marks the processes of one file. */
const MARK = 'PARLEY_TEST_FILE';

interface Outcome {
  readonly file: string;
  readonly seconds: number;
  readonly counts: Record<'passed' | 'failed' | 'skipped', number>;
  readonly ok: boolean;
  /** What the reporter says of it. */
  readonly report: string;
  /** Command lines of processes that outlived it. */
  readonly left: readonly string[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // At the most.
    concurrency: { type: 'string', default: '8' },
    again: { type: 'boolean', default: false },
    // The longest file takes 90 s beside others.
    deadline: { type: 'string', default: '300' },
  },
});
const known = globSync('{test,simulator/test}/**/*.test.ts').sort(longestFirst);
const named = positionals.flatMap((part) =>
  statSync(part, { throwIfNoEntry: false })?.isFile() ? [part] : known.filter((file) => file.includes(part)),
);
// Of a file that two of them name, one run would end the other as left behind.
const files = positionals.length === 0 ? known : [...new Set(named)];
if (files.length === 0) fail(`No test file has ${positionals.join(' or ')} in its name.`);
const conformance = await serveConformance();
const began = performance.now();
const outcomes = await all(files, Number(values.concurrency));
let failed = outcomes.filter(({ ok }) => !ok);
for (const { file, report } of failed) say(`\n${file}\n${report}`);
for (let round = 0; values.again && round < ROUNDS && failed.length > 0 && failed.length <= MOST_AGAIN; round++) {
  say(`\nFailed, now alone: ${failed.map(({ file }) => file).join(' ')}`);
  const again = await all(
    failed.map(({ file }) => file),
    1,
  );
  failed = again.filter(({ ok }) => !ok);
  for (const { file, report } of failed) say(`\n${file}\n${report}`);
}
const sum = (key: keyof Outcome['counts']): number => outcomes.reduce((total, { counts }) => total + counts[key], 0);
say(`\n${files.length} files, ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
say(`${Math.round((performance.now() - began) / 1000)} s`);
if (failed.length > 0) fail(`Failed: ${failed.map(({ file }) => file).join(' ')}`);
process.exit(0);

/** Runs these files, at most `concurrency` at a time, and says how each ended. */
async function all(list: readonly string[], concurrency: number): Promise<Outcome[]> {
  const running = new Set<Promise<void>>();
  const done: Outcome[] = [];
  for (const file of list) {
    while (running.size >= FEWEST) {
      const ended = Promise.race(running).then(() => 0);
      const share = await (running.size < concurrency ? Promise.race([ended, idleShare()]) : ended);
      if (share >= IDLE_SHARE) break;
    }
    const run = one(file).then((outcome) => {
      done.push(outcome);
      running.delete(run);
      tell(outcome);
    });
    running.add(run);
  }
  await Promise.all(running);
  return done;
}

function tell({ file, seconds, counts, ok, left }: Outcome): void {
  const failures = counts.failed ? `, ${counts.failed} failed` : '';
  say(`${ok ? '✔' : '✖'} ${file} ${seconds.toFixed(1)} s, ${counts.passed} passed${failures}`);
  for (const command of left) say(`  it left a process behind: ${command}`);
}

/** How much of the processors' time is not used, 0 to 1; takes LOOK_MS. */
async function idleShare(): Promise<number> {
  const sum = (): { idle: number; all: number } => {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((total, one) => total + one.idle, 0);
    return { idle, all: times.reduce((total, one) => total + one.user + one.nice + one.sys + one.irq + one.idle, 0) };
  };
  const before = sum();
  await wait(LOOK_MS);
  const after = sum();
  return (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

async function one(file: string): Promise<Outcome> {
  const events: TestEvent[] = [];
  const start = performance.now();
  const stream = run({
    files: [file],
    isolation: 'process',
    execArgv: ['--import', './test/compile-cache.ts'],
    env: { ...process.env, ...conformance, [MARK]: file },
    timeout: TEST_MS,
    signal: AbortSignal.timeout(Number(values.deadline) * 1_000),
  });
  for await (const event of stream) events.push(event as TestEvent);
  const whole = events.findLast(({ type }) => type === 'test:summary')?.data as EventData.TestSummary | undefined;
  const { tests = 1, passed = 0, skipped = 0, todo = 0 } = whole?.counts ?? {};
  const counts = { passed, skipped, failed: tests - passed - skipped - todo };
  const ok = !events.some(({ type }) => type === 'test:fail') && whole !== undefined;
  const report = ok ? '' : await text(Readable.from(events).compose(new spec()));
  return { file, seconds: (performance.now() - start) / 1000, counts, ok, report, left: endLeft(file) };
}

/** Ends what still runs of this file, by the mark in its environment. */
function endLeft(file: string): string[] {
  const left: string[] = [];
  if (process.platform !== 'linux') return left;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${file}`)) continue;
      left.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 160));
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile, or is not ours to look at.
    }
  }
  return left;
}

/** Files that start the whole bot take longest: they come first, so that no long one is left for the end. */
function longestFirst(one: string, other: string): number {
  const rank = (file: string): number => (/^test\/(blackbox|started|model|cli)\//.test(file) ? 0 : 1);
  return rank(one) - rank(other) || basename(one).localeCompare(basename(other));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(why: string): never {
  say(why);
  process.exit(1);
}
