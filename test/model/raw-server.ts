import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Json = Record<string, unknown>;

/** A WebSocket server without any manners: it says exactly what a test makes it say, and keeps what it hears. */
export class RawServer implements AsyncDisposable {
  readonly frames: Json[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #server: WebSocketServer;
  readonly #greet: ((server: RawServer) => void) | undefined;
  readonly #answer: ((frame: Json, server: RawServer) => void) | undefined;
  #socket: WebSocket | undefined;
  #wake: () => void = () => {};
  #pings = 0;

  private constructor(server: WebSocketServer, options: RawOptions) {
    this.#server = server;
    this.#greet = options.greet;
    this.#answer = options.answer;
    server.on('connection', (socket, request) => this.#serve(socket, request));
  }

  static async start(options: RawOptions = {}): Promise<RawServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: options.pongs ?? true });
    await once(server, 'listening');
    return new RawServer(server, options);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get clients(): number {
    return this.#server.clients.size;
  }

  /** Sends messages, as binary JSON frames like Gemini's or text like OpenAI's: adapters read both. */
  send(...messages: (Json | string)[]): void {
    for (const one of messages) this.#socket?.send(typeof one === 'string' ? one : JSON.stringify(one));
  }

  drop(): void {
    this.#socket?.terminate();
  }

  closeWith(code: number, reason: string): void {
    this.#socket?.close(code, reason);
  }

  /** Stops reading what the client sends. */
  pause(): void {
    this.#socket?.pause();
  }

  /** The `count`-th frame for which `test` holds; waits for it, 5 s at most. */
  async frame(test: (frame: Json) => boolean, count = 1): Promise<Json> {
    return this.#until(() => this.frames.filter(test)[count - 1], 'frame');
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** So many pings came, and were answered before anything that is sent after this; waits for them, 5 s at most. */
  async pinged(count: number): Promise<void> {
    await this.#until(() => (this.#pings >= count ? true : undefined), 'ping');
  }

  async #until<T>(found: () => T | undefined, what: string): Promise<T> {
    const until = performance.now() + 5_000;
    for (;;) {
      const result = found();
      if (result !== undefined) return result;
      const left = until - performance.now();
      if (left <= 0) assert.fail(`no such ${what} in ${JSON.stringify(this.frames).slice(-1_500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: WebSocket, request: IncomingMessage): void {
    this.#socket = socket;
    this.requests.push(request);
    socket.on('error', () => {});
    socket.on('ping', () => {
      this.#pings += 1;
      this.#wake();
    });
    socket.on('message', (payload) => {
      const frame = JSON.parse(String(payload)) as Json;
      this.frames.push(frame);
      this.#answer?.(frame, this);
      this.#wake();
    });
    this.#greet?.(this);
  }
}

export interface RawOptions {
  /** Called when somebody connects. */
  readonly greet?: (server: RawServer) => void;
  /** Called for every frame. */
  readonly answer?: (frame: Json, server: RawServer) => void;
  /** Whether pings are answered; default true. */
  readonly pongs?: boolean;
}
