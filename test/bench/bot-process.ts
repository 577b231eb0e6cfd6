import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The two that are compared. */
export type BotKind = 'parley' | 'plain';

const ENTRIES = { parley: '../../src/main.ts', plain: './plain-child.ts' } as const;
const ANSWER_MS = 15_000;
/** How much of what the process wrote is kept for the message of a failure. */
const OUTPUT_CHARACTERS = 4_000;

type Answer = Readonly<Record<string, unknown>>;

/** A bot in a process of its own. Whoever starts it stops it. */
export class BotProcess {
  readonly kind: BotKind;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<(answer: Answer) => boolean>();
  #output = '';

  constructor(kind: BotKind, env: Readonly<Record<string, string>>) {
    this.kind = kind;
    const probe = new URL('./probe.ts', import.meta.url).href;
    const entry = fileURLToPath(new URL(ENTRIES[kind], import.meta.url));
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    this.#child = spawn(process.execPath, ['--expose-gc', '--import', probe, entry], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text) => {
        this.#output = (this.#output + String(text)).slice(-OUTPUT_CHARACTERS);
      });
    }
    this.#child.on('message', (answer: Answer) => {
      for (const taken of this.#waiting) if (taken(answer)) this.#waiting.delete(taken);
    });
  }

  /** The end of what it wrote to stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** CPU time of all its threads so far, in ms. */
  async cpuMs(): Promise<number> {
    return Number((await this.ask({ ask: 'cpu' }, (answer) => 'cpuMs' in answer)).cpuMs);
  }

  /** After two full collections, in MB: resident memory, and what is alive in the heap and in buffers. */
  async memory(): Promise<{ rssMb: number; liveMb: number }> {
    const answer = await this.ask({ ask: 'memory' }, (one) => 'rssBytes' in one);
    return { rssMb: Number(answer.rssBytes) / 2 ** 20, liveMb: Number(answer.liveBytes) / 2 ** 20 };
  }

  /** The instants at which it sent voice packets, and now, all by its own clock. */
  async sent(): Promise<{ at: readonly number[]; now: number }> {
    const answer = await this.ask({ ask: 'sent' }, (one) => 'sentAt' in one);
    return { at: answer.sentAt as number[], now: Number(answer.now) };
  }

  /** Holds its event loop for so long; resolves when it is free again. */
  async block(ms: number): Promise<void> {
    await this.ask({ ask: 'block', ms }, (answer) => answer.blockedMs === ms);
  }

  /** Sets its wall clock forward by so much, or back. */
  async stepClock(ms: number): Promise<void> {
    await this.ask({ ask: 'clock', ms }, (answer) => 'clockMs' in answer);
  }

  /** Records a V8 CPU profile while `act` runs, and writes it to this file. */
  async profiled<T>(file: string, act: () => Promise<T>): Promise<T> {
    await this.ask({ ask: 'profile' }, (answer) => answer.profiling === true);
    try {
      return await act();
    } finally {
      await this.ask({ ask: 'profile', file }, (answer) => answer.profiling === false);
    }
  }

  tell(message: object): void {
    this.#child.send(message);
  }

  /** Sends a message and gives the first answer that fits. Throws when none comes within 15 s or the process ended. */
  ask(message: object | undefined, fits: (answer: Answer) => boolean): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const taken = (answer: Answer): boolean => {
      const fit = fits(answer);
      if (fit) resolve(answer);
      return fit;
    };
    const gone = () => reject(new Error(`the ${this.kind} process ended: ${this.#output}`));
    const timer = setTimeout(() => {
      reject(new Error(`the ${this.kind} process did not answer: ${this.#output}`));
    }, ANSWER_MS);
    this.#waiting.add(taken);
    this.#child.once('exit', gone);
    if (!this.running) gone();
    else if (message) this.tell(message);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(taken);
      this.#child.off('exit', gone);
    });
  }

  /** Asks it to end, and after 6 s does not ask any more. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 6_000);
    await exit;
    clearTimeout(timer);
  }
}
