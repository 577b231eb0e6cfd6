import { GoogleGenAI, Live, type LiveConnectConfig } from '@google/genai';
import { WebSocket } from 'ws';
import { httpBase, isOwnAddress } from '../connection/address.ts';
import { authorizes, bringsCredential, type Headers, mergedHeaders } from '../connection/service.ts';

/** Where and as whom to connect. `baseUrl` without version path; http: and ws: mean a plain WebSocket. */
export interface GeminiEndpoint {
  /** null (Vertex AI only): the Google credentials of the machine, or what the headers bring. '': the headers do. */
  readonly apiKey: string | null;
  readonly baseUrl?: string | null | undefined;
  readonly model: string;
  /** Sent along; they win over ours, and null takes one of ours away. */
  readonly headers?: Headers | undefined;
  /** Where on Vertex AI; without it, the Gemini API. */
  readonly vertex?: { readonly project: string; readonly location: string };
}

type Factory = ConstructorParameters<typeof Live>[2];
type Connection = ReturnType<Factory['create']>;
type Callbacks = Parameters<Factory['create']>[2];

const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com';
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Told about everything that comes. */
export interface GeminiListener {
  /** The socket exists and begins to open. */
  socket(socket: WebSocket): void;
  /** One message, as parsed. */
  message(message: Readonly<Record<string, unknown>>): void;
  /** A frame that is no JSON object, or that comes before the setup was sent. */
  unreadable(): void;
  /** The connection is over; whoever has a socket knows it from there. */
  failed(): void;
}

/** Gives access to what a Live client of our own has to share with the SDK's. */
class Client extends GoogleGenAI {
  /** `credentials`: the SDK adds a token of Google's. */
  liveWith(factory: Factory, credentials: boolean): Live {
    const none = { addAuthHeaders: () => Promise.resolve() };
    return new Live(this.apiClient, credentials ? this.apiClient.clientOptions.auth : none, factory);
  }
}

/**
 * The one place where the SDK makes the connection: it knows the address, the headers and the shape of the setup.
 * The socket is ours, because the SDK hands its own out only after the setup, so that nobody could give up waiting,
 * and turns a malformed frame into an unhandled rejection, which ends the process. Everything that the SDK would
 * read from the environment (GOOGLE_GENAI_API_VERSION, GOOGLE_GEMINI_BASE_URL, GOOGLE_GENAI_USE_VERTEXAI,
 * GOOGLE_API_KEY) is given to it.
 */
export function openGeminiSocket(endpoint: GeminiEndpoint, config: LiveConnectConfig, listener: GeminiListener): void {
  const { vertex, model, headers, apiKey } = endpoint;
  const baseUrl = httpBase(endpoint.baseUrl ?? (vertex ? vertexBase(vertex.location) : DEFAULT_BASE_URL));
  const { protocol } = new URL(baseUrl);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('not an http address');
  // The SDK looks for none of its own where it is given one; what is sent is ours to say.
  const key = apiKey === null ? {} : { apiKey: apiKey || 'in-the-headers' };
  // v1beta, because the SDK's default, v1, has no Live service; only v1alpha knows of proactive audio
  // (ai.google.dev/gemini-api/docs/live-guide).
  const version = config.proactivity ? 'v1alpha' : 'v1beta';
  const httpOptions = { baseUrl, apiVersion: vertex ? 'v1beta1' : version };
  // Told the project, Google's library does not ask another service for it.
  const google = vertex ? { googleAuthOptions: { projectId: vertex.project } } : {};
  const client = new Client({ ...key, ...vertex, ...google, vertexai: vertex !== undefined, httpOptions });
  const own: Headers = apiKey ? { 'x-goog-api-key': apiKey } : {};
  const create = (url: string, sent: Record<string, string>, callbacks: Callbacks) =>
    connection(url, mergedHeaders({ ...sent, ...own }, headers), callbacks, listener);
  const callbacks = { onmessage: () => {} };
  const opening = client.liveWith({ create }, needsGoogleCredentials(endpoint)).connect({ model, config, callbacks });
  opening.catch(() => listener.failed());
}

/**
 * Whether the machine's Google credentials are looked for: on Vertex AI without a key. Never where the headers say who we
 * are, or what a gateway wants to see: a machine without credentials would wait for the metadata server of a cloud.
 */
export function needsGoogleCredentials({ vertex, apiKey, baseUrl, headers }: GeminiEndpoint): boolean {
  if (vertex === undefined || apiKey !== null || authorizes(headers)) return false;
  return !bringsCredential(headers) || isOwnAddress('vertex', baseUrl ?? vertexBase(vertex.location));
}

/** Google's address of a location (cloud.google.com/vertex-ai/docs/general/googleapi-access-methods). */
export function vertexBase(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

function connection(
  url: string,
  headers: Readonly<Record<string, string>>,
  callbacks: Callbacks,
  listener: GeminiListener,
): Connection {
  let socket: WebSocket | undefined;
  let asked = false;
  // The SDK makes `//ws/…` of a base without a path.
  const address = new URL(url);
  // It also writes the key into the address, where every proxy logs it. The service takes it as a header, as Google's
  // client for Python sends it (googleapis/python-genai, live.py).
  address.searchParams.delete('key');
  address.pathname = address.pathname.replace(/\/{2,}/g, '/');
  return {
    connect: () => {
      socket = new WebSocket(address, { headers, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
      listener.socket(socket);
      socket.on('open', () => callbacks.onopen());
      // The SDK only needs to know that it is over.
      socket.on('close', () => callbacks.onclose({ code: 1006, reason: '' }));
      socket.on('message', (payload) => {
        const message = parsed(String(payload));
        // Before it has asked, the SDK would fall over an answer.
        if (!message || !asked) {
          listener.unreadable();
          return;
        }
        if (message.setupComplete) callbacks.onmessage({ data: '{"setupComplete":{}}' });
        listener.message(message);
      });
    },
    send: (message: string) => {
      asked = true;
      socket?.send(message);
    },
    close: () => socket?.close(),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
