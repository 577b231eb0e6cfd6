import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpTransport } from './mcp-entry.ts';

/** One message of a server, as on stdio. */
const MOST_BYTES = 10 * 1024 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * A server over streamable HTTP (modelcontextprotocol.io/specification/2025-06-18/basic/transports#streamable-http).
 * The headers go with every request, and with no redirect to another origin (the SDK sees to that).
 */
export function httpTransport({ url, headers }: McpTransport & { type: 'http' }): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { ...headers } },
    fetch: async (address, init) => bounded(await fetch(address, init)),
  });
}

/** The response, broken off where one message of it is past all bounds. */
function bounded(response: Response): Response {
  if (!response.body) return response;
  // An event stream goes on for hours: what is bounded there is a message, which ends in an empty line.
  const stream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
  let bytes = 0;
  let lineIsEmpty = true;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (const byte of stream ? chunk : []) {
        if (byte === LINE_FEED) {
          if (lineIsEmpty) bytes = 0;
          lineIsEmpty = true;
        } else if (byte !== CARRIAGE_RETURN) lineIsEmpty = false;
        bytes += 1;
      }
      if (!stream) bytes += chunk.byteLength;
      if (bytes > MOST_BYTES) controller.error(new Error('a message of the server is longer than 10 MB'));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}
