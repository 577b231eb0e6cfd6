import { type VoiceConnection, VoiceConnectionStatus } from '@discordjs/voice';
import type { Logger } from 'pino';
import { LineLostError } from '../bridge/errors.ts';

/** A move to another voice server closes with 4014 first and comes back by itself. */
const MOVE_WAIT_MS = 5_000;
/** A connection that was ready and is not again within this time is given up. */
const RECONNECT_WAIT_MS = 20_000;
/** The library rejoins at once and without end after some close codes; more often than this in one go is a storm. */
const REJOIN_LIMIT = 5;

/** Watches one voice connection: when it is ready, when it is lost for good. The only place that decides this. */
export class Supervisor {
  readonly #connection: VoiceConnection;
  readonly #onLost: (error: LineLostError) => void;
  readonly #log: Logger;
  #deadline: NodeJS.Timeout | undefined;
  #closed = false;
  #lastError: Error | undefined;
  #wasReady = false;
  #settle: { resolve: () => void; reject: (error: LineLostError) => void } | undefined;

  constructor(connection: VoiceConnection, options: { log: Logger; onLost: (error: LineLostError) => void }) {
    this.#connection = connection;
    this.#onLost = options.onLost;
    this.#log = options.log;
    connection.on('error', (error) => {
      // The library tries again and again: the same error is worth one line.
      if (error.message !== this.#lastError?.message) this.#log.warn({ err: error }, 'voice connection');
      this.#lastError = error;
    });
    connection.on('stateChange', (before, after) => {
      if (before.status !== after.status) this.#onStatus(after.status);
    });
  }

  /** Resolves when the connection is ready; rejects with LineLostError after `timeoutMs`. Call it once. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#connection.state.status === VoiceConnectionStatus.Ready) this.#onStatus(VoiceConnectionStatus.Ready);
      else {
        // A full channel and a missing permission yield no event at all, only silence.
        const seconds = Math.round(timeoutMs / 1000);
        this.#expect(timeoutMs, `Discord did not let me into the voice channel within ${seconds} s. Try /join again.`);
      }
    });
  }

  /** The gateway says where the bot is. A kick and a move are not a fault of the connection: nobody comes back from them. */
  placed(channelId: string | null, wanted: string): void {
    if (!this.#wasReady || channelId === wanted) return;
    if (channelId === null) this.#lose('Somebody disconnected me from the voice channel.', false);
    else this.#lose('Somebody moved me to another voice channel, where nobody was told that I listen.', false);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#settle?.reject(new LineLostError('The call was ended while I was joining.', { retryable: false }));
    this.#settle = undefined;
  }

  #onStatus(status: VoiceConnectionStatus): void {
    if (this.#closed) return;
    switch (status) {
      case VoiceConnectionStatus.Ready:
        clearTimeout(this.#deadline);
        this.#wasReady = true;
        this.#settle?.resolve();
        this.#settle = undefined;
        return;
      case VoiceConnectionStatus.Disconnected:
        if (this.#wasReady) this.#expect(MOVE_WAIT_MS, 'Discord closed the voice connection.');
        return;
      case VoiceConnectionStatus.Signalling:
      case VoiceConnectionStatus.Connecting:
        if (this.#connection.rejoinAttempts > REJOIN_LIMIT) {
          this.#lose(reasonOf(this.#lastError) ?? 'Discord closed the voice connection again and again.');
        } else if (this.#wasReady) {
          this.#expect(RECONNECT_WAIT_MS, 'The voice connection to Discord broke and did not come back.');
        }
        return;
      case VoiceConnectionStatus.Destroyed:
        this.#lose('The voice connection was closed.');
        return;
      default:
        status satisfies never;
    }
  }

  /** Gives the line up unless it is ready again in time. */
  #expect(ms: number, message: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lose(message), ms);
  }

  #lose(message: string, retryable = true): void {
    if (this.#closed) return;
    const error = new LineLostError(message, { retryable });
    const settle = this.#settle;
    this.#settle = undefined;
    this.close();
    if (settle) settle.reject(error);
    else this.#onLost(error);
  }
}

/** What people should read instead of "again and again", where the error says more. */
function reasonOf(error: Error | undefined): string | undefined {
  const code = error && 'code' in error ? String(error.code) : '';
  if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return undefined;
  return `The certificate of Discord's voice server is not trusted (${code}); whoever runs me can set NODE_EXTRA_CA_CERTS.`;
}
