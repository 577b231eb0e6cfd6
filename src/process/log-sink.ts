import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

/** What waits for a reader that does not read; past it lines are dropped. */
const WAITING_BYTES = 1_048_576;

/** Takes a line; false: it could not. Never throws. */
type Take = (line: string) => boolean;

/**
 * Where log lines go: what may be full, closed, or read by nobody. No line ends the process, and what cannot be written is
 * dropped; once it works again, a line says how many were.
 */
export class LogSink implements DestinationStream {
  readonly #take: Take;
  #dropped = 0;

  constructor(take: Take) {
    this.#take = take;
  }

  /** One line, with its end. */
  write(line: string): void {
    if (this.#dropped > 0) {
      const msg = 'lines of this log could not be written';
      const told = this.#take(`${JSON.stringify({ level: 40, time: Date.now(), dropped: this.#dropped, msg })}\n`);
      if (told) this.#dropped = 0;
    }
    if (this.#dropped > 0 || !this.#take(line)) this.#dropped += 1;
  }
}

/** Standard output. A stream of Node that failed once stays so: a file is written without, as its disk may be freed. */
export function standardOutput(): Take {
  return fstatSync(1).isFile() ? intoFile(1) : intoStream(process.stdout);
}

/** Into an open file. */
function intoFile(fd: number): Take {
  /** The last line may be there in part. */
  let torn = false;
  return (line) => {
    const bytes = Buffer.from(torn ? `\n${line}` : line);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      torn = false;
      return true;
    } catch {
      torn = true;
      return false;
    }
  };
}

/** Into a pipe or a terminal. */
export function intoStream(stream: Writable): Take {
  stream.on('error', () => {});
  return (line) => {
    if (stream.errored || stream.destroyed || stream.writableLength > WAITING_BYTES) return false;
    stream.write(line);
    return true;
  };
}
