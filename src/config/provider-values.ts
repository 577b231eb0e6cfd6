// How single values of the configuration are written: keys, names, addresses, headers, remote MCP servers.
import { z } from 'zod';
import { httpBase } from '../model/connection/address.ts';
import type { Headers } from '../model/connection/service.ts';
import type { McpServer } from '../model/openai/mcp-server.ts';

const NAME = /^[\w.:/-]+$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The line of a WebSocket's own handshake; replacing one breaks the connection. */
const HANDSHAKE = /^(host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i;

export const secret = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'has a space, a line break or another character that no key has: copy it again')
  .optional();
export const name = (complaint: string) => z.string().regex(NAME, complaint);
export const model = (fallback: string) =>
  name('is not the id of a model: leave it empty for the default').default(fallback);
export const address = z
  .string()
  .refine((text) => isPlainHttpUrl(text), {
    error: 'must be an http:// or https:// address without user name, query and fragment',
  })
  .transform((text) => text.replace(/\/+$/, ''));
// Gateways name their realtime addresses with wss://, and often with the path of the protocol, which is added here.
const realtimeAddress = (path: RegExp) =>
  z
    .string()
    .refine((text) => isPlainHttpUrl(httpBase(text)), {
      error: 'must be an https:// or wss:// (or http://, ws://) address without user name, query and fragment',
    })
    .transform((text) => httpBase(httpBase(text).replace(path, '')));
export const openAIAddress = realtimeAddress(/\/realtime$/);
export const googleAddress = realtimeAddress(/\/ws\/google\..*$/);
export const headers = z
  .string()
  .transform((text, context): Headers => {
    const read = headersIn(text);
    if (read) return read;
    const message = 'must be a JSON object of header names and texts, such as {"Authorization":"Bearer KEY"}';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .optional();

// Under the names of OpenAI's own documentation, so that an example from there can be pasted.
const McpServers = z.array(
  z
    .strictObject({
      type: z.literal('mcp').optional(),
      server_label: z.string().regex(/^[A-Za-z][\w-]{0,63}$/),
      server_url: z.string().refine(isPlainHttpUrl),
      server_description: z.string().optional(),
      authorization: z.string().min(1).optional(),
      headers: z.record(z.string().regex(HEADER_NAME), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
      allowed_tools: z.array(z.string().min(1)).optional(),
      require_approval: z.enum(['always', 'never']).default('always'),
    })
    .transform(
      (one): McpServer => ({
        label: one.server_label,
        url: one.server_url,
        description: one.server_description,
        authorization: one.authorization,
        headers: one.headers,
        allowedTools: one.allowed_tools,
        approval: one.require_approval,
      }),
    ),
);
export const mcpServers = z
  .string()
  .transform((text, context): readonly McpServer[] => {
    const complain = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    const read = McpServers.safeParse(jsonIn(text));
    if (!read.success) {
      const at = read.error.issues[0]?.path.join('.') ?? '';
      const where = at === '' ? '' : ` (look at ${at})`;
      return complain(
        `must be a JSON array such as [{"server_label":"docs","server_url":"https://mcp.example.com/mcp"}]${where}`,
      );
    }
    const labels = new Set(read.data.map(({ label }) => label));
    return labels.size === read.data.length
      ? read.data
      : complain('names two servers alike: each server_label must differ');
  })
  .optional();

/** A base URL, kept without its trailing slashes: some SDKs make `//path` of them. */
export const base = (fallback: string) => address.default(fallback);

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headersIn(text: string): Headers | undefined {
  const read = jsonIn(text);
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
  const usable = Object.entries(read).every(
    ([header, value]) =>
      HEADER_NAME.test(header) &&
      !HANDSHAKE.test(header) &&
      (value === null || (typeof value === 'string' && /^[\x20-\x7e]*$/.test(value))),
  );
  return usable ? (read as Headers) : undefined;
}

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = !url.username && !url.password && !url.search && !url.hash;
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}
