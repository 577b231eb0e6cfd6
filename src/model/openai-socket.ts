import { connect } from 'node:net';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { trimSlashes } from './wire.ts';

/** Where and as whom to connect. `baseUrl` with its version path; http: means a plain WebSocket. */
export interface OpenAIEndpoint {
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly model: string;
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
/** No message of a provider is near this; the SDK itself sets no limit. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * The one place where the SDK's connection is made; it begins to open at once. No OpenAI client is built: the client
 * would read OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS and more from the environment, while the
 * connection needs no more than key and base URL.
 */
export function openOpenAISocket(endpoint: OpenAIEndpoint): OpenAIRealtimeWS {
  const baseURL = trimSlashes(endpoint.baseUrl ?? DEFAULT_BASE_URL);
  const url = new URL(baseURL);
  // The SDK makes every URL wss; a plain server is reached by giving it a plain connection.
  const plain = url.protocol === 'http:' || url.protocol === 'ws:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const createConnection = () => connect({ host, port: Number(url.port || 80) });
  return new OpenAIRealtimeWS(
    {
      model: endpoint.model,
      options: { maxPayload: MAX_MESSAGE_BYTES, ...(plain ? { createConnection } : {}) },
    },
    { apiKey: endpoint.apiKey, baseURL },
  );
}
