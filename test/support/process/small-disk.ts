import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why no file system can be mounted here, for the names of tests; undefined: it can. */
export const UNMOUNTABLE: string | undefined = unmountable();

/** A file system of its own in memory that a test can fill. Unmount it. */
export class SmallDisk {
  /** Where it is mounted. */
  readonly folder: string;

  /** `options` of tmpfs, such as `size=2m` or `nr_inodes=20`. */
  constructor(options = 'size=4m') {
    this.folder = mkdtempSync(join(tmpdir(), 'parley-disk-'));
    mount(['-t', 'tmpfs', '-o', options, 'tmpfs', this.folder]);
  }

  /** Takes all the room there is, at the end of a file. */
  fill(file = this.#filler): void {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(4_096, '\n'), { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }

  /** Gives the room back. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Idempotent. */
  unmount(): void {
    try {
      execFileSync('umount', ['-l', this.folder], { stdio: 'ignore' });
    } catch {
      // It is not mounted any more.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}

function unmountable(): string | undefined {
  const folder = join(tmpdir(), `parley-mount-${process.pid}`);
  try {
    mkdirSync(folder);
    mount(['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no file system can be mounted here';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
