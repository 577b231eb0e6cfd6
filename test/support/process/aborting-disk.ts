import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An ext4 of its own that turns read-only when it is told to, as one does whose disk failed (`errors=remount-ro`). Unmount it. */
export class AbortingDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #place = mkdtempSync(join(tmpdir(), 'parley-ext4-'));

  constructor() {
    this.folder = join(this.#place, 'mounted');
    mkdirSync(this.folder);
    const image = join(this.#place, 'image');
    run('truncate', '-s', '16M', image);
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop', image, this.folder);
  }

  /** From now on nothing can be written, for good. */
  abort(): void {
    run('mount', '-o', 'remount,abort', this.folder);
  }

  /** Idempotent. */
  unmount(): void {
    try {
      run('umount', '-l', this.folder);
    } catch {
      // It is not mounted any more.
    }
    rmSync(this.#place, { recursive: true, force: true });
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

function unmountable(): string | undefined {
  try {
    new AbortingDisk().unmount();
    return undefined;
  } catch {
    return 'no ext4 can be mounted here';
  }
}

/** Why no ext4 can be mounted from a file here, for the names of tests; undefined: it can. */
export const UNMOUNTABLE_EXT4: string | undefined = unmountable();
