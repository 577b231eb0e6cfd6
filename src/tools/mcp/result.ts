import { isDeepStrictEqual } from 'node:util';
import type { PostFile } from '../../ports/room.ts';
import type { PostExtras } from '../../ports/tools.ts';
import { visible } from './text.ts';

/** What a tools/call brings, unchecked (modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result). */
export type McpResult = Readonly<Record<string, unknown>>;

/** A result for the model (`value`, or `failure` in words) and for the call's post. */
export interface ReadResult {
  readonly value: unknown;
  readonly failure: string | undefined;
  readonly extras: PostExtras;
}

/** The toolbox cuts what the model gets; this keeps megabytes from being read at all. */
const LONGEST_TEXT = 200_000;
const LONGEST_FAILURE = 600;
const MOST_LINKS = 20;
const MOST_FILES = 8;
/** What Discord takes of a bot without boosts. */
const MOST_FILE_BYTES = 10 * 1024 * 1024;
const LONGEST_BASE64 = Math.ceil(MOST_FILE_BYTES / 3) * 4;

type Part = Readonly<Record<string, unknown>>;

/**
 * Reads a result: its texts (one that is JSON as what it says) and its structured content, both where they differ; pictures,
 * sounds and files for the post, links as links. `hide` takes secrets out of text. Never throws. Pure.
 */
export function readResult(result: McpResult, hide: (text: string) => string): ReadResult {
  const files: PostFile[] = [];
  const links: PostExtras['links'][number][] = [];
  const texts: string[] = [];
  for (const part of partsOf(result.content)) {
    const file = fileOf(part, files.length);
    const link = linkOf(part);
    const words = textOf(part);
    if (file && files.length < MOST_FILES) files.push(file);
    if (link && links.length < MOST_LINKS) links.push(link);
    if (words !== undefined) texts.push(hide(words.slice(0, LONGEST_TEXT).toWellFormed()));
    else if (file) texts.push(`(${file.name} was posted to the text channel)`);
    else texts.push(`(something that cannot be shown: ${visible(part.type, 40) || 'of no type'})`);
  }
  const extras = { files, links: links.map(({ title, url }) => ({ title: hide(title), url: hide(url) })) };
  // `toolResult` is what servers of 2024-10-07 had in the place of content.
  const value = modelValue(result.structuredContent ?? result.toolResult ?? undefined, texts, hide);
  if (result.isError !== true && result.isError !== 'true') return { value, failure: undefined, extras };
  const words = texts.length > 0 ? texts.join(' ') : isEmpty(value) ? '' : JSON.stringify(value);
  return { value: null, failure: visible(words.replace(/^MCP error -?\d+: /, ''), LONGEST_FAILURE), extras };
}

/** Servers write null for nothing, and one part where a list of parts should be. */
function partsOf(content: unknown): readonly Part[] {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return parts.flatMap((part): Part | readonly Part[] => {
    if (typeof part === 'string') return { type: 'text', text: part };
    return isPart(part) ? part : [];
  });
}

const DONE = { done: true } as const;

function isEmpty(value: unknown): boolean {
  return value === DONE;
}

function modelValue(structured: unknown, texts: readonly string[], hide: (text: string) => string): unknown {
  const [only] = texts;
  const said = texts.length === 1 && only !== undefined ? (parsed(only) ?? only) : texts.join('\n');
  if (structured === undefined) return texts.length === 0 ? DONE : said;
  const value = shortened(structured, hide);
  const same =
    texts.length === 0 || isDeepStrictEqual(said, value) || said === String(value) || said === JSON.stringify(value);
  return same ? value : { text: said, structuredContent: value };
}

function shortened(structured: unknown, hide: (text: string) => string): unknown {
  const text = hide(JSON.stringify(structured));
  if (text.length > LONGEST_TEXT) return text.slice(0, LONGEST_TEXT);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What JSON text says, if it is an object or a list: a number or a word is better left as it was written. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(part: Part): string | undefined {
  switch (part.type) {
    case 'resource': {
      const { text, blob, uri } = isPart(part.resource) ? part.resource : {};
      return typeof text === 'string'
        ? text
        : blob === undefined && typeof uri === 'string'
          ? visible(uri, 300)
          : undefined;
    }
    case 'resource_link': {
      const words = visible(part.description, 300);
      return `${visible(part.title ?? part.name, 100)}: ${visible(part.uri, 300)}${words === '' ? '' : ` (${words})`}`;
    }
    case 'image':
    case 'audio':
      return undefined;
    default:
      // Kinds that come later, and parts whose kind was left out, mostly hold text all the same.
      return typeof part.text === 'string' ? part.text : part.type === 'text' ? '' : undefined;
  }
}

function linkOf(part: Part): { title: string; url: string } | undefined {
  if (part.type !== 'resource_link' || typeof part.uri !== 'string' || !/^https?:/i.test(part.uri)) return undefined;
  return { title: visible(part.title ?? part.name, 100) || part.uri, url: part.uri };
}

function fileOf(part: Part, index: number): PostFile | undefined {
  const resource = part.type === 'resource' && isPart(part.resource) ? part.resource : undefined;
  const data = part.type === 'image' || part.type === 'audio' ? part.data : resource?.blob;
  if (typeof data !== 'string' || data === '' || data.length > LONGEST_BASE64) return undefined;
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length === 0) return undefined;
  const stem = `${part.type === 'resource' ? 'file' : part.type}-${index + 1}`;
  return { name: `${stem}.${extensionOf(bytes, part.mimeType ?? resource?.mimeType)}`, bytes };
}

/** Pictures by their first bytes, so that nothing else passes for one; the rest by a few types that people can open. */
function extensionOf(bytes: Buffer, mimeType: unknown): string {
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpg';
  if (/^GIF8[79]a/.test(head)) return 'gif';
  if (/^RIFF....WEBP/s.test(head)) return 'webp';
  switch (mimeType) {
    case 'application/pdf':
      return 'pdf';
    case 'application/gzip':
      return 'gz';
    case 'audio/mpeg':
      return 'mp3';
    case 'audio/wav':
      return 'wav';
    case 'audio/ogg':
      return 'ogg';
    case 'text/csv':
      return 'csv';
    case 'application/json':
      return 'json';
    case 'text/plain':
      return 'txt';
    default:
      return 'bin';
  }
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
