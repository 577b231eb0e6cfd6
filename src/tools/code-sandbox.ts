import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CodeLimits, CodeOutcome } from './code-run.ts';
import { ToolError } from './tool.ts';

const LIMITS: CodeLimits = { runMs: 2_000, memoryBytes: 32 * 1024 * 1024, printedLength: 6_000 };
/** From the start of the thread; past it the thread is ended from outside, whatever it does. */
const THREAD_MS = 5_000;
/** A core is left to the sound. */
const AT_ONCE = availableParallelism() > 2 ? 2 : 1;
/** More programs than these are turned away. */
const WAITING = 8;
const BUSY = 'Too many programs are running at the moment; try again in a few seconds.';

/**
 * Runs programs, each in a thread and a QuickJS of its own (about 60 ms to start, measured), so that neither an endless
 * loop nor a crash reaches the bot. The thread sees no environment variables.
 */
export class CodeSandbox {
  readonly #limits: CodeLimits;
  readonly #worker: URL;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** `worker`: only tests need another. */
  constructor(options: { limits?: Partial<CodeLimits>; worker?: URL } = {}) {
    this.#limits = { ...LIMITS, ...options.limits };
    this.#worker = options.worker ?? new URL('./code-worker.ts', import.meta.url);
  }

  /** Rejects with the signal's reason, or with ToolError where the thread brought nothing. What the program throws is an outcome. */
  async run(code: string, signal: AbortSignal): Promise<CodeOutcome> {
    await this.#place(signal);
    try {
      signal.throwIfAborted();
      return await this.#thread(code, signal);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #place(signal: AbortSignal): Promise<void> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING) throw new ToolError(BUSY);
      await new Promise<void>((resolve, reject) => {
        const go = (): void => {
          signal.removeEventListener('abort', giveUp);
          // Taken here, so that nobody slips in before the one who waited.
          this.#running += 1;
          resolve();
        };
        const giveUp = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          reject(signal.reason);
        };
        this.#waiting.push(go);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    } else this.#running += 1;
  }

  async #thread(code: string, signal: AbortSignal): Promise<CodeOutcome> {
    const worker = new Worker(this.#worker, {
      workerData: { code, limits: this.#limits },
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    const ended = Promise.withResolvers<CodeOutcome>();
    const late = setTimeout(() => ended.reject(new ToolError('The program took too long and was stopped.')), THREAD_MS);
    const abort = (): void => ended.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    worker.once('message', ended.resolve);
    worker.on('error', () => ended.reject(new ToolError('The program broke the sandbox and was stopped.')));
    worker.once('exit', () => ended.reject(new ToolError('The program ended without a result.')));
    try {
      return await ended.promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
      await worker.terminate();
    }
  }
}
