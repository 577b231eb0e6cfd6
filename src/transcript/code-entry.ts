import type { ToolCall, ToolResult } from '../bridge/ports.ts';
import { codeBlock } from './blocks.ts';

/** With the line above them at most 1,500 characters together. */
const CODE_LIMIT = 600;
const OUTPUT_LIMIT = 450;

/** The program of a call that runs code; undefined for every other call. */
export function codeOf(call: ToolCall): string | undefined {
  if (call.name !== 'run_code') return undefined;
  const code = fieldsOf(call.arguments).code;
  return typeof code === 'string' ? code : undefined;
}

/** The line about the call with the code below it and, once it is there, what the code brought. */
export function codeText(head: string, code: string, result: ToolResult | undefined): string {
  const blocks = [head, codeBlock(code, CODE_LIMIT, 'js')];
  const brought = result && outputOf(result);
  if (brought) blocks.push(codeBlock(brought, OUTPUT_LIMIT));
  return blocks.join('\n');
}

function outputOf(result: ToolResult): string {
  const { printed, value, error, beginning } = fieldsOf(result.output);
  const parts = [printed, error ?? value ?? beginning].filter((part) => typeof part === 'string' && part !== '');
  return parts.join('\n');
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
