import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { SessionLostError } from '../../ports/errors.ts';
import { foreignSentence } from '../../process/log-error.ts';
import type { DeedsPatience, ReplyPatience, WordsPatience } from '../openai/replies/patience.ts';
import { habitsOf, type LineHabits } from './line-habits.ts';
import { retryAfterIn } from './retry-after.ts';

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
  /** Of what is owed on a connection; absent: as it should be. */
  readonly replies?: ReplyPatience;
  readonly words?: WordsPatience;
  readonly deeds?: DeedsPatience;
}
/** As it is outside of tests. */
export const TIMING: Timing = { connectMs: 10_000, pingMs: 5_000, silentMs: 15_000 };

/** Why a connection ended, before anybody judged it. */
export type SocketEnd =
  /** `retryAfterMs`: when it wants to be asked again, as its headers say. */
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly body: string;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'failed'; readonly error: Error };

/** A socket that begins to open, and who learns how it ends. */
export interface ModelSocketOptions {
  readonly socket: WebSocket;
  /** For people, e.g. `OpenAI`. */
  readonly provider: string;
  readonly timing: Timing;
  readonly classify: (end: SocketEnd) => SessionLostError;
  /** Called at most once, never after close(). */
  readonly onLost: (error: SessionLostError) => void;
  /** The line is open, and lines to this address were seen to need long for their first message. */
  readonly onSlowStart?: () => void;
}

/** More than this unsent means that the other side no longer reads: about 40 s of sound as base64. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const MAX_BODY_BYTES = 4_096;
/**
 * A pong that is so much later than a message that came after its ping does not keep its place among messages: Gemini's
 * were measured at 8 to 30 s while messages flowed (aicc2025/sip-to-ai#14; googleapis/python-genai#2935).
 */
const LAG_MS = 1_000;
/** What an echo waits for where pongs prove nothing, if no message comes before. */
const LOOSE_ECHO_MS = 500;
/** Where pongs prove nothing, no message is taken to be longer on its way than this. */
const LONGEST_WAY_MS = 5_000;
/** A line is never left for silence later than this, however slow its pongs are. */
const LONGEST_SILENCE_MS = 60_000;
/** Pings that are remembered though nothing but a sign of life is wanted of them. */
const MOST_ECHOES = 50;

interface Echo {
  readonly number: number;
  readonly askedAt: number;
  /** undefined: only the sign of life is wanted. */
  readonly back: (() => void) | undefined;
  /** Without a pong that proves something it is not called at all. */
  readonly strict: boolean;
}

/** A provider's WebSocket with a watch on it: refusals, silence and a peer that does not read all end in onLost. */
export class ModelSocket {
  readonly #options: ModelSocketOptions;
  readonly #habits: LineHabits;
  #ended = false;
  #openAt: number | undefined;
  #aliveAt = performance.now();
  /** When the last message came; undefined: none has. */
  #messageAt: number | undefined;
  /** Whether this line ever answered a ping. */
  #answered = false;
  /** What waits for an echo, in the order in which it was asked for. */
  #echoes: Echo[] = [];
  /** What waits for the next message instead. */
  #loose: (() => void)[] = [];
  #looseTimer: NodeJS.Timeout | undefined;
  #lagTimer: NodeJS.Timeout | undefined;
  #asked = 0;
  #caughtUpTo = Number.NEGATIVE_INFINITY;
  #ping: NodeJS.Timeout | undefined;

  constructor(options: ModelSocketOptions) {
    this.#options = options;
    const { socket, classify } = options;
    this.#habits = habitsOf(socket.url);
    socket.on('open', () => this.#watch());
    socket.on('pong', (payload) => this.#ponged(payload));
    socket.on('ping', () => {
      this.#aliveAt = performance.now();
    });
    socket.on('message', () => this.#heard());
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
   * Calls back once everything that the other side had sent when it read what we sent until now has been taken: as a
   * rule a pong stands behind it on the line (RFC 6455, 5.5.3), so a line or a process that stalls proves nothing
   * wrong. A gateway may answer pings itself, and services were seen to answer late: nobody's words or rights may
   * depend on it alone. Where pongs were seen to lag behind messages it is the next message that has been taken, or
   * half a second without one.
   */
  echo(back: () => void): void {
    if (this.#ended || !this.#isOpen) return;
    if (this.#habits.pongsLag) this.#await(back);
    else this.#askEcho(back, false);
  }

  /** As echo(), but never calls back where pongs prove nothing. */
  proof(back: () => void): void {
    if (this.#ended || !this.#isOpen || this.#habits.pongsLag) return;
    this.#askEcho(back, true);
  }

  /** An instant before which the other side sent nothing that was not taken, as far as can be told. */
  get caughtUpTo(): number {
    if (!this.#habits.pongsLag) return this.#caughtUpTo;
    return (this.#messageAt ?? Number.NEGATIVE_INFINITY) - LONGEST_WAY_MS;
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

  get #isOpen(): boolean {
    const { socket } = this.#options;
    return socket.readyState === socket.OPEN;
  }

  #askEcho(back: (() => void) | undefined, strict: boolean): void {
    this.#asked += 1;
    this.#echoes.push({ number: this.#asked, askedAt: performance.now(), back, strict });
    this.#options.socket.ping(String(this.#asked), undefined, noteNothing);
  }

  #await(back: () => void): void {
    this.#loose.push(back);
    this.#looseTimer ??= setTimeout(() => this.#takeLoose(), LOOSE_ECHO_MS);
  }

  #takeLoose(): void {
    clearTimeout(this.#looseTimer);
    this.#looseTimer = undefined;
    if (!this.#ended) for (const back of this.#loose.splice(0)) back();
  }

  #heard(): void {
    const now = performance.now();
    const { timing } = this.#options;
    this.#habits.isMute = false;
    if (this.#messageAt === undefined && now - (this.#openAt ?? now) < timing.connectMs / 2) {
      this.#habits.slowStart = false;
    }
    this.#aliveAt = now;
    this.#messageAt = now;
    // Whoever reads the message takes it first.
    if (this.#loose.length > 0) setImmediate(() => this.#takeLoose());
    const oldest = this.#echoes[0];
    if (!oldest || this.#lagTimer || this.#habits.pongsLag) return;
    this.#lagTimer = setTimeout(() => {
      // Where this process stood still, the pong is read first.
      setImmediate(() => {
        this.#lagTimer = undefined;
        if (this.#echoes[0]?.number === oldest.number && !this.#ended) this.#distrustPongs();
      });
    }, LAG_MS);
  }

  /** What waited for a pong waits for a message. */
  #distrustPongs(): void {
    this.#habits.pongsLag = true;
    const waiting = this.#echoes;
    this.#echoes = waiting.map((one) => ({ ...one, back: undefined }));
    for (const { back, strict } of waiting) if (back && !strict) this.#await(back);
  }

  /** Only the newest of several pings need be answered, and a pong may come unasked (RFC 6455, 5.5.3). */
  #ponged(payload: Buffer): void {
    const now = performance.now();
    this.#aliveAt = now;
    this.#answered = true;
    this.#habits.mute = 0;
    const number = Number(payload.toString());
    if (this.#ended || !Number.isInteger(number) || number > this.#asked) return;
    const oldest = this.#echoes[0];
    if (oldest && oldest.number <= number) {
      const tookMs = now - oldest.askedAt;
      this.#habits.slowestPongMs = Math.max(tookMs, this.#habits.slowestPongMs / 2);
    }
    for (let next = this.#echoes[0]; next && next.number <= number; next = this.#echoes[0]) {
      this.#echoes.shift();
      this.#caughtUpTo = next.askedAt;
      next.back?.();
    }
  }

  #end(): void {
    const { connectMs } = this.#options.timing;
    const waitedMs = performance.now() - (this.#openAt ?? Number.POSITIVE_INFINITY);
    if (this.#messageAt === undefined && waitedMs > connectMs / 2) {
      this.#habits.isMute ||= this.#habits.slowStart;
      this.#habits.slowStart = !this.#habits.isMute;
    }
    this.#ended = true;
    this.#echoes = [];
    this.#loose = [];
    clearInterval(this.#ping);
    clearTimeout(this.#looseTimer);
    clearTimeout(this.#lagTimer);
  }

  #watch(): void {
    if (this.#ended) return;
    const { timing, onSlowStart } = this.#options;
    this.#openAt = performance.now();
    this.#aliveAt = this.#openAt;
    if (this.#habits.slowStart) onSlowStart?.();
    const lookMs = Math.min(timing.pingMs, timing.silentMs / 15);
    // At once and then always, so that a pong that takes ten seconds is still one every few seconds.
    let pingedAt = this.#aliveAt;
    this.#askEcho(undefined, false);
    this.#ping = setInterval(() => {
      const now = performance.now();
      // Looked at once more after this it would be later than promised.
      if (now - this.#aliveAt >= this.#silenceLimitMs - lookMs && this.#isDead()) {
        const seconds = Math.round(timing.silentMs / 1000);
        const message = `${this.#options.provider} has not been heard of for ${seconds} s.`;
        this.lose(new SessionLostError('network', message, { retryable: true }));
      } else if (now - pingedAt >= timing.pingMs) {
        pingedAt = now;
        this.#askEcho(undefined, false);
        // Pings that are never answered need not be remembered.
        if (this.#echoes.length > MOST_ECHOES)
          this.#echoes = this.#echoes.filter(({ back }) => back).concat(this.#echoes.slice(-1));
      }
    }, lookMs);
  }

  get #silenceLimitMs(): number {
    const { silentMs } = this.#options.timing;
    return Math.max(silentMs, Math.min(2 * this.#habits.slowestPongMs, LONGEST_SILENCE_MS));
  }

  /** Any message is a sign of life. A line that never answered a ping is left once, to see whether the next one does. */
  #isDead(): boolean {
    // Until it is ready, whoever opens it has a limit of their own.
    if (this.#messageAt === undefined) return false;
    if (this.#answered) return true;
    if (this.#habits.mute > 0) return false;
    this.#habits.mute += 1;
    return true;
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
    const retryAfterMs = retryAfterIn(response.headers);
    this.lose(this.#options.classify({ type: 'refused', status: response.statusCode ?? 0, body, retryAfterMs }));
  }
}

// ws reports a failed write here and with `error` or `close`; without a callback it would be thrown.
function noteNothing(): void {}

/** More of an error in JSON would not be read as JSON. */
const LONGEST_SAID = 10_000;

/** The text without the secrets, and short enough for a message. */
export function redacted(text: string, secrets: readonly string[], longest = 300): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length >= 8) safe = safe.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…');
  }
  return safe.replace(/sk-[\w*-]{6,}|AIza[\w-]{10,}/g, '…').slice(0, longest);
}

/**
 * What a service says while people talk, for the log and for people: without the secrets, and without what it repeats of
 * what it was given, which may be what somebody said.
 */
export function repeated(text: string, secrets: readonly string[]): string {
  return foreignSentence(redacted(text, secrets, LONGEST_SAID));
}
