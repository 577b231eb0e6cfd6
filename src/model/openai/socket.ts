import { connect } from 'node:net';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { httpBase } from '../connection/address.ts';
import { authorizes, type Headers, mergedHeaders } from '../connection/service.ts';

/** Where and as whom to connect. `baseUrl` with its version path; http: and ws: mean a plain WebSocket. */
export interface OpenAIEndpoint {
  /** '': the headers say who we are. */
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  /** The model, on Azure the deployment; null: a session that only transcribes, whose model is one of its settings. */
  readonly model: string | null;
  /** Sent along; they win over ours, and null takes one of ours away. */
  readonly headers?: Headers | undefined;
  /** How the key is shown: Azure wants it in a header of its own. Default `bearer`. */
  readonly keyAs?: 'bearer' | 'api-key' | undefined;
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
/** No message of a provider is near this; the SDK itself sets no limit. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * The one place where the SDK's connection is made; it begins to open at once. No OpenAI client is built: the client
 * would read OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS and more from the environment, while the
 * connection needs no more than key and base URL. The same for Azure, whose client would refuse OPENAI_BASE_URL
 * beside an endpoint; its GA route differs in the address and in the name of the key's header only.
 */
export function openOpenAISocket(endpoint: OpenAIEndpoint): OpenAIRealtimeWS {
  const baseURL = httpBase(endpoint.baseUrl ?? DEFAULT_BASE_URL);
  const url = new URL(baseURL);
  // The SDK makes every URL wss; a plain server is reached by giving it a plain connection.
  const plain = url.protocol === 'http:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const createConnection = () => connect({ host, port: Number(url.port || 80) });
  // null takes the SDK's own header away; its types do not say so.
  const headers = openAIHeaders(endpoint) as unknown as Record<string, string>;
  const options = { maxPayload: MAX_MESSAGE_BYTES, headers, ...(plain ? { createConnection } : {}) };
  const client = { apiKey: endpoint.apiKey, baseURL };
  // A transcription session takes no model in its address (openai/openai-python#2253).
  if (endpoint.model === null) return new OpenAIRealtimeWS({ intent: 'transcription', options }, client);
  return new OpenAIRealtimeWS({ model: endpoint.model, options }, client);
}

/**
 * What the SDK is to send over its own headers, where null takes one of them away: the key as the provider's own client
 * shows it, under the headers of the person who runs the bot.
 */
export function openAIHeaders({ apiKey, keyAs, headers }: OpenAIEndpoint): Headers {
  const removed = Object.entries(headers ?? {}).filter(([, value]) => value === null);
  const none = { authorization: null, ...Object.fromEntries(removed.map(([name]) => [name.toLowerCase(), null])) };
  return { ...none, ...mergedHeaders(ownKey({ apiKey, keyAs, headers }), headers) };
}

function ownKey({ apiKey, keyAs, headers }: Pick<OpenAIEndpoint, 'apiKey' | 'keyAs' | 'headers'>): Headers {
  if (apiKey === '') return {};
  const bearer = `Bearer ${apiKey}`;
  if (keyAs !== 'api-key') return { authorization: bearer };
  // A gateway that is shown this very key as Bearer need not see it a second time.
  const shown = authorizes(headers) && mergedHeaders({}, headers).authorization === bearer;
  return shown ? {} : { 'api-key': apiKey };
}
