import { open, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** SQLite needs this much at least for a write: some pages of its log. */
const LEAST_BYTES = 32_768;
const TRIAL_BYTES = 4_096;
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'the disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of the disk is used up'],
  ['EIO', 'the disk reports errors'],
]);

/**
 * What a file's disk has left. `files`: how many more it can have; undefined where it has no such limit. `refusal`: the
 * system's code for why a file beside it cannot be written, such as EROFS; undefined: it can be.
 */
export interface DiskRoom {
  readonly bytes: number;
  readonly files: number | undefined;
  readonly refusal: string | undefined;
}

/** The room on the disk of a file, for processes without privileges. Rejects with what the system says. */
export async function roomFor(file: string): Promise<DiskRoom> {
  const { bavail, bsize, files, ffree } = await statfs(dirname(file));
  return { bytes: bavail * bsize, files: files > 0 ? ffree : undefined, refusal: await refusalOf(file) };
}

/** Why nothing can be written there, in words for people; undefined: nothing is known against it. */
export function lackOf({ bytes, files, refusal = '' }: DiskRoom): string | undefined {
  if (files === 0) return 'the disk takes no more files';
  return bytes < LEAST_BYTES ? 'the disk is full' : REASONS.get(refusal);
}

/** What only a write tells: quotas, and a file system that turned read-only. */
async function refusalOf(file: string): Promise<string | undefined> {
  const trial = `${file}.trial-${process.pid}`;
  try {
    const written = await open(trial, 'w');
    try {
      await written.write(Buffer.alloc(TRIAL_BYTES));
      await written.sync();
    } finally {
      await written.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : undefined;
  } finally {
    await rm(trial, { force: true }).catch(() => {});
  }
}
