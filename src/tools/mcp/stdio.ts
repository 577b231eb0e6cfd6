import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { orAborted } from '../../lib/or-aborted.ts';
import type { McpTransport } from './entry.ts';
import { readMessage } from './message.ts';

const WINDOWS = process.platform === 'win32';
/** A server that is asked to stop has this long, then as long again after SIGTERM. */
const GRACE_MS = 700;
/** What is still in the pipe when the process is gone is read for this long. */
const DRAIN_MS = 200;
/** Some print a banner to stdout; one that prints nothing else speaks no MCP. */
const MOST_GARBAGE = 500;
const LONGEST_LINE = 4_000;
const MOST_BYTES = 10 * 1024 * 1024;
const LINE_FEED = 10;

/** Processes that are to end with this one, however it ends. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) killTree(child, 'SIGKILL');
});

/**
 * A server as a child process, by newline-delimited JSON-RPC (modelcontextprotocol.io/specification/2025-06-18/basic/
 * transports#stdio). Beside the SDK's own: the process sees only the environment that it is given, has a process group
 * of its own, and is ended with all that it started.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: McpTransport & { type: 'stdio' };
  readonly #onStderr: (line: string) => void;
  /** What has come of a line that is not over. */
  #open: Buffer[] = [];
  #openBytes = 0;
  #child: ChildProcess | undefined;
  /** Aborted when the process has ended and everything that it said is read. */
  readonly #gone = new AbortController();
  #garbage = 0;
  /** How or why the process ended, for people; undefined while it runs. */
  #ending: string | undefined;

  /** `onStderr` gets each line that the server prints to stderr. */
  constructor(options: McpTransport & { type: 'stdio' }, onStderr: (line: string) => void) {
    this.#options = options;
    this.#onStderr = onStderr;
  }

  get ending(): string | undefined {
    return this.#ending;
  }

  /** Rejects where the program cannot be started. */
  start(): Promise<void> {
    const { command, args, env, cwd } = this.#options;
    const child = spawn(command, [...args], {
      env: { ...env },
      cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own: what npx and shells start is ended with it. Windows has taskkill for that.
      detached: !WINDOWS,
      windowsHide: true,
    });
    this.#child = child;
    const started = Promise.withResolvers<void>();
    child.once('spawn', () => {
      alive.add(child);
      started.resolve();
    });
    child.once('error', (error) => {
      started.reject(error);
      this.#end();
    });
    child.once('exit', (code, signal) => this.#exited(child, code, signal));
    for (const stream of [child.stdin, child.stdout, child.stderr])
      stream.on('error', (error) => this.onerror?.(error));
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#follow(child.stderr);
    return started.promise;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw new Error('the process is gone');
    const written = Promise.withResolvers<void>();
    stdin.write(serializeMessage(message), (error) => (error ? written.reject(error) : written.resolve()));
    try {
      await orAborted(written.promise, this.#gone.signal);
    } catch (error) {
      // A pipe breaks before the process is known to be gone, and how it ended is what people are to read.
      await this.#goneWithin(GRACE_MS);
      throw error;
    }
  }

  /** Asks it to end by closing its stdin, then tells it, then makes it. Takes at most 1.5 s. Idempotent. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.stdin?.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.#goneWithin(GRACE_MS)) return;
      killTree(child, signal);
    }
    await this.#goneWithin(GRACE_MS);
  }

  #exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.#ending ??= signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
    // What it started and left behind.
    killTree(child, 'SIGKILL');
    alive.delete(child);
    const late = setTimeout(() => this.#end(), DRAIN_MS);
    child.once('close', () => {
      clearTimeout(late);
      this.#end();
    });
  }

  #end(): void {
    if (!this.#child) return;
    this.#child = undefined;
    this.#open = [];
    this.#gone.abort();
    this.onclose?.();
  }

  #read(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0 && this.#child; end = chunk.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([...this.#open, chunk.subarray(from, end)]).toString();
      this.#open = [];
      this.#openBytes = 0;
      from = end + 1;
      this.#line(line.trim());
    }
    if (!this.#child) return;
    this.#open.push(chunk.subarray(from));
    this.#openBytes += chunk.length - from;
    if (this.#openBytes > MOST_BYTES) this.#giveUp('it wrote a line of more than 10 MB to its output');
  }

  #line(line: string): void {
    if (line === '') return;
    const messages = messagesIn(line);
    for (const message of messages) this.onmessage?.(message);
    this.#garbage = messages.length > 0 ? 0 : this.#garbage + 1;
    if (this.#garbage === 1) this.onerror?.(new Error('a line on stdout is no JSON-RPC message; it is skipped'));
    if (this.#garbage >= MOST_GARBAGE) this.#giveUp('what it writes to its output is not MCP');
  }

  #giveUp(why: string): void {
    this.#ending ??= why;
    this.#open = [];
    void this.close();
  }

  #follow(stderr: Readable): void {
    let open = '';
    stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (open + chunk).split('\n');
      // Past the limit the beginning of a line is all that is kept of it.
      open = (lines.pop() ?? '').slice(0, LONGEST_LINE);
      for (const line of lines) this.#onStderr(line);
    });
  }

  async #goneWithin(ms: number): Promise<boolean> {
    const timer = Promise.withResolvers<boolean>();
    const late = setTimeout(() => timer.resolve(false), ms);
    try {
      return (await orAborted(timer.promise, this.#gone.signal)) !== false;
    } finally {
      clearTimeout(late);
    }
  }
}

/** A line holds a message, or a list of them (modelcontextprotocol.io/specification/2025-03-26/basic#batching). */
function messagesIn(line: string): readonly JSONRPCMessage[] {
  try {
    return [JSON.parse(line)].flat().flatMap((one) => readMessage(one) ?? []);
  } catch {
    return [];
  }
}

function killTree(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' }).on('error', () => {});
    else process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
