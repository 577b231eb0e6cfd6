import { plain } from '../lib/markdown.ts';
import type { PostFile } from '../ports/room.ts';
import type { ToolCall } from '../ports/tool-calls.ts';

/** https://docs.discord.com/developers/reference#uploading-files: for each file. */
const FILE_LIMIT_BYTES = 10 * 1024 * 1024;
/** https://docs.discord.com/developers/resources/message#create-message: all of a request. */
const ALL_LIMIT_BYTES = 24 * 1024 * 1024;
const MOST_FILES = 10;
const NAME_LIMIT = 80;
const DESCRIPTION_LIMIT = 1_000;
/** A text that is most of a result is the file; the fields around it stand in the post. */
const MOSTLY = 0.7;

/** The whole result as a file: text as .txt or .md, everything else as indented .json. `json`: the result as JSON text. */
export function resultFile(call: Pick<ToolCall, 'name'>, json: string): PostFile {
  const text = textOf(json);
  if (text !== undefined) return fileOf(`${call.name}.${isMarkdown(text) ? 'md' : 'txt'}`, text);
  try {
    return fileOf(`${call.name}.json`, JSON.stringify(JSON.parse(json), null, 2));
  } catch {
    return fileOf(`${call.name}.txt`, json);
  }
}

/** A text as a file. */
export function fileOf(name: string, text: string): PostFile {
  return { name: safeName(name), bytes: Buffer.from(text.toWellFormed()) };
}

/** The files that Discord takes in one message, under names that are safe to show, and the names of the others. */
export function postable(files: readonly PostFile[]): {
  readonly files: readonly PostFile[];
  readonly left: readonly string[];
} {
  const kept: PostFile[] = [];
  const left: string[] = [];
  let sum = 0;
  for (const { name, bytes, description } of files) {
    const fits = bytes.byteLength <= FILE_LIMIT_BYTES && sum + bytes.byteLength <= ALL_LIMIT_BYTES;
    // Discord refuses an empty file.
    if (!fits || bytes.byteLength === 0 || kept.length >= MOST_FILES) {
      left.push(safeName(name));
      continue;
    }
    sum += bytes.byteLength;
    const words = description && plain(description).slice(0, DESCRIPTION_LIMIT).toWellFormed();
    kept.push({ name: safeName(name), bytes, ...(words && { description: words }) });
  }
  return { files: kept, left };
}

/** Letters, digits, dots and dashes; a name that begins with SPOILER_ would hide the file. */
function safeName(name: string): string {
  const [, base = '', ending = ''] = /^(.*?)(\.\w{1,8})?$/su.exec(name.toWellFormed()) ?? [];
  const safe = base.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^(?:[-._]|SPOILER_)+/i, '');
  return ([...safe].slice(0, NAME_LIMIT).join('').replace(/-+$/, '') || 'file') + ending;
}

/** The result where it is a text, or the one text that is most of it. */
function textOf(json: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const texts = Object.values(value).filter((item): item is string => typeof item === 'string');
  const [longest = ''] = texts.sort((one, other) => other.length - one.length);
  return longest.length > json.length * MOSTLY ? longest : undefined;
}

function isMarkdown(text: string): boolean {
  return /^#{1,6} \S/m.test(text) || /\[[^\]\n]+\]\(https?:/.test(text) || /^```/m.test(text);
}
