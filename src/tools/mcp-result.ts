import type { PostExtras, PostFile } from '../bridge/room-ports.ts';
import { visible } from './mcp-text.ts';

/** What a tools/call brings, unchecked (modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result). */
export interface McpResult {
  readonly content: readonly unknown[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

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
 * Reads a result: `structuredContent` where there is some, else its texts (one that is JSON as what it says); pictures,
 * sounds and files for the post, links as links. `hide` takes secrets out of text. Never throws. Pure.
 */
export function readResult(result: McpResult, hide: (text: string) => string): ReadResult {
  const parts = result.content.filter(isPart);
  const files: PostFile[] = [];
  const links: PostExtras['links'][number][] = [];
  const texts: string[] = [];
  for (const part of parts) {
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
  if (result.isError === true)
    return {
      value: null,
      failure: visible(texts.join(' ').replace(/^MCP error -?\d+: /, ''), LONGEST_FAILURE),
      extras,
    };
  return { value: modelValue(result, texts, hide), failure: undefined, extras };
}

function modelValue(
  { structuredContent }: McpResult,
  texts: readonly string[],
  hide: (text: string) => string,
): unknown {
  if (isPart(structuredContent)) {
    const text = hide(JSON.stringify(structuredContent));
    return text.length <= LONGEST_TEXT ? (parsed(text) ?? text) : text.slice(0, LONGEST_TEXT);
  }
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return parsed(only) ?? only;
  return texts.length === 0 ? { done: true } : texts.join('\n');
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
    case 'text':
      return typeof part.text === 'string' ? part.text : '';
    case 'resource':
      return isPart(part.resource) && typeof part.resource.text === 'string' ? part.resource.text : undefined;
    case 'resource_link':
      return `${visible(part.title ?? part.name, 100)}: ${visible(part.uri, 300)}`;
    default:
      return undefined;
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
