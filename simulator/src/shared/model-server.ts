import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { noOpenAIFaults, type OpenAIFaults } from '../openai/faults.ts';
import type { TextAnswer, TextRequest } from './text-answers.ts';

/** Faults that tests switch on and off while the server runs. What is used once is set back by the server. */
export interface ModelFaults {
  /** How every new connection is refused, by an HTTP status or more. */
  refuse: number | HttpRefusal | undefined;
  /** Wait before the first answer of a session. */
  slowSetupMs: number;
  /** Accepts the connection and never says a word. */
  silentSetup: boolean;
  /** The next message of a client is answered by closing like this. Used once. */
  closeNext: { readonly code: number; readonly reason: string } | undefined;
  /** The next message of a client is answered by cutting the line: the client sees 1006. Used once. */
  dropSocket: boolean;
  /** Pongs come this much later. */
  slowPongMs: number;
  /** How much later each pong comes; Infinity: it never does. Measured: 8 to 30 s (aicc2025/sip-to-ai#14). */
  pongMs: (() => number) | undefined;
  /** While true nothing is read and nothing is sent, pongs included, and the line stays open. */
  halfOpen: boolean;
  /** This many of the next server messages are cut in half. */
  malformedJson: number;
  /** OpenAI: how many audio deltas still follow after a cancel. */
  lateDeltas: number;
  /** Replies come without usage (OpenAI: of cancelled responses only). */
  nullUsage: boolean;
  /** Transcripts of people come this much later, whatever else happens meanwhile. */
  lateTranscriptMs: number;
  /** Gemini: a setup with a handle gets no answer, or is closed like this. */
  handles: 'silent' | { readonly code: number; readonly reason: string } | undefined;
  /** What goes wrong in the Realtime API. */
  readonly openai: OpenAIFaults;
}

/** `times`: so many connections only; undefined: all. `body`: JSON, or a page as a proxy writes it. */
export interface HttpRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
  times?: number;
}

/** A message as it crossed the wire. `at`: performance.now(). */
export interface LoggedFrame {
  readonly direction: 'client' | 'server';
  readonly session: number;
  readonly message: object;
  readonly at: number;
}

/** A request for a connection as it came, whether or not it was let in. */
export interface LoggedRequest {
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<IncomingMessage['headers']>;
}

/** What a bench wants to know at once. `at`: performance.now(); `session` counts from 1. */
export type ModelEvent = { readonly session: number; readonly at: number } & (
  | {
      readonly type:
        | 'connected'
        | 'closed'
        | 'turn-began'
        | 'turn-ended'
        | 'reply-started'
        | 'reply-done'
        | 'interrupted';
    }
  /** Sound of a person arrived. */
  | { readonly type: 'audio'; readonly samples: number; readonly pcm: Int16Array }
  /** Sound of the model left. */
  | { readonly type: 'spoke'; readonly samples: number; readonly pcm: Int16Array }
  | { readonly type: 'truncated'; readonly itemId: string; readonly audioEndMs: number }
);
type Unstamped<E> = E extends ModelEvent ? Omit<E, 'session' | 'at'> : never;

/** One connection as the sessions see it. */
export interface Wire {
  /** Counts from 1. */
  readonly number: number;
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
  /** False from the moment when either side has said that it closes. */
  isOpen(): boolean;
  send(message: object): void;
  /** `reason` is cut to the 123 bytes that a close frame holds. */
  close(code: number, reason: string): void;
  tell(event: Unstamped<ModelEvent>): void;
}

/** Stands for a message that is no JSON. */
export const NOT_JSON = Symbol('not JSON');
/** What reads from a connection: every message, parsed, or NOT_JSON. */
export type Reader = (message: unknown) => void;
export type Admission = HttpRefusal | { open(wire: Wire): Reader };

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Requests that are kept, the oldest dropped. */
const MAX_REQUESTS = 100;

function noFaults(): ModelFaults {
  return {
    refuse: undefined,
    slowSetupMs: 0,
    silentSetup: false,
    closeNext: undefined,
    dropSocket: false,
    slowPongMs: 0,
    pongMs: undefined,
    halfOpen: false,
    malformedJson: 0,
    lateDeltas: 0,
    nullUsage: false,
    lateTranscriptMs: 0,
    handles: undefined,
    openai: noOpenAIFaults(),
  };
}

/** The part that both model stand-ins share: an HTTP server on 127.0.0.1 with WebSockets, a log of frames, faults. */
export class ModelServer {
  readonly faults = noFaults();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, autoPong: false });
  readonly #admit: (request: IncomingMessage, url: URL) => Admission;
  readonly #answer: ModelServerOptions['answer'];
  readonly #binary: boolean;
  readonly #frameLimit: number;
  readonly #frames: LoggedFrame[] = [];
  readonly #requests: LoggedRequest[] = [];
  readonly #listeners = new Set<(event: ModelEvent) => void>();
  #connections = 0;

  private constructor(options: ModelServerOptions) {
    this.#admit = options.admit;
    this.#binary = options.binary;
    this.#frameLimit = options.frameLimit ?? 5_000;
    this.#answer = options.answer;
    this.#http = createServer((request, response) => void this.#respond(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Listens on a free port. `binary`: whether messages leave in binary frames. */
  static async start(options: ModelServerOptions): Promise<ModelServer> {
    const server = new ModelServer(options);
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** The newest frames, oldest first. */
  get frames(): readonly LoggedFrame[] {
    return this.#frames;
  }

  /** The newest requests for a connection, oldest first. */
  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.clients.size;
  }

  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** Calls the listener for every event until the returned function is called. */
  onEvent(listener: (event: ModelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cuts every line: clients see 1006. */
  dropAll(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Closes every connection in the regular way. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets.clients) socket.close(code, reason);
  }

  async close(): Promise<void> {
    this.dropAll();
    this.#http.close();
    this.#http.closeAllConnections();
    if (this.#http.listening) await once(this.#http, 'close');
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(`http://simulator${(request.url ?? '/').replace(/^\/+/, '/')}`);
    const body = Buffer.concat(chunks).toString();
    const asked = { method: request.method ?? '', url, headers: request.headers, body };
    this.#requests.push({ url: request.url ?? '/', headers: request.headers });
    if (this.#requests.length > MAX_REQUESTS) this.#requests.shift();
    const refusal = this.#refusal();
    if (refusal) {
      const { type, text } = written(refusal);
      response.writeHead(refusal.status, { 'content-type': type, ...refusal.headers }).end(text);
      return;
    }
    const answer = await this.#answer?.(asked);
    if (!answer) response.writeHead(426).end();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#requests.push({ url: request.url ?? '/', headers: request.headers });
    if (this.#requests.length > MAX_REQUESTS) this.#requests.shift();
    // A base URL with a trailing slash makes `//…`, which URL would take for a host.
    const url = new URL(`http://simulator${(request.url ?? '/').replace(/^\/+/, '/')}`);
    const admission: Admission = this.#refusal() ?? this.#admit(request, url);
    if ('status' in admission) {
      const { type, text } = written(admission);
      const more = Object.entries(admission.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `HTTP/1.1 ${admission.status} Refused\r\nContent-Type: ${type}\r\nConnection: close\r\n${more.join('')}`;
      socket.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client, admission.open));
  }

  #refusal(): HttpRefusal | undefined {
    const { refuse } = this.faults;
    if (typeof refuse !== 'object') return refuse === undefined ? undefined : { status: refuse };
    if (refuse.times === undefined) return refuse;
    refuse.times -= 1;
    return refuse.times >= 0 ? refuse : undefined;
  }

  #serve(socket: WebSocket, open: (wire: Wire) => Reader): void {
    const number = ++this.#connections;
    const gone = new AbortController();
    const wire: Wire = {
      number,
      signal: gone.signal,
      isOpen: () => socket.readyState === socket.OPEN,
      send: (message) => this.#send(socket, number, message),
      close: (code, reason) => {
        if (!this.faults.halfOpen) socket.close(code, Buffer.from(reason).subarray(0, 123).toString());
      },
      tell: (event) => this.#tell({ ...event, session: number, at: performance.now() } as ModelEvent),
    };
    const read = open(wire);
    socket.on('ping', (payload) => {
      if (!this.faults.halfOpen) void this.#pong(socket, payload);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      gone.abort();
      wire.tell({ type: 'closed' });
    });
    socket.on('message', (payload) => this.#receive(socket, String(payload), read, number));
    wire.tell({ type: 'connected' });
  }

  async #pong(socket: WebSocket, payload: Buffer): Promise<void> {
    const lateMs = this.faults.slowPongMs + (this.faults.pongMs?.() ?? 0);
    if (lateMs === Number.POSITIVE_INFINITY) return;
    if (lateMs > 0) await wait(lateMs, undefined, { ref: false });
    if (socket.readyState === socket.OPEN && !this.faults.halfOpen) socket.pong(payload);
  }

  #receive(socket: WebSocket, text: string, read: Reader, number: number): void {
    const faults = this.faults;
    if (faults.halfOpen || socket.readyState !== socket.OPEN) return;
    const message = parsed(text);
    if (typeof message === 'object' && message !== null) this.#log('client', number, message);
    if (faults.dropSocket) {
      faults.dropSocket = false;
      socket.terminate();
    } else if (faults.closeNext) {
      const { code, reason } = faults.closeNext;
      faults.closeNext = undefined;
      socket.close(code, reason);
    } else read(message);
  }

  #send(socket: WebSocket, number: number, message: object): void {
    if (this.faults.halfOpen || socket.readyState !== socket.OPEN) return;
    this.#log('server', number, message);
    let text = JSON.stringify(message);
    if (this.faults.malformedJson > 0) {
      this.faults.malformedJson -= 1;
      text = text.slice(0, text.length / 2);
    }
    socket.send(text, { binary: this.#binary });
  }

  #log(direction: 'client' | 'server', session: number, message: object): void {
    if (this.#frameLimit === 0) return;
    this.#frames.push({ direction, session, message, at: performance.now() });
    if (this.#frames.length > this.#frameLimit) this.#frames.shift();
  }

  #tell(event: ModelEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

export interface ModelServerOptions {
  /** Decides on an upgrade: an HTTP refusal, or a session. */
  readonly admit: (request: IncomingMessage, url: URL) => Admission;
  readonly binary: boolean;
  /** Answers requests that are no upgrade; undefined: there is no such endpoint. */
  readonly answer?: (request: TextRequest) => Promise<TextAnswer | undefined>;
  /** How many frames are kept, the oldest dropped; default 5,000. */
  readonly frameLimit?: number;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

function written({ body = {} }: HttpRefusal): { readonly type: string; readonly text: string } {
  if (typeof body === 'string') return { type: 'text/html', text: body };
  return { type: 'application/json', text: JSON.stringify(body) };
}
