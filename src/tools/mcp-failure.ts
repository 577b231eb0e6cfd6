import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { visible } from './mcp-text.ts';

/**
 * Why a server is not there. `message` completes "failed because …"; `final`: trying again would change nothing;
 * `undone`: a call that failed like this never reached it.
 */
export class McpFailure extends Error {
  override readonly name = 'McpFailure';
  readonly final: boolean;
  readonly undone: boolean;

  constructor(message: string, options: { final?: boolean; undone?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.final = options.final ?? false;
    this.undone = options.undone ?? false;
  }
}

const LONGEST = 200;

/** What went wrong while a server was started or called, in words. `ending`: how its process ended, where it did. */
export function failureOf(error: unknown, ending: string | undefined): McpFailure {
  if (error instanceof McpFailure) return error;
  if (ending !== undefined) return new McpFailure(ending, { cause: error });
  if (error instanceof StreamableHTTPError) return httpFailure(error);
  if (error instanceof McpError) return protocolFailure(error);
  const { code, message } = rootOf(error);
  switch (code) {
    case 'ENOENT':
      return new McpFailure('its command or its folder is not there: correct mcp.json', { final: true, cause: error });
    case 'EACCES':
      return new McpFailure('its command may not be run: correct its rights', { final: true, cause: error });
    case undefined:
      return new McpFailure(visible(message, LONGEST) || 'something unknown went wrong', { cause: error });
    default:
      return new McpFailure(`its address cannot be reached (${code})`, { cause: error });
  }
}

/**
 * What went wrong with a request in a session. A server that does not know the session (any more) says 404, some say 400;
 * the client then begins a new one (modelcontextprotocol.io/specification/2025-06-18/basic/transports#session-management).
 */
export function callFailureOf(error: unknown, ending: string | undefined): McpFailure {
  if (error instanceof StreamableHTTPError && (error.code === 404 || error.code === 400)) {
    return new McpFailure('its session was over', { undone: true, cause: error });
  }
  const failure = failureOf(error, ending);
  const refused = rootOf(error).code === 'ECONNREFUSED';
  return refused ? new McpFailure(failure.message, { undone: true, cause: error }) : failure;
}

function httpFailure(error: StreamableHTTPError): McpFailure {
  switch (error.code) {
    case 401:
    case 403:
      return new McpFailure(`it refused the key (HTTP ${error.code}): correct the headers in mcp.json`, {
        final: true,
        cause: error,
      });
    case 404:
      return new McpFailure('nothing is at its address (HTTP 404): correct the url in mcp.json', { cause: error });
    case -1:
    case undefined:
      return new McpFailure('what answers at its address speaks no MCP', { cause: error });
    default:
      return new McpFailure(`its address answers with HTTP ${error.code}`, { cause: error });
  }
}

function protocolFailure(error: McpError): McpFailure {
  switch (error.code) {
    case ErrorCode.RequestTimeout:
      return new McpFailure('it does not answer', { cause: error });
    case ErrorCode.ConnectionClosed:
      return new McpFailure('its connection was closed', { cause: error });
    default:
      return new McpFailure(`it refused to start: ${visible(error.message, LONGEST)}`, { cause: error });
  }
}

/** fetch() hides the reason in its cause. */
function rootOf(error: unknown): { code: string | undefined; message: string } {
  const { cause } = error instanceof Error ? error : {};
  const { code, message = String(error) } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  return { code: typeof code === 'string' ? code : undefined, message };
}
