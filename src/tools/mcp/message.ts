import { type JSONRPCMessage, JSONRPCMessageSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { visible } from './text.ts';

/** Of an answer that cannot be read; within the range that JSON-RPC leaves to the programs. */
const UNREADABLE = -32_077;
/** Marks an error as the server's own: the SDK gives its own ones codes that servers use, too (-32000, -32001). */
const SENT = 'parley/sent';
const LONGEST = 300;

type Json = Readonly<Record<string, unknown>>;
export type RequestId = string | number;

/**
 * A message of a server, as the SDK takes it. What real servers write otherwise is put right: null where nothing should
 * be (modelcontextprotocol/typescript-sdk refuses `"error":null`, `"params":null`), an answer without a result. An answer
 * that cannot be read is one that failed, with its reason. undefined: it is no message at all.
 */
export function readMessage(raw: unknown): JSONRPCMessage | undefined {
  if (!isJson(raw)) return undefined;
  const { id, method } = raw;
  if (typeof method === 'string') return asked(raw, method);
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  if (raw.error !== undefined && raw.error !== null) return refused(id, raw.error);
  if (raw.result === null) return { jsonrpc: '2.0', id, result: {} };
  if (isJson(raw.result)) return { jsonrpc: '2.0', id, result: withoutGaps(raw.result) };
  const what = raw.result === undefined ? 'neither a result nor an error' : `${kindOf(raw.result)} instead of a result`;
  return failedAnswer(id, `it answered with ${what}`);
}

/** An answer that says that there is none that could be read. `why` completes "the call failed because …". */
export function failedAnswer(id: RequestId, why: string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: UNREADABLE, message: why } };
}

/** Why an answer could not be read; undefined: the error is another one. */
export function unreadableReason(error: unknown): string | undefined {
  return error instanceof McpError && error.code === UNREADABLE ? wordsOf(error) : undefined;
}

/** What the server itself said in refusing a request; undefined: the error is not the server's. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof McpError && isJson(error.data) && Object.hasOwn(error.data, SENT)
    ? wordsOf(error)
    : undefined;
}

function wordsOf({ message }: McpError): string {
  return message.replace(/^MCP error -?\d+: /, '');
}

function asked(raw: Json, method: string): JSONRPCMessage | undefined {
  const { id, params } = raw;
  const message = {
    jsonrpc: '2.0',
    ...(id === undefined || id === null ? {} : { id }),
    method,
    ...(params === undefined || params === null ? {} : { params }),
  };
  return JSONRPCMessageSchema.safeParse(message).data;
}

function refused(id: RequestId, error: unknown): JSONRPCMessage {
  const { code, message, data } = isJson(error) ? error : { code: undefined, message: error, data: undefined };
  const words = typeof message === 'string' && message !== '' ? message : JSON.stringify(error);
  return {
    jsonrpc: '2.0',
    id,
    error: {
      code: Number.isSafeInteger(code) && code !== UNREADABLE ? (code as number) : -32_603,
      message: visible(words, LONGEST) || 'it did not say why',
      data: { [SENT]: data ?? null },
    },
  };
}

/** The beginning of a session without null, and with what has to be there. Any other result as it is. */
function withoutGaps(result: Json): Json {
  if (typeof result.protocolVersion !== 'string') return result;
  const filled = (value: unknown): Json =>
    isJson(value) ? Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null)) : {};
  const { name, version, ...rest } = filled(result.serverInfo);
  return {
    ...filled(result),
    capabilities: filled(result.capabilities),
    serverInfo: { ...rest, name: String(name ?? ''), version: String(version ?? '') },
  };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
