import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process is asked, by name: what goes in, and what comes back. */
export type Asks = Readonly<Record<string, readonly [question: object, answer: unknown]>>;

/** A process of the check that is asked to do things. It is ended by whoever started it. */
export class Child<A extends Asks, Told> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ended: Promise<void>;
  readonly #title: string;
  #asked = 0;
  /** All that it wrote, a line each; bounded. */
  readonly lines: string[] = [];

  /** `title` begins its errors, such as `The second bot`. `told`: what it says unasked. */
  constructor(options: {
    readonly title: string;
    readonly module: URL;
    readonly env: NodeJS.ProcessEnv;
    readonly told: (what: Told) => void;
  }) {
    this.#title = options.title;
    // A process group of its own: Ctrl-C is for the check alone, which then ends the others in order.
    this.#process = fork(options.module, {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#process.on('message', (message: Reply | { told: Told }) => {
      if ('told' in message) options.told(message.told);
      else this.#answered(message);
    });
    this.#process.on('error', (error) => this.#failAll(error.message));
    this.#ended = once(this.#process, 'exit').then(
      ([code, signal]) => this.#failAll(`ended by itself (${signal ?? `exit code ${code}`})`),
      () => {},
    );
  }

  get running(): boolean {
    return this.#process.connected;
  }

  /** Rejects with an Error for people: what the process says, that it ended, or that nothing came within the time. */
  ask<What extends keyof A & string>(what: What, question: A[What][0], limitMs: number): Promise<A[What][1]> {
    this.#asked += 1;
    const id = this.#asked;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    if (!this.#process.connected) answer.reject(new Error(`${this.#title} is not running any more.`));
    else this.#process.send({ id, what, question } satisfies Question);
    const late = setTimeout(() => {
      answer.reject(new Error(`${this.#title} did not answer within ${limitMs / 1_000} s (${what}).`));
    }, limitMs);
    return answer.promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(id);
    });
  }

  /** Has it end what it does; after the time it is killed. Idempotent. */
  async end(limitMs = 10_000): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), limitMs);
    await this.#ended;
    clearTimeout(kill);
  }

  #keep(text: string): void {
    this.lines.push(...text.split('\n').filter((line) => line !== ''));
    if (this.lines.length > MOST_LINES) this.lines.splice(0, this.lines.length - MOST_LINES);
  }

  #answered({ id, answer, error }: Reply): void {
    if (error === undefined) this.#waiting.get(id)?.resolve(answer);
    else this.#waiting.get(id)?.reject(new Error(error));
  }

  #failAll(why: string): void {
    const said = this.lines.findLast((line) => /^\w*Error\b/.test(line));
    for (const answer of this.#waiting.values()) {
      answer.reject(new Error(`${this.#title} ${why}${said === undefined ? '.' : `: ${said}`}`));
    }
  }
}

const MOST_LINES = 20_000;

interface Question {
  readonly id: number;
  readonly what: string;
  readonly question: object;
}
interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/**
 * The other side, in the process that was started: answers what it is asked, and when nobody asks any more (the check
 * ended, or died) closes and exits. Gives what tells the check something unasked.
 */
export function serve<A extends Asks, Told>(
  answers: { readonly [What in keyof A]: (question: A[What][0]) => Promise<A[What][1]> },
  close: () => Promise<void>,
): (what: Told) => void {
  process.on('message', ({ id, what, question }: Question) => {
    Promise.resolve()
      .then(() => (answers[what] as (given: object) => Promise<unknown>)(question))
      .then(
        (answer) => send({ id, answer }),
        (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
      );
  });
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), CLOSE_MS).unref();
    void close().finally(() => process.exit());
  });
  return (what) => send({ told: what });
}

/** Whatever hangs, it is gone after this. */
const CLOSE_MS = 8_000;

function send(message: object): void {
  // Nobody may be there any more.
  if (process.connected) process.send?.(message, () => {});
}
