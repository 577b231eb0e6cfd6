import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type EventData, run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isFast, testFiles } from './runner/kinds.ts';
import { type Job, plan } from './runner/plan.ts';
import type { FileTime } from './runner/times.ts';
import { serveConformance } from './support/world/conformance.ts';

/**
 * `npm test`: files that need no socket, worker or child process twenty to a process, those of a few folders seven or eight,
 * every other one in a process of its own (runner/plan.ts); some processes at a time. `npm run test:fast`: only the others. Node's own command line waits without end for a
 * file that does not: a test that failed before it closed its server, a process left behind that holds the output, a loop.
 * Here a process has a deadline, what it left behind is ended, and a file that ended says so at once.
 *
 * `node test/run.ts [--fast] [--together] [--times] [--concurrency N] [--again] [--deadline SECONDS] [a file, or a part of a path ...]`
 */

/** A test that hangs. Ms. */
const TEST_MS = 120_000;
/** More files than these did not fail by the machine's load. */
const MOST_AGAIN = 12;
/** How often a file may run alone: some wait for what a plain bridge does wrong, which takes a machine that has time. */
const ROUNDS = 2;
/** So many run at a time in any case; of fast files more, which time nothing. */
const FEWEST = { slow: 2, fast: 4 };
/** Another one begins while so much of the processors' time is idle: tests that wait share them well, tests that work do not. */
const IDLE_SHARE = 0.4;
/** How long idleness is looked at, and what a file is given to begin its work. Ms. */
const LOOK_MS = 500;
/** Files whose times are printed. */
const SLOWEST = 40;
/** Marks the processes of one job. */
const MARK = 'PARLEY_TEST_FILE';
/** Marks those of this run: another one may run the same file at the same time, in another checkout. */
const RUN = 'PARLEY_TEST_RUN';

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
    fast: { type: 'boolean', default: false },
    // All that is named, in one process, whatever it is.
    together: { type: 'boolean', default: false },
    // What took longest, and how much of it was work.
    times: { type: 'boolean', default: false },
    // At the most.
    concurrency: { type: 'string', default: '16' },
    again: { type: 'boolean', default: false },
    // The longest file takes 90 s beside others.
    deadline: { type: 'string', default: '300' },
  },
});
const known = testFiles();
const named = positionals.flatMap((part) =>
  statSync(part, { throwIfNoEntry: false })?.isFile() ? [part] : known.filter((file) => file.includes(part)),
);
// Of a file that two of them name, one run would end the other as left behind.
const files = positionals.length === 0 ? known : [...new Set(named)];
const jobs = values.together ? [{ files, how: 'shared' as const }] : plan(files, { onlyFast: values.fast });
if (jobs.length === 0) fail(`No ${values.fast ? 'fast ' : ''}test file has ${positionals.join(' or ')} in its name.`);
const folder = mkdtempSync(join(tmpdir(), 'parley-times-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const timesFile = join(folder, 'times.jsonl');
const conformance = values.fast ? {} : await serveConformance();
const began = performance.now();
const outcomes = await all(jobs, Number(values.concurrency));
let failed = outcomes.filter(({ ok }) => !ok);
for (const { file, report } of failed) say(`\n${file}\n${report}`);
for (let round = 0; values.again && round < ROUNDS && failed.length > 0 && failed.length <= MOST_AGAIN; round++) {
  say(`\nFailed, now alone: ${failed.map(({ file }) => file).join(' ')}`);
  const alone = failed.map(({ file }) => ({
    files: [file],
    how: isFast(file) ? ('walled' as const) : ('alone' as const),
  }));
  failed = (await all(alone, 1)).filter(({ ok }) => !ok);
  for (const { file, report } of failed) say(`\n${file}\n${report}`);
}
if (values.times) tellTimes();
const sum = (key: keyof Outcome['counts']): number => outcomes.reduce((total, { counts }) => total + counts[key], 0);
say(`\n${outcomes.length} files, ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
say(`${Math.round((performance.now() - began) / 1000)} s`);
if (failed.length > 0) fail(`Failed: ${failed.map(({ file }) => file).join(' ')}`);
process.exit(0);

/** Runs these, at most `concurrency` processes at a time, and says how each file ended. */
async function all(list: readonly Job[], concurrency: number): Promise<Outcome[]> {
  const running = new Set<Promise<void>>();
  const done: Outcome[] = [];
  for (const job of list) {
    while (running.size >= (job.how === 'walled' ? FEWEST.fast : FEWEST.slow)) {
      const ended = Promise.race(running).then(() => 0);
      const share = await (running.size < concurrency ? Promise.race([ended, idleShare()]) : ended);
      if (share >= IDLE_SHARE) break;
    }
    const run = outcomesOf(job).then((ended) => {
      done.push(...ended);
      running.delete(run);
      for (const outcome of ended) tell(outcome);
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

async function outcomesOf({ files: list, how }: Job): Promise<Outcome[]> {
  const mark = list.join('\n');
  const events: TestEvent[] = [];
  const start = performance.now();
  const together = how !== 'alone';
  const preloaded = ['compile-cache', ...(how === 'walled' ? ['walls'] : together ? [] : ['own-time'])];
  const stream = run({
    files: together ? ['test/runner/many.ts'] : [...list],
    isolation: 'process',
    execArgv: preloaded.flatMap((name) => ['--import', `./test/runner/${name}.ts`]),
    env: { ...process.env, ...conformance, [MARK]: mark, [RUN]: `${process.pid}`, PARLEY_TEST_TIMES: timesFile },
    timeout: TEST_MS,
    signal: AbortSignal.timeout(Number(values.deadline) * 1_000),
  });
  for await (const event of stream) events.push(event as TestEvent);
  const left = endLeft(mark);
  const seconds = (performance.now() - start) / 1000;
  const parts = together ? partsOf(events, list) : [{ file: mark, events, seconds, whole: events.some(isSummary) }];
  return Promise.all(
    parts.map(async (part, i) => {
      const counts = countsOf(part.events);
      const ok = part.whole && !part.events.some(({ type }) => type === 'test:fail');
      const report = ok ? '' : await text(Readable.from(part.events).compose(new spec()));
      return { ...part, counts, ok, report, left: i === 0 ? left : [] };
    }),
  );
}

/** What one process said of each of its files. A file that did not end, and what comes behind it, has not passed. */
function partsOf(events: readonly TestEvent[], list: readonly string[]) {
  const ends = events.flatMap((event, i) => {
    const { type, data } = event;
    return (type === 'test:pass' || type === 'test:fail') && data.nesting === 0 ? [{ name: data.name, i, data }] : [];
  });
  const rest = events.slice((ends.findLast(({ name }) => list.includes(name))?.i ?? -1) + 1);
  return list.map((file) => {
    const at = ends.findIndex(({ name }) => name === file);
    const end = ends[at];
    if (!end) return { file, events: rest, seconds: 0, whole: false };
    const own = events.slice((ends[at - 1]?.i ?? -1) + 1, end.i + 1);
    return { file, events: own, seconds: end.data.details.duration_ms / 1000, whole: true };
  });
}

function isSummary({ type }: TestEvent): boolean {
  return type === 'test:summary';
}

/** Of tests, not of what holds them. A file that failed without a test of its own counts as one. */
function countsOf(events: readonly TestEvent[]): Outcome['counts'] {
  const whole = events.findLast(isSummary)?.data as EventData.TestSummary | undefined;
  if (whole) {
    const { tests, passed, skipped, todo } = whole.counts;
    return { passed, skipped, failed: tests - passed - skipped - todo };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details.type === 'suite') continue;
    if (data.skip !== undefined) counts.skipped += 1;
    else if (data.todo === undefined) counts[type === 'test:pass' ? 'passed' : 'failed'] += 1;
  }
  if (events.some(({ type }) => type === 'test:fail') || events.length === 0) counts.failed ||= 1;
  return counts;
}

/** The slowest files: how long they took, how much work that was, how much waiting, and that work as a share of all. */
function tellTimes(): void {
  const lines = readFileSync(timesFile, 'utf8').trim().split('\n');
  const times = lines.map((line) => JSON.parse(line) as FileTime).sort((a, b) => b.wallMs - a.wallMs);
  const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(1).padStart(7);
  say(`\n${'wall'.padStart(7)}${'work'.padStart(7)}${'waits'.padStart(7)}  s`);
  for (const { file, wallMs, cpuMs } of times.slice(0, SLOWEST)) {
    say(`${seconds(wallMs)}${seconds(cpuMs)}${seconds(wallMs - cpuMs)}  ${file}`);
  }
  const total = (key: 'wallMs' | 'cpuMs'): number => times.reduce((sum, time) => sum + time[key], 0);
  say(`${seconds(total('wallMs'))}${seconds(total('cpuMs'))}         all ${times.length}`);
}

/** Ends what still runs of these files, by the mark in its environment. */
function endLeft(mark: string): string[] {
  const left: string[] = [];
  if (process.platform !== 'linux') return left;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environ.includes(`${MARK}=${mark}`) || !environ.includes(`${RUN}=${process.pid}`)) continue;
      left.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 160));
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile, or is not ours to look at.
    }
  }
  return left;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(why: string): never {
  say(why);
  process.exit(1);
}
