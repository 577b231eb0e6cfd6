import { existsSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { LoggedFrame } from '../src/shared/model-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages of a foreign protocol, read field by field in tests.
export type Message = any;

/** A plain WebSocket client that keeps what it received and lets a test wait for a message. */
export class RawClient {
  readonly received: Message[] = [];
  /** Whether each received frame was binary. */
  readonly binary: boolean[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];
  #read = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (payload, isBinary) => {
      this.binary.push(isBinary);
      this.received.push(JSON.parse(String(payload)));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
  }

  /** Rejects with `HTTP 401: body` where the upgrade is refused. */
  static connect(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
    const socket = new WebSocket(url, { headers });
    const client = new RawClient(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        response.on('data', (body) => reject(new Error(`HTTP ${response.statusCode}: ${body}`)));
      });
    });
  }

  send(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that fits, counted from the last one that next() gave; fails when the connection closes first. */
  async next(fits: string | ((message: Message) => unknown)): Promise<Message> {
    const test = typeof fits === 'string' ? (message: Message) => message.type === fits || fits in message : fits;
    for (;;) {
      while (this.#read < this.received.length) {
        const message = this.received[this.#read++];
        if (test(message)) return message;
      }
      if (this.#socket.readyState !== WebSocket.OPEN) throw new Error(`closed before ${String(fits)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  close(): void {
    this.#socket.close();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

const shared = new URL('../../../shared/', import.meta.url);

/** For `{ skip }`: false where the published schemas and the recordings are at hand. */
export const withoutShared = existsSync(new URL('schemas/validate.mjs', shared))
  ? false
  : 'needs ../shared/schemas and ../shared/recordings';

/** Complaints of the published schemas about what crossed a wire, `side` only. */
export async function violations(
  provider: 'openai' | 'gemini',
  frames: readonly LoggedFrame[],
  side: 'client' | 'server' = 'server',
): Promise<string[]> {
  if (withoutShared) return [];
  const { checkOpenAI, checkGemini } = await import(new URL('schemas/validate.mjs', shared).href);
  const check = provider === 'openai' ? checkOpenAI : checkGemini;
  return frames
    .filter((frame) => frame.direction === side)
    .flatMap(({ message }) =>
      check(message, side).map((text: string) => `${JSON.stringify(message).slice(0, 200)}: ${text}`),
    );
}

/** The lines of a recording, e.g. `openai/tool-call-round.jsonl`. */
export async function recording(name: string): Promise<{ dir: 'sent' | 'received'; data: Message }[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL(`recordings/${name}`, shared), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** The names with runs of the same one made into one. */
export function withoutRuns(names: readonly string[]): string[] {
  return names.filter((name, i) => name !== names[i - 1]);
}

/** A tone as a person's voice stands in: mono, well above any speech threshold. */
export function tone(ms: number, sampleRate: number, amplitude = 8_000): Int16Array {
  return Int16Array.from({ length: Math.round((ms * sampleRate) / 1000) }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 300 * i) / sampleRate)),
  );
}
