import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { Log } from '../lib/log.ts';
import { wordsOf } from '../ports/errors.ts';
import { ExitCode, exitCodeOf, isExpected } from './exit-code.ts';
import { loggedError, quietly } from './log-error.ts';

/** What is being left and written has this long. */
const PATIENCE_MS = 4_400;
/** Then even a process that does nothing any more is gone. */
const KILL_MS = 4_900;

/**
 * The one way in which the process ends: once, with a code, and within 5 s whatever hangs. What goes wrong is one line on
 * stderr; a stack would only hide it.
 */
export class Ending {
  /** What is left and written first; set once there is something. */
  stop: () => Promise<void> = () => Promise.resolve();
  log: Log | undefined;
  #code: ExitCode | undefined;

  get begun(): boolean {
    return this.#code !== undefined;
  }

  /** Somebody asked for it. */
  asked(): void {
    this.#end(ExitCode.stopped);
  }

  /** It cannot go on. */
  failed(error: unknown): void {
    if (this.begun) return;
    if (isExpected(error)) process.stderr.write(`${error.message}\n`);
    else {
      process.stderr.write(`The bot ends because of a bug: ${oneLine(error)}\n`);
      this.log?.fatal({ err: error }, 'ended by an error that nobody expected');
    }
    this.#end(exitCodeOf(error));
  }

  #end(code: ExitCode): void {
    if (this.begun) return;
    this.#code = code;
    process.exitCode = code;
    this.log?.info('stopping');
    setTimeout(() => exitHard(code), PATIENCE_MS).unref();
    killWhenStuck();
    Promise.resolve()
      .then(() => this.stop())
      .catch((error: unknown) => this.log?.error({ err: error }, 'could not stop in good order'))
      .finally(() => process.exit(code));
  }
}

function oneLine(error: unknown): string {
  const { type, code, stack } = loggedError(error);
  const [frame = ''] = String(stack ?? '').split('\n');
  const where = [code, frame].filter((part) => part !== undefined && part !== '').join(' ');
  return `${type}: ${quietly(wordsOf(error, where))}`.replace(/\s+/g, ' ').slice(0, 300);
}

/** exit() waits for the threads that work for the database; where one of them hangs, somebody else has to end the process. */
function exitHard(code: ExitCode): void {
  if (process.platform !== 'win32') {
    const script = `sleep ${(KILL_MS - PATIENCE_MS) / 1000}; kill -9 ${process.pid}`;
    spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' })
      .on('error', () => {})
      .unref();
  }
  process.exit(code);
}

/** From a thread of its own: the main one may never come to a timer again. */
function killWhenStuck(): void {
  // A busy machine takes a while to start it. All threads share this clock, which nobody can set.
  const dueMs = Number(process.hrtime.bigint() / 1_000_000n) + KILL_MS;
  const leftMs = `${dueMs} - Number(process.hrtime.bigint() / 1_000_000n)`;
  const script = `setTimeout(() => process.kill(${process.pid}, 'SIGKILL'), ${leftMs})`;
  new Worker(script, { eval: true, execArgv: [], env: {} }).on('error', () => {}).unref();
}
