import { appendFileSync } from 'node:fs';

/** What one file took. `cpuMs` of all threads; where it had a process of its own, with the children that it waited for. */
export interface FileTime {
  readonly file: string;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Leaves it for `npm test -- --times`; nothing otherwise. */
export function writeTime(time: FileTime): void {
  const kept = process.env.PARLEY_TEST_TIMES;
  if (kept) appendFileSync(kept, `${JSON.stringify(time)}\n`);
}
