import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpTransport } from './entry.ts';
import { answerStream } from './event-stream.ts';
import { HttpRefusal } from './http-refusal.ts';
import { failedAnswer, type RequestId, readMessage } from './message.ts';

/** One message of a server, as on stdio. */
const MOST_BYTES = 10 * 1024 * 1024;
const SOONEST_RETRY_MS = 1_000;
const LATEST_RETRY_MS = 60_000;
/** A server of the old transport says where to send at once. */
const OLD_ANSWER_MS = 3_000;
const OLD_ANSWER_BYTES = 4_000;
/** Those with which servers of the old transport refuse a POST. */
const OLD_REFUSALS = [400, 404, 405, 406, 415];

/**
 * A server over streamable HTTP (modelcontextprotocol.io/specification/2025-06-18/basic/transports#streamable-http).
 * The headers go with every request, and with no redirect to another origin (the SDK sees to that). A request whose
 * answer is refused, cut off or cannot be read fails at once: the SDK alone would wait for it until its time is over.
 */
export function httpTransport({ url, headers }: McpTransport & { type: 'http' }): StreamableHTTPClientTransport {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers } },
    fetch: async (address, init) => {
      const response = await fetch(address, init);
      const id = requestIdOf(init?.body);
      if (init?.method === 'POST' && response.status >= 400)
        throw await HttpRefusal.of(response, new Headers(init.headers).has('mcp-session-id'));
      if (!response.ok || (init?.method === 'POST' && id === undefined)) return response;
      return readable(response, id);
    },
  });
  patient(transport);
  return transport;
}

/** Whether the server behind the address has the transport of 2024 alone, after a POST was refused so. Never throws. */
export async function hasOldTransport(
  { url, headers }: McpTransport & { type: 'http' },
  refusal: HttpRefusal,
): Promise<boolean> {
  if (!OLD_REFUSALS.includes(refusal.status)) return false;
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), OLD_ANSWER_MS);
  try {
    const accept = { ...headers, Accept: 'text/event-stream' };
    const response = await fetch(url, { headers: accept, signal: stop.signal, redirect: 'error' });
    if (!response.ok || !isStream(response) || !response.body) return false;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (/\n\r?\n|\r\r/.test(text) || text.length > OLD_ANSWER_BYTES) break;
    }
    return /^event: ?endpoint\r?$/m.test(text);
  } catch {
    return false;
  } finally {
    clearTimeout(late);
    stop.abort();
  }
}

/**
 * The SDK (1.32) waits before it reconnects for as long as the server's `retry:` says: with 0, or with more than a timer
 * can hold, that is not at all. Not needed any more once it has limits of its own.
 */
function patient(transport: StreamableHTTPClientTransport): void {
  let retryMs: number | undefined;
  Object.defineProperty(transport, '_serverRetryMs', {
    get: () => retryMs,
    set: (ms: number | undefined) => {
      retryMs = ms === undefined ? undefined : Math.min(Math.max(ms, SOONEST_RETRY_MS), LATEST_RETRY_MS);
    },
  });
}

function requestIdOf(body: unknown): RequestId | undefined {
  if (typeof body !== 'string') return undefined;
  const { id, method } = JSON.parse(body);
  return typeof method === 'string' ? id : undefined;
}

/** The response with messages that the SDK can read, and an answer to the request in any case. */
async function readable(response: Response, id: RequestId | undefined): Promise<Response> {
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name);
  if (isStream(response) && response.body) {
    return new Response(answerStream(response.body, { id, mostBytes: MOST_BYTES }), { status, statusText, headers });
  }
  if (id === undefined) return response;
  headers.set('content-type', 'application/json');
  const messages = answersIn(response, await textOf(response), id);
  return new Response(JSON.stringify(messages), { status: 200, headers });
}

function answersIn(response: Response, text: string, id: RequestId): readonly unknown[] {
  if (text.trim() === '') return [failedAnswer(id, `it took the call and answered nothing (HTTP ${response.status})`)];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const type = response.headers.get('content-type')?.split(';')[0] ?? 'nothing that is named';
    return [failedAnswer(id, /json/i.test(type) ? 'its answer is no JSON' : `it answered with ${type} instead of MCP`)];
  }
  // An answer to something else would be given to whoever waits for that.
  const messages = [json]
    .flat()
    .flatMap((one) => readMessage(one) ?? [])
    .filter((one) => 'method' in one || String(one.id) === String(id));
  const answered = messages.some((one) => !('method' in one));
  return answered ? messages : [...messages, failedAnswer(id, 'it answered something else than what was asked')];
}

async function textOf(response: Response): Promise<string> {
  const pieces: string[] = [];
  let bytes = 0;
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    bytes += Buffer.byteLength(piece);
    if (bytes > MOST_BYTES) throw new Error('a message of the server is longer than 10 MB');
    pieces.push(piece);
  }
  return pieces.join('');
}

function isStream({ headers }: Response): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '');
}
