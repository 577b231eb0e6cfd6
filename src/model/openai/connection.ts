import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { SessionLostError } from '../../ports/errors.ts';
import type { Pcm } from '../../ports/voice.ts';
import { type ModelLog, ModelSocket, redacted, type Timing } from '../connection/model-socket.ts';
import type { OpeningHooks } from '../connection/open-session.ts';
import { toBase64 } from '../connection/pcm-base64.ts';
import type { Target } from '../connection/service.ts';
import { type OpenAIProblem, openAILoss } from './failures.ts';
import { OpenAIGreeting } from './greeting.ts';
import { expiryOf } from './messages.ts';

/** Samples at 24 kHz: a commit of less than 100 ms is refused (input_audio_buffer_commit_empty). */
export const COMMIT_MINIMUM = 2_400;
const SETUP_EVENT = 'parley-setup';

/** The socket, and what the session that owns the connection does with it. */
export interface OpenAIConnectionDeps {
  readonly rt: OpenAIRealtimeWS;
  readonly target: Target;
  readonly log: ModelLog;
  readonly timing: Timing;
  readonly hooks: OpeningHooks;
  /** Sends the settings, as an event of this id. */
  setUp(eventId: string): void;
  /** The settings are accepted for the first time. Calls hooks.ready(). */
  begin(): void;
  /** The settings are confirmed, the first time or again. */
  configured(): void;
  /** An `error` event. */
  refused(problem: OpenAIProblem): void;
  /** Any other event. What it throws makes the event a malformed one. */
  handle(event: RealtimeServerEvent): void;
  /** It was lost, and nothing more comes. */
  ended(error: SessionLostError): void;
}

/** What every connection to the Realtime API has, whatever its session is for: opening, settings, ids of events, the end. */
export class OpenAIConnection {
  readonly #deps: OpenAIConnectionDeps;
  readonly #socket: ModelSocket;
  readonly #greeting: OpenAIGreeting;
  #eventCount = 0;
  #expiresAt: number | undefined;
  #ready = false;

  constructor(deps: OpenAIConnectionDeps) {
    const { rt, target, timing, log, hooks } = deps;
    this.#deps = deps;
    this.#socket = new ModelSocket({
      socket: rt.socket,
      provider: target.service.name,
      timing,
      classify: (end) => openAILoss(end, target),
      onLost: (error) => {
        this.#greeting.close();
        deps.ended(error);
      },
      onSlowStart: () => hooks.slow(),
    });
    this.#greeting = new OpenAIGreeting(rt.socket, () => deps.setUp(SETUP_EVENT));
    rt.on('event', (event) => this.#receive(event));
    // Frames that are no JSON; server errors come as events too. Without a listener either would end the process.
    rt.on('error', (error) => {
      if (!error.error) log.debug({ error: redacted(error.message, target.secrets) }, 'unreadable message dropped');
    });
  }

  /** When the server will end it; undefined: it did not say. */
  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** The settings were accepted. */
  get isReady(): boolean {
    return this.#ready;
  }

  send(event: RealtimeClientEvent): void {
    this.#socket.send(JSON.stringify(event));
  }

  /** Sound at 24 kHz. */
  append(pcm: Pcm): void {
    // 50 times a second: written as text, this costs a fifth of JSON.stringify (0.19 µs against 1.04 µs, 20 ms frame).
    this.#socket.send(`{"type":"input_audio_buffer.append","audio":"${toBase64(pcm)}"}`);
  }

  /** Drops the sound that is not committed. */
  clear(): void {
    this.send({ type: 'input_audio_buffer.clear', event_id: this.eventId('clear') });
  }

  /** An id for the next event of this kind; each comes once. */
  eventId(kind: string): string {
    return `parley-${kind}-${++this.#eventCount}`;
  }

  /** The same for an item of the conversation. */
  itemId(kind: string): string {
    return `parley_${kind}_${++this.#eventCount}`;
  }

  /** Gives it up with this error, as if it had been lost. */
  lose(error: SessionLostError): void {
    this.#socket.lose(error);
  }

  /** Idempotent; ended() is not called. */
  close(): void {
    this.#greeting.close();
    this.#socket.close();
  }

  #receive(event: RealtimeServerEvent): void {
    try {
      this.#handle(event);
    } catch (error) {
      // A field is not what the protocol says. One message is not worth a session.
      this.#deps.log.debug({ type: event.type, err: error }, 'malformed message dropped');
    }
  }

  #handle(event: RealtimeServerEvent): void {
    switch (event.type) {
      case 'session.created':
        // However late it comes, and whether or not it comes again.
        this.#expiresAt ??= expiryOf(event.session);
        this.#greeting.came();
        return;
      case 'session.updated':
        this.#deps.configured();
        if (this.#ready) return;
        this.#ready = true;
        this.#deps.begin();
        return;
      case 'error':
        this.#deps.refused(event.error);
        return;
      default:
        this.#deps.handle(event);
    }
  }
}
