import { cut, escapeMarkdown } from '../lib/markdown.ts';
import type { PostFile } from '../ports/room.ts';
import type { ToolCall, ToolResult } from '../ports/tool-calls.ts';
import type { PostExtras } from '../ports/tools.ts';
import { codeBlock, MOST_CODE_LINES, sourceLines } from './blocks.ts';
import { oneLine, view } from './readable.ts';
import { fileOf, postable, resultFile } from './tool-files.ts';

/** How a call ended, as its post shows it. */
export interface ToolOutcome {
  readonly ok: boolean;
  readonly tookMs: number;
  /** What stands on the line of the call; null: nothing does, and `body` is below it. Escaped. */
  readonly line: string | null;
  /** Discord markdown; '' for none. */
  readonly body: string;
  /** What became of the files, in small lines; '' for nothing. */
  readonly note: string;
  /** Files that the message does not have yet. */
  files: readonly PostFile[];
}

/** With the line of the call above, and the note of a failed upload below, within one message of 2,000 characters. */
const BODY_LIMIT = 1_350;
const LINKS_LIMIT = 600;
/** Of a file's name. */
const NAME_LIMIT = 90;
const CODE_LIMIT = 600;
const OUTPUT_LIMIT = 450;
/** Of a code block, with its language. */
const FENCES_LENGTH = 20;
const SMALL = '-# ';

/** What the post of a call shows when it is over. */
export function outcomeOf(ended: {
  readonly call: Pick<ToolCall, 'name' | 'arguments'>;
  readonly result: Pick<ToolResult, 'ok' | 'output' | 'full'>;
  readonly tookMs: number;
  readonly extras?: PostExtras | undefined;
}): ToolOutcome {
  const { call, result, tookMs, extras } = ended;
  const { ok } = result;
  const json = result.full ?? result.output;
  const code = codeOf(call);
  const room = BODY_LIMIT - linkLine(extras, '', LINKS_LIMIT).length - 1;
  const shown = code === undefined ? valueShown(call, json, room) : codeShown(call, code, json);
  const links = linkLine(extras, shown.body, Math.min(LINKS_LIMIT, BODY_LIMIT - shown.body.length - 1));
  const { files, left } = postable([...(extras?.files ?? []), ...shown.files]);
  const names = shown.files.filter((file) => !left.includes(file.name)).map(({ name }) => name);
  const notes = [noteOf('All of it: ', names), noteOf('Too large to be attached: ', left)];
  const body = [shown.body, links].filter((text) => text !== '').join('\n');
  return { ok, tookMs, line: shown.line, body, note: notes.filter((text) => text !== '').join('\n'), files };
}

/** The outcome where its files could not be uploaded. */
export function withoutFiles(outcome: ToolOutcome): ToolOutcome {
  const names = outcome.files.map(({ name }) => name);
  return {
    ...outcome,
    note: noteOf('The permission Attach Files may be missing here. Not attached: ', names),
    files: [],
  };
}

/** `Words: a.txt, b.png and 2 more`, in one small line. */
function noteOf(words: string, names: readonly string[]): string {
  const [first, ...more] = names.map(escapeMarkdown);
  if (first === undefined) return '';
  return `${SMALL}${words}${cut(first, NAME_LIMIT)}${more.length > 0 ? ` and ${more.length} more` : ''}`;
}

/** The program of a call that runs code; undefined for every other call. */
export function codeOf(call: Pick<ToolCall, 'name' | 'arguments'>): string | undefined {
  if (call.name !== 'run_code') return undefined;
  const { code } = fieldsOf(call.arguments);
  return typeof code === 'string' ? code : undefined;
}

/** A program as it is shown. */
export function codeShownAs(code: string): string {
  return codeBlock(code, CODE_LIMIT, 'js');
}

interface Shown {
  readonly line: string | null;
  readonly body: string;
  readonly files: readonly PostFile[];
}

function valueShown(call: Pick<ToolCall, 'name'>, json: string, room: number): Shown {
  const line = oneLine(json);
  if (line !== undefined) return { line, body: '', files: [] };
  const { text, whole } = view(json, room);
  return { line: null, body: text, files: whole ? [] : [resultFile(call, json)] };
}

/** The code, what it brought, and the whole of what is too long for that. */
function codeShown(call: Pick<ToolCall, 'name'>, code: string, json: string): Shown {
  const { printed, value, error, beginning } = fieldsOf(json);
  const parts = [printed, error ?? value ?? beginning].filter((part) => typeof part === 'string' && part !== '');
  const output = parts.join('\n');
  const blocks = [codeShownAs(code), ...(output === '' ? [] : [codeBlock(output, OUTPUT_LIMIT)])];
  const files = [
    ...(isCut(code, CODE_LIMIT) ? [fileOf(`${call.name}.js`, code)] : []),
    ...(isCut(output, OUTPUT_LIMIT) ? [fileOf(`${call.name}-output.txt`, output)] : []),
  ];
  return { line: null, body: blocks.join('\n'), files };
}

/** Whether codeBlock() may leave something out. */
function isCut(text: string, limit: number): boolean {
  return text.length + FENCES_LENGTH > limit || text.split(/\r\n?|\n/).length > MOST_CODE_LINES;
}

/** One line of links, without those that stand in the body; '' for none. */
function linkLine(extras: PostExtras | undefined, body: string, limit: number): string {
  const links = (extras?.links ?? []).filter(({ url }) => !body.includes(`(<${url}>)`));
  return sourceLines(links, SMALL, limit)[0] ?? '';
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
