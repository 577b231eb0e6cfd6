import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { SessionLostError } from '../bridge/errors.ts';

/** The part of a pino logger that the adapters use. Never given keys, URLs or sound. */
export interface ModelLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Patience, in milliseconds; tests shorten it. */
export interface Timing {
  /** From connect() to a session that is ready. */
  readonly connectMs: number;
  /** Between pings. */
  readonly pingMs: number;
  /** By this time after its last sign of life a dead line is noticed. */
  readonly silentMs: number;
}
export const TIMING: Timing = { connectMs: 10_000, pingMs: 5_000, silentMs: 15_000 };

/** Why a connection ended, before anybody judged it. */
export type WireEnd =
  | { readonly type: 'refused'; readonly status: number; readonly body: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'failed'; readonly error: Error };

export interface WireOptions {
  readonly socket: WebSocket;
  /** For people, e.g. `OpenAI`. */
  readonly provider: string;
  readonly timing: Timing;
  readonly classify: (end: WireEnd) => SessionLostError;
  /** Called at most once, never after close(). */
  readonly onLost: (error: SessionLostError) => void;
}

/** More than this unsent means that the other side no longer reads: about 40 s of sound as base64. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const MAX_BODY_BYTES = 4_096;

/** A provider's WebSocket with a watch on it: refusals, silence and a peer that does not read all end in onLost. */
export class Wire {
  readonly #options: WireOptions;
  #ended = false;
  #aliveAt = performance.now();
  /** What waits for an echo, in the order in which it was asked for. */
  readonly #echoes: { readonly number: number; readonly askedAt: number; readonly back: () => void }[] = [];
  #asked = 0;
  #caughtUpTo = Number.NEGATIVE_INFINITY;
  #ping: NodeJS.Timeout | undefined;

  constructor(options: WireOptions) {
    this.#options = options;
    const { socket, classify } = options;
    const alive = () => {
      this.#aliveAt = performance.now();
    };
    socket.on('open', () => this.#watch());
    socket.on('pong', (payload) => {
      alive();
      this.#echoed(payload);
    });
    socket.on('ping', alive);
    socket.on('message', alive);
    socket.on('unexpected-response', (_request, response) => void this.#refused(response));
    // An error before the upgrade has no close code worth reading; after it, the error says more than 1006.
    socket.on('error', (error: Error) => this.lose(classify({ type: 'failed', error })));
    socket.on('close', (code: number, reason: Buffer) =>
      this.lose(classify({ type: 'closed', code, reason: reason.toString() })),
    );
  }

  /** Sends JSON text. Does nothing once the line is gone. */
  send(text: string): void {
    const { socket, provider } = this.#options;
    if (this.#ended || socket.readyState !== socket.OPEN) return;
    // As bytes: ws then puts header and text into one write to the socket instead of two buffers.
    socket.send(Buffer.from(text), { binary: false }, noteNothing);
    if (socket.bufferedAmount <= MAX_BUFFERED_BYTES) return;
    this.lose(new SessionLostError('network', `${provider} no longer takes what is sent to it.`, { retryable: true }));
  }

  /**
   * Calls back once everything that the other side had sent when it read what we sent until now has been taken: a
   * pong stands behind it on the line (RFC 6455, 5.5.3). No clock has a say in it, so a line or a process that stalls
   * proves nothing wrong. Behind a gateway that answers pings itself it covers the way to the gateway.
   */
  echo(back: () => void): void {
    const { socket } = this.#options;
    if (this.#ended || socket.readyState !== socket.OPEN) return;
    this.#asked += 1;
    this.#echoes.push({ number: this.#asked, askedAt: performance.now(), back });
    socket.ping(String(this.#asked), undefined, noteNothing);
  }

  /** An instant before which the other side sent nothing that was not taken. */
  get caughtUpTo(): number {
    return this.#caughtUpTo;
  }

  /** Ends against our will; idempotent. */
  lose(error: SessionLostError): void {
    if (this.#ended) return;
    this.#end();
    this.#options.socket.terminate();
    this.#options.onLost(error);
  }

  /** Ends by our will: quietly. Idempotent. */
  close(): void {
    if (this.#ended) return;
    const { socket } = this.#options;
    this.#end();
    if (socket.readyState !== socket.OPEN) {
      socket.terminate();
      return;
    }
    socket.close(1000);
    // A peer that does not answer the close must not hold the process: ws itself would wait 30 s.
    setTimeout(() => socket.terminate(), 1_000).unref();
  }

  /** Only the newest of several pings need be answered, and a pong may come unasked (RFC 6455, 5.5.3). */
  #echoed(payload: Buffer): void {
    const number = Number(payload.toString());
    if (this.#ended || !Number.isInteger(number) || number > this.#asked) return;
    for (let next = this.#echoes[0]; next && next.number <= number; next = this.#echoes[0]) {
      this.#echoes.shift();
      this.#caughtUpTo = next.askedAt;
      next.back();
    }
  }

  #end(): void {
    this.#ended = true;
    this.#echoes.length = 0;
    clearInterval(this.#ping);
  }

  #watch(): void {
    if (this.#ended) return;
    const { timing, provider } = this.#options;
    this.#aliveAt = performance.now();
    const lookMs = Math.min(timing.pingMs, timing.silentMs / 15);
    // At once and then always, so that a pong that takes ten seconds is still one every few seconds: Gemini's were
    // measured at 8 to 30 s (aicc2025/sip-to-ai#14).
    let pingedAt = this.#aliveAt;
    this.echo(noteNothing);
    this.#ping = setInterval(() => {
      const now = performance.now();
      // Looked at once more after this it would be later than promised.
      if (now - this.#aliveAt >= timing.silentMs - lookMs) {
        const seconds = Math.round(timing.silentMs / 1000);
        const message = `${provider} has not been heard of for ${seconds} s.`;
        this.lose(new SessionLostError('network', message, { retryable: true }));
      } else if (now - pingedAt >= timing.pingMs) {
        pingedAt = now;
        this.echo(noteNothing);
      }
    }, lookMs);
  }

  async #refused(response: IncomingMessage): Promise<void> {
    let body = '';
    try {
      response.setEncoding('utf8');
      response.setTimeout(2_000, () => response.destroy());
      for await (const chunk of response) {
        body += chunk;
        if (body.length > MAX_BODY_BYTES) break;
      }
    } catch {
      // The status alone has to do.
    }
    this.lose(this.#options.classify({ type: 'refused', status: response.statusCode ?? 0, body }));
  }
}

// ws reports a failed write here and with `error` or `close`; without a callback it would be thrown.
function noteNothing(): void {}

/** A base URL without the slashes at its end, which would make `//` in the middle of the address. */
export function trimSlashes(url: string): string {
  return url.replace(/\/+$/, '');
}

/** The text without the secrets, and short enough for a message. */
export function redacted(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length >= 8) safe = safe.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…');
  }
  return safe.replace(/sk-[\w*-]{6,}|AIza[\w-]{10,}/g, '…').slice(0, 300);
}
