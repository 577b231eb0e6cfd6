import type { IncomingMessage } from 'node:http';
import {
  type Admission,
  type LoggedFrame,
  type LoggedRequest,
  type ModelEvent,
  type ModelFaults,
  ModelServer,
  type Reader,
  type Wire,
} from '../shared/model-server.ts';
import type { Script, Transcriber } from '../shared/script.ts';
import type { Writer } from '../shared/text-answers.ts';
import { GeminiHandles } from './handles.ts';
import { GEMINI_MODELS, type GeminiModel } from './models.ts';
import { GeminiSession } from './session.ts';
import { answerGenerate } from './texts.ts';
import type { GeminiTurn } from './turns.ts';
import type { GeminiWhims } from './whims.ts';

export interface SimulatedGeminiOptions {
  /** What the model answers. */
  readonly script: Script;
  /** Transcribes spoken turns when they end; without it, only `heard` of the script's replies does. */
  readonly hear?: Transcriber;
  /** What the text models write; without it, `{}`. */
  readonly write?: Writer;
  readonly apiKey?: string;
  /** Models that exist, without `models/`; those that the stand-in does not know behave like gemini-3.8-live. */
  readonly models?: readonly string[];
  /** Several fields in one serverContent, and an empty one now and then. Default false. */
  readonly bundle?: boolean;
  /** Whether turnComplete waits until the sound would have been played, as the service does; default true. */
  readonly playbackClock?: boolean;
  /** How long a connection may last; goAway comes 60 s before. Default 10 minutes. */
  readonly connectionMs?: number;
  /** How long before that goAway comes; default 60 s. */
  readonly goAwayMs?: number;
  /** goAway again and again, whatever the end is: after each `everyMs`, with this as its `timeLeft`. */
  readonly announcing?: { readonly everyMs: number; readonly timeLeft: string };
  /** How long a handle of a session is good; default 2 hours. */
  readonly handleMs?: number;
  /** How many frames the log keeps; default 5,000. */
  readonly frameLimit?: number;
}

const GEMINI_PATH = /\/ws\/google\.ai\.generativelanguage\.(v1beta|v1alpha)\.GenerativeService\.BidiGenerateContent$/;
const VERTEX_PATH = /\/ws\/google\.cloud\.aiplatform\.(v1beta1|v1)\.LlmBidiService\/BidiGenerateContent$/;
const TEN_MINUTES_MS = 10 * 60 * 1000;
const GOING_AWAY_MS = 60_000;

/**
 * A stand-in for Google's Live API (and Vertex AI's route) on 127.0.0.1, as strict as the original. Whoever starts
 * it closes it.
 */
export class SimulatedGemini {
  readonly apiKey: string;
  /** Turns of people, oldest first. */
  readonly turns: readonly GeminiTurn[];
  readonly sessions: readonly GeminiSession[];
  /** What it does now and then; change it at any time. */
  readonly whims: GeminiWhims;
  readonly #server: ModelServer;

  private constructor(
    server: ModelServer,
    apiKey: string,
    turns: GeminiTurn[],
    sessions: GeminiSession[],
    whims: GeminiWhims,
  ) {
    this.#server = server;
    this.whims = whims;
    this.apiKey = apiKey;
    this.turns = turns;
    this.sessions = sessions;
  }

  static async start(options: SimulatedGeminiOptions): Promise<SimulatedGemini> {
    const apiKey = options.apiKey ?? 'AIza-simulated';
    const turns: GeminiTurn[] = [];
    const sessions: GeminiSession[] = [];
    const whims: GeminiWhims = {};
    const handles = new GeminiHandles(options.handleMs);
    const open = (wire: Wire, route: { vertex: boolean; version: string }) => {
      const session = new GeminiSession(wire, {
        ...route,
        script: options.script,
        hear: options.hear,
        faults: server.faults,
        whims,
        turns,
        handles,
        models: modelsOf(options.models),
        bundle: options.bundle ?? false,
        playbackClock: options.playbackClock ?? true,
        connectionMs: options.connectionMs ?? TEN_MINUTES_MS,
        goAwayMs: options.goAwayMs ?? GOING_AWAY_MS,
        announcing: options.announcing,
      });
      sessions.push(session);
      return (message: unknown) => session.receive(message);
    };
    const server = await ModelServer.start({
      binary: true,
      ...(options.frameLimit === undefined ? {} : { frameLimit: options.frameLimit }),
      answer: (request) => answerGenerate(request, { apiKey, write: options.write }),
      admit: (request, url) => admit(request, url, apiKey, open),
    });
    return new SimulatedGemini(server, apiKey, turns, sessions, whims);
  }

  /** The value for GEMINI_BASE_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** What crossed the wire, newest last, bounded. */
  get frames(): readonly LoggedFrame[] {
    return this.#server.frames;
  }

  /** Sessions that are open now. */
  get openSessions(): number {
    return this.#server.open;
  }

  /** Requests for a connection, newest last, bounded. */
  get requests(): readonly LoggedRequest[] {
    return this.#server.requests;
  }

  /** Switches for tests; change them at any time. */
  get faults(): ModelFaults {
    return this.#server.faults;
  }

  /** Calls the listener for every event until the returned function is called. */
  onEvent(listener: (event: ModelEvent) => void): () => void {
    return this.#server.onEvent(listener);
  }

  /** Announces the end of every connection, then ends them. */
  goAway(timeLeftMs: number): void {
    for (const session of this.sessions) void session.goAway(timeLeftMs);
  }

  /** Cuts every line: clients see 1006. */
  dropAll(): void {
    this.#server.dropAll();
  }

  /** Closes every connection with a code and a reason. */
  closeAll(code: number, reason: string): void {
    this.#server.closeAll(code, reason);
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#server.close();
  }
}

function modelsOf(names: readonly string[] | undefined): Readonly<Record<string, GeminiModel>> {
  if (!names) return GEMINI_MODELS;
  const fallback = GEMINI_MODELS['gemini-3.8-live'] as GeminiModel;
  return Object.fromEntries(names.map((name) => [name, GEMINI_MODELS[name] ?? fallback]));
}

function admit(
  request: IncomingMessage,
  url: URL,
  apiKey: string,
  open: (wire: Wire, route: { vertex: boolean; version: string }) => Reader,
): Admission {
  // Gateways put a prefix before the path.
  const gemini = GEMINI_PATH.exec(url.pathname);
  const vertex = VERTEX_PATH.exec(url.pathname);
  const version = gemini?.[1] ?? vertex?.[1];
  if (version === undefined) return { status: 404, body: { error: { code: 404, status: 'NOT_FOUND' } } };
  const keys = [
    url.searchParams.get('key'),
    request.headers['x-goog-api-key'],
    /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1],
  ].filter((key) => typeof key === 'string' && key !== '');
  if (keys.includes(apiKey)) return { open: (wire) => open(wire, { vertex: vertex !== null, version }) };
  if (vertex) return { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED' } } };
  // The service lets the connection open first (github.com/yagudaev/voiceclaw/pull/155: 1007 for an expired key).
  const [code, reason] =
    keys.length > 0
      ? [1007, 'API key not valid. Please pass a valid API key.']
      : [1008, "Method doesn't allow unregistered callers (callers without established identity)."];
  return {
    open: (wire) => {
      wire.close(code, reason);
      return () => {};
    },
  };
}
