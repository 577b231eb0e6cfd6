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
import { invalidRequest, type ProtocolError } from './events.ts';
import { newId } from './ids.ts';
import type { OpenAITurn } from './listening.ts';
import { answerResponses } from './responses.ts';
import { OpenAISession } from './session.ts';
import { OpenAITranscriptionSession } from './transcription.ts';

export interface SimulatedOpenAIOptions {
  /** What the model answers. */
  readonly script: Script;
  /** Transcribes spoken turns when they are committed; without it, only `heard` of the script's replies does. */
  readonly hear?: Transcriber;
  /** What the text models write; without it, `{}`. */
  readonly write?: Writer;
  readonly apiKey?: string;
  /** Models (or Azure deployments) that exist. */
  readonly models?: readonly string[];
  /**
   * How a wrong key is refused: 401 at the upgrade, as gateways and Azure do, or `event`: the connection opens, one
   * error event comes, then close 3000 `invalid_request_error.invalid_api_key`, as api.openai.com was seen to do
   * (github.com/twilio-samples/speech-assistant-openai-realtime-api-python/issues/4). Default: `upgrade`.
   */
  readonly wrongKey?: 'upgrade' | 'event';
  /** 60 minutes by default; `session.expires_at` says so, and the session ends then. */
  readonly sessionMs?: number;
  /** What `session.expires_at` says instead of the end (ms since 1970), as gateways and wrong clocks have it. */
  readonly expiresAt?: (endsAtMs: number) => unknown;
  /** Tool names of the remote MCP servers that can be reached, by address; default none. */
  readonly mcpServers?: Readonly<Record<string, readonly string[]>>;
  /** What the server needs to act on response.cancel; default 10. */
  readonly cancelMs?: number;
  /** Whether rate_limits.updated follows a response; default true. */
  readonly rateLimits?: boolean;
  /** Models that can be chosen to transcribe; default those of OpenAI, and in conversations any. */
  readonly transcribers?: readonly string[];
  /** How many frames the log keeps; default 5,000. */
  readonly frameLimit?: number;
}

const MODELS = [
  'gpt-realtime-2.1',
  'gpt-realtime-2.1-mini',
  'gpt-realtime-2',
  'gpt-realtime-1.5',
  'gpt-realtime',
  'gpt-realtime-mini',
  'gpt-realtime-2025-08-28',
  'gpt-realtime-mini-2025-10-06',
  'gpt-realtime-mini-2025-12-15',
];
// Codes and texts of Azure OpenAI as reports quote them, e.g. MicrosoftDocs/azure-docs#114013.
const AZURE_DENIED = {
  code: '401',
  message:
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
};
const AZURE_NO_DEPLOYMENT = {
  code: 'DeploymentNotFound',
  message:
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
};
const HOUR_MS = 60 * 60 * 1000;

/**
 * A stand-in for OpenAI's Realtime API (and Azure's GA route) on 127.0.0.1, as strict as the original. Whoever
 * starts it closes it.
 */
export class SimulatedOpenAI {
  readonly apiKey: string;
  /** Committed turns of people, oldest first; a turn in writing counts once it is answered. */
  readonly turns: readonly OpenAITurn[];
  readonly sessions: readonly OpenAISession[];
  /** Sessions that only transcribe. */
  readonly transcriptions: readonly OpenAITranscriptionSession[];
  readonly #server: ModelServer;

  private constructor(
    server: ModelServer,
    of: Pick<SimulatedOpenAI, 'apiKey' | 'turns' | 'sessions' | 'transcriptions'>,
  ) {
    this.#server = server;
    this.apiKey = of.apiKey;
    this.turns = of.turns;
    this.sessions = of.sessions;
    this.transcriptions = of.transcriptions;
  }

  static async start(options: SimulatedOpenAIOptions): Promise<SimulatedOpenAI> {
    const apiKey = options.apiKey ?? 'sk-simulated';
    const turns: OpenAITurn[] = [];
    const sessions: OpenAISession[] = [];
    const transcriptions: OpenAITranscriptionSession[] = [];
    const transcribe = (wire: Wire) => {
      const session = new OpenAITranscriptionSession(wire, {
        hear: options.hear ?? (() => ''),
        faults: server.faults,
        turns,
        sessionMs: options.sessionMs ?? HOUR_MS,
        expiresAt: options.expiresAt ?? wholeSeconds,
        ...(options.transcribers && { models: options.transcribers }),
      });
      transcriptions.push(session);
      return (message: unknown) => session.receive(message);
    };
    const open = (wire: Wire, model: string) => {
      const session = new OpenAISession(wire, model, {
        script: options.script,
        hear: options.hear,
        faults: server.faults,
        turns,
        sessionMs: options.sessionMs ?? HOUR_MS,
        expiresAt: options.expiresAt ?? wholeSeconds,
        cancelMs: options.cancelMs ?? 10,
        rateLimits: options.rateLimits ?? true,
        mcpServers: options.mcpServers ?? {},
        ...(options.transcribers && { transcribers: options.transcribers }),
      });
      sessions.push(session);
      return (message: unknown) => session.receive(message);
    };
    const server = await ModelServer.start({
      binary: false,
      ...(options.frameLimit === undefined ? {} : { frameLimit: options.frameLimit }),
      answer: (request) => answerResponses(request, { apiKey, write: options.write }),
      admit: (request, url) => admit(request, url, { ...options, apiKey, open, transcribe }),
    });
    return new SimulatedOpenAI(server, { apiKey, turns, sessions, transcriptions });
  }

  /** The value for OPENAI_BASE_URL; clients connect to `ws://…/v1/realtime?model=…`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/v1`;
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

/** As the Realtime API tells it: seconds since 1970. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

interface Admitting extends SimulatedOpenAIOptions {
  readonly apiKey: string;
  open(wire: Wire, model: string): Reader;
  transcribe(wire: Wire): Reader;
}

function admit(request: IncomingMessage, url: URL, options: Admitting): Admission {
  // Gateways put a prefix before it; Azure's route is /openai/v1/realtime.
  if (!url.pathname.endsWith('/realtime')) {
    return { status: 404, body: { error: invalidRequest('unknown_url', `Unknown request URL: ${url.pathname}.`) } };
  }
  const azure = url.pathname.endsWith('/openai/v1/realtime');
  const key = keyOf(request);
  if (azure && key !== options.apiKey) return { status: 401, body: { error: AZURE_DENIED } };
  const wrong = key === undefined ? missingKey() : wrongKey(key);
  if (key !== options.apiKey && (key === undefined || options.wrongKey !== 'event')) {
    return { status: 401, body: { error: wrong } };
  }
  if (key !== options.apiKey) return { open: (wire) => refuse(wire, wrong, 3000) };
  const model = url.searchParams.get('model');
  if (url.searchParams.get('intent') === 'transcription') {
    if (model === null) return { open: (wire) => options.transcribe(wire) };
    // The text of the live server: github.com/openai/openai-python/issues/2253.
    const text = 'You must not provide a model parameter for transcription sessions.';
    return { open: (wire) => refuse(wire, invalidRequest('invalid_model', text), 4000) };
  }
  if (!model) {
    return {
      open: (wire) => refuse(wire, invalidRequest('missing_model', 'You must provide a model parameter.'), 4000),
    };
  }
  if (!(options.models ?? MODELS).includes(model)) {
    if (azure) return { status: 404, body: { error: AZURE_NO_DEPLOYMENT } };
    const text = `The model \`${model}\` does not exist or you do not have access to it.`;
    // Close code 4004 and this reason were seen live with retired models.
    return { open: (wire) => refuse(wire, invalidRequest('model_not_found', text), 4004) };
  }
  return { open: (wire) => options.open(wire, model) };
}

/** Bearer, Azure's `api-key`, or the subprotocol that browsers use. */
function keyOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const protocol = /openai-insecure-api-key\.([^,\s]+)/.exec(request.headers['sec-websocket-protocol'] ?? '')?.[1];
  return bearer ?? request.headers['api-key']?.toString() ?? protocol;
}

function missingKey(): ProtocolError {
  return invalidRequest(null, "You didn't provide an API key.");
}

function wrongKey(key: string): ProtocolError {
  const shown = `${key.slice(0, 3)}***${key.slice(-4)}`;
  return invalidRequest('invalid_api_key', `Incorrect API key provided: ${shown}.`);
}

function refuse(wire: Wire, error: ProtocolError, code: number): () => void {
  wire.send({ type: 'error', event_id: newId('event'), error: { ...error, event_id: null } });
  wire.close(code, `${error.type}.${error.code}`);
  return () => {};
}
