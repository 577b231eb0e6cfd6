import { existsSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { writeTime } from './times.ts';

// Preloaded into the process of a single file: leaves behind what it took, with the processes that it started and waited for.
const TICK_MS = 10;
const STAT = '/proc/self/stat';

if (isMainThread && existsSync(STAT)) {
  process.once('exit', () => {
    // Behind the name in brackets; utime, stime, cutime, cstime are the fields 14 to 17 of proc_pid_stat(5).
    const fields = readFileSync(STAT, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    writeTime({ file: process.env.PARLEY_TEST_FILE ?? '', wallMs: performance.now(), cpuMs: ticks * TICK_MS });
  });
}
