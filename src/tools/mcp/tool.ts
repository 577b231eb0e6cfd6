import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { ToolContext } from '../../ports/tools.ts';
import { defineTool, type Risk, type Tool, ToolError } from '../tool.ts';
import type { ListedTool } from './connection.ts';
import type { McpEntry } from './entry.ts';
import { McpFailure } from './failure.ts';
import { refusalOf } from './message.ts';
import { type McpResult, readResult } from './result.ts';
import { offeredSchema } from './schema/schema.ts';
import { visible } from './text.ts';

/** What a tool of a server is made of. */
export interface McpToolParts {
  readonly entry: McpEntry;
  readonly listed: ListedTool;
  /** How little is said of its arguments; see offeredSchema. */
  readonly least: number;
  /** What the model calls it. */
  readonly name: string;
  readonly risk: Risk;
  /** Takes secrets out of text. */
  readonly hide: (text: string) => string;
  /** Calls it by the server's own name. Rejects like McpConnection.call, or with ToolError. */
  readonly call: (name: string, args: Readonly<Record<string, unknown>>, context: ToolContext) => Promise<McpResult>;
}

const LONGEST_DESCRIPTION = 1_000;
const LONGEST_SHORT_DESCRIPTION = 300;
const LONGEST_REFUSAL = 400;

/** A tool of an MCP server as one of ours. Its arguments are checked by the server. */
export function mcpTool({ entry, listed, least, name, risk, hide, call }: McpToolParts): Tool {
  const longest = least === 0 ? LONGEST_DESCRIPTION : LONGEST_SHORT_DESCRIPTION;
  const { parameters, restore } = offeredSchema(listed.inputSchema, least);
  const description = visible(listed.description, longest) || visible(listed.title, longest);
  const tool = defineTool({
    name,
    description: description || `The tool ${visible(listed.name, 60)} of ${entry.name}.`,
    input: z.looseObject({}),
    risk,
    ...(entry.blocking ? {} : { blocking: false }),
    // What comes from a server may try to give orders.
    outside: true,
    deadlineMs: entry.timeoutMs,
    async run(args, context) {
      const result = await call(listed.name, restore(args), context).catch((error: unknown) => {
        context.signal.throwIfAborted();
        throw inWords(error, entry, hide);
      });
      const { value, failure, extras } = readResult(result, hide);
      if (extras.files.length > 0 || extras.links.length > 0) context.attach(extras);
      if (failure !== undefined) throw new ToolError(failure === '' ? `${name} failed and did not say why.` : failure);
      return value;
    },
  });
  return Object.freeze({ ...tool, parameters: Object.freeze(parameters) });
}

/**
 * What a call may do: what the operator says, else what the server says of its tool
 * (modelcontextprotocol.io/specification/2025-06-18/schema#toolannotations), and `write` where it says nothing.
 */
export function riskOf({ risk }: McpEntry, { name, annotations }: ListedTool): { risk: Risk; fromOperator: boolean } {
  const said = Object.hasOwn(risk, name) ? risk[name] : risk['*'];
  if (said) return { risk: said, fromOperator: true };
  const { readOnlyHint, destructiveHint } = Hints.safeParse(annotations).data ?? {};
  // One that contradicts itself is taken at its worst.
  if (destructiveHint === true) return { risk: 'dangerous', fromOperator: false };
  return { risk: readOnlyHint === true ? 'read' : 'write', fromOperator: false };
}

/** Whether the server says that calling it twice is the same as once. */
export function isRepeatable({ annotations }: Pick<ListedTool, 'annotations'>): boolean {
  const { readOnlyHint, idempotentHint } = Hints.safeParse(annotations).data ?? {};
  return readOnlyHint === true || idempotentHint === true;
}

const Hints = z.looseObject({
  idempotentHint: z.unknown().optional(),
  readOnlyHint: z.unknown().optional(),
  destructiveHint: z.unknown().optional(),
});

/** Why a call failed, as a sentence for the model. */
function inWords(error: unknown, { name }: McpEntry, hide: (text: string) => string): Error {
  if (error instanceof ToolError) return error;
  if (error instanceof McpFailure) return new ToolError(failureInWords(error, name, hide));
  const refusal = refusalOf(error);
  if (refusal !== undefined)
    return new ToolError(`The tool server ${name} refused the call: ${visible(hide(refusal), LONGEST_REFUSAL)}`);
  if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) {
    return new ToolError(`The tool server ${name} did not answer in time.`);
  }
  return new ToolError(`The tool server ${name} answered with something that is no result.`);
}

function failureInWords(
  { message, undone, lost, retryAfterMs = 0 }: McpFailure,
  name: string,
  hide: (text: string) => string,
): string {
  const why = hide(message);
  const when = retryAfterMs > 0 ? `in ${Math.ceil(retryAfterMs / 1_000)} s` : 'if it is still wanted';
  if (undone)
    return `The tool server ${name} did not take the call: ${why}. Nothing was done; it can be called again ${when}.`;
  const unknown = 'Nobody knows whether the call was carried out.';
  if (lost)
    return `The tool server ${name} was lost during the call: ${why}. ${unknown} It is being connected again; say so before trying anew.`;
  return `The call of the tool server ${name} failed: ${why}. ${unknown} Say so before trying anew.`;
}
