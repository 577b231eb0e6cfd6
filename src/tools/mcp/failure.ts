import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { HttpRefusal, speaksOfSession } from './http-refusal.ts';
import { refusalOf, unreadableReason } from './message.ts';
import { visible } from './text.ts';

interface FailureOptions {
  /** Trying again would change nothing before the bot is started again. */
  readonly final?: boolean;
  /** Trying again soon would change nothing: somebody has to put it right. */
  readonly lasting?: boolean;
  /** A call that failed like this was not carried out. */
  readonly undone?: boolean;
  /** The connection is gone; another one has to be made. */
  readonly lost?: boolean;
  /** How long the server asks to be left alone; bounded. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Why a server is not there, or why a call of it failed. `message` completes "failed because …". */
export class McpFailure extends Error {
  override readonly name = 'McpFailure';
  readonly final: boolean;
  readonly lasting: boolean;
  readonly undone: boolean;
  readonly lost: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.final = options.final ?? false;
    this.lasting = options.lasting ?? false;
    this.undone = options.undone ?? false;
    this.lost = options.lost ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const LONGEST = 200;
const SESSION_NOT_FOUND = -32_001;

/** What went wrong while a server was started or called, in words. `ending`: how its process ended, where it did. */
export function failureOf(error: unknown, ending: string | undefined): McpFailure {
  if (error instanceof McpFailure) return error;
  if (ending !== undefined) return new McpFailure(ending, { cause: error });
  if (error instanceof HttpRefusal) return openingRefused(error);
  if (error instanceof StreamableHTTPError) {
    const redirected = error.code !== undefined && error.code >= 300;
    return new McpFailure(
      redirected ? `its address answers with HTTP ${error.code}` : 'what answers at its address speaks no MCP',
      { cause: error },
    );
  }
  const unreadable = unreadableReason(error);
  if (unreadable !== undefined) return new McpFailure(`what answers speaks no MCP: ${unreadable}`, { cause: error });
  const refusal = refusalOf(error);
  if (refusal !== undefined)
    return (
      versionFailure(refusal, error) ??
      new McpFailure(`it refused to start: ${visible(refusal, LONGEST)}`, { cause: error })
    );
  if (error instanceof McpError) return protocolFailure(error);
  const { code, message } = rootOf(error);
  switch (code) {
    case 'ENOENT':
      return new McpFailure('its command or its folder is not there: correct mcp.json', { final: true, cause: error });
    case 'EACCES':
      return new McpFailure('its command may not be run: correct its rights', { final: true, cause: error });
    case undefined:
      return (
        versionFailure(message, error) ??
        new McpFailure(visible(message, LONGEST) || 'something unknown went wrong', { cause: error })
      );
    default:
      return new McpFailure(`its address cannot be reached (${code})`, { cause: error });
  }
}

/** What went wrong with a request in a session. McpError is for the server's own refusals and for no answer in time. */
export function callFailureOf(error: unknown, ending: string | undefined): McpFailure | McpError {
  if (error instanceof McpFailure) return error;
  const unreadable = unreadableReason(error);
  if (unreadable !== undefined) return new McpFailure(unreadable, { cause: error });
  // Some say so in an answer, with the code that servers of the SDK have for it beside HTTP 404.
  const refusal = refusalOf(error);
  if (
    error instanceof McpError &&
    error.code === SESSION_NOT_FOUND &&
    refusal !== undefined &&
    speaksOfSession(refusal)
  )
    return new McpFailure('its session was over', { undone: true, lost: true, cause: error });
  if (error instanceof McpError && (refusalOf(error) !== undefined || error.code !== ErrorCode.ConnectionClosed))
    return error;
  if (error instanceof McpError || ending !== undefined)
    return new McpFailure(ending ?? 'its connection was closed', { lost: true, cause: error });
  if (error instanceof HttpRefusal) return requestRefused(error);
  const { code, message } = rootOf(error);
  if (code === 'ECONNREFUSED')
    return new McpFailure(`its address cannot be reached (${code})`, { undone: true, lost: true, cause: error });
  if (code !== undefined) return new McpFailure(`its line broke (${code})`, { cause: error });
  if (error instanceof StreamableHTTPError)
    return new McpFailure(
      `it answered with something that is no MCP (${visible(message.replace(/^Streamable HTTP error: /, ''), LONGEST)})`,
      { cause: error },
    );
  return new McpFailure(`its answer cannot be read (${visible(message, LONGEST)})`, { cause: error });
}

/** A server that only has the transport of 2024 (modelcontextprotocol.io/specification/2025-06-18/basic/transports#backwards-compatibility). */
export function oldTransport(cause: unknown): McpFailure {
  return new McpFailure(
    'it only has the old SSE transport, which Parley does not speak: give its address for streamable HTTP (mostly /mcp)',
    { lasting: true, cause },
  );
}

function openingRefused(error: HttpRefusal): McpFailure {
  const { status, retryAfterMs } = error;
  const common = { retryAfterMs, cause: error };
  switch (status) {
    case 401:
    case 403:
      return new McpFailure(`it refused the key (HTTP ${status}): correct the headers in mcp.json`, {
        ...common,
        lasting: true,
      });
    case 404:
      return new McpFailure('nothing is at its address (HTTP 404): correct the url in mcp.json', common);
    case 429:
      return new McpFailure('it is asked too often (HTTP 429)', common);
    default:
      return (
        versionFailure(error.words, error) ??
        new McpFailure(`its address answers with HTTP ${status}${said(error)}`, common)
      );
  }
}

function requestRefused(error: HttpRefusal): McpFailure {
  const { status, retryAfterMs, sessionOver } = error;
  const common = { retryAfterMs, cause: error };
  if (sessionOver) return new McpFailure('its session was over', { ...common, undone: true, lost: true });
  switch (status) {
    case 401:
      return new McpFailure('it refused the key (HTTP 401)', { ...common, undone: true });
    case 403:
      return new McpFailure(`it does not allow this call (HTTP 403)${said(error)}`, { ...common, undone: true });
    case 404:
      return new McpFailure('nothing is at its address (HTTP 404)', { ...common, undone: true, lost: true });
    case 429:
      return new McpFailure('it is asked too often (HTTP 429)', { ...common, undone: true });
    default:
      return new McpFailure(`it answered with HTTP ${status}${said(error)}`, common);
  }
}

function said({ words }: HttpRefusal): string {
  const text = visible(words, LONGEST);
  return text === '' || /^<(!doctype|html)/i.test(text) ? '' : `: ${text}`;
}

function versionFailure(words: string, cause: unknown): McpFailure | undefined {
  if (!/protocol[ -]?version/i.test(words)) return undefined;
  const known = `${SUPPORTED_PROTOCOL_VERSIONS.at(-1)} to ${SUPPORTED_PROTOCOL_VERSIONS[0]}`;
  return new McpFailure(`it speaks another version of MCP than Parley (${known}): ${visible(words, LONGEST)}`, {
    lasting: true,
    cause,
  });
}

function protocolFailure(error: McpError): McpFailure {
  switch (error.code) {
    case ErrorCode.RequestTimeout:
      return new McpFailure('it does not answer', { cause: error });
    default:
      return new McpFailure('its connection was closed', { cause: error });
  }
}

/** fetch() hides the reason in its cause. */
function rootOf(error: unknown): { code: string | undefined; message: string } {
  const { cause } = error instanceof Error ? error : {};
  const { code, message = String(error) } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  return { code: typeof code === 'string' ? code : undefined, message };
}
