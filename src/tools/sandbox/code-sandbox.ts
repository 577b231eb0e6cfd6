import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Claimant, FairQueue, NOBODY } from '../../lib/fair-queue.ts';
import { ToolError } from '../tool.ts';
import type { CodeLimits, CodeOutcome } from './code-run.ts';

const LIMITS: CodeLimits = { runMs: 2_000, memoryBytes: 32 * 1024 * 1024, printedLength: 6_000 };
/** From the start of the thread; past it the thread is ended from outside, whatever it does. */
const THREAD_MS = 5_000;
/** A core is left to the sound. */
const AT_ONCE = availableParallelism() > 2 ? 2 : 1;
const BUSY = 'Too many programs are running at the moment; try again in a few seconds.';

/**
 * Runs programs, each in a thread and a QuickJS of its own (about 60 ms to start, measured), so that neither an endless
 * loop nor a crash reaches the bot. The thread sees no environment variables.
 */
export class CodeSandbox {
  readonly #limits: CodeLimits;
  readonly #worker: URL;
  readonly #queue = new FairQueue({ atOnce: AT_ONCE, mostForPerson: 3, mostForGuild: AT_ONCE + 8, mostWaiting: 200 });

  /** `worker`: only tests need another. */
  constructor(options: { limits?: Partial<CodeLimits>; worker?: URL } = {}) {
    this.#limits = { ...LIMITS, ...options.limits };
    this.#worker = options.worker ?? new URL('./code-worker.ts', import.meta.url);
  }

  /**
   * Servers and people have their turns. Rejects with the signal's reason, or with ToolError where the thread brought nothing,
   * or too many of theirs wait. What the program throws is an outcome.
   */
  run(code: string, signal: AbortSignal, who: Claimant = NOBODY): Promise<CodeOutcome> {
    return this.#queue.run(who, {
      signal,
      tooMany: () => new ToolError(BUSY),
      work: () => this.#thread(code, signal),
    });
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
