// What tools take and bring, for people: fields, tables and text instead of JSON.

import { cut, escapeMarkdown, plain } from '../lib/markdown.ts';
import { codeBlock, link } from './blocks.ts';
import { textTable } from './text-table.ts';

/** What is shown of a value, as Discord markdown. `whole`: nothing was left out. */
export interface View {
  readonly text: string;
  readonly whole: boolean;
}

/** Up to here a result stands on one line. */
const SHORT = 140;
const FIELD_LIMIT = 300;
const MOST_LINES = 14;
const MOST_ROWS = 15;
const MOST_ITEMS = 20;
const MOST_PARAGRAPHS = 12;
/** Deeper than that a value is only counted. */
const DEEPEST = 3;
/** Discord's small grey text, at the beginning of a line. */
const SMALL = '-# ';
/** What programs call the parts of something that was found. */
const ADDRESSES = ['url', 'link', 'href', 'uri'];
const TITLES = ['title', 'name'];
const TEXTS = ['snippet', 'description', 'summary', 'text'];
type Fields = Readonly<Record<string, unknown>>;

/** JSON text on one line, as `name: value, name: value`; text that is no JSON as it is. Not escaped. */
export function flat(json: string): string {
  const value = parsed(json);
  if (value === undefined) return json.slice(0, 2 * FIELD_LIMIT);
  return isNothing(value.json) ? '' : flatValue(value.json, 0);
}

/** The value on one line, escaped, if it is short and has no rows; undefined where it needs more. */
export function oneLine(json: string): string | undefined {
  const value = parsed(json)?.json ?? json;
  if (typeof value === 'string' ? /\n/.test(value.trim()) : hasRows(value)) return undefined;
  const text = flat(json);
  if (text.length > SHORT) return undefined;
  const time = instant(value);
  if (time !== undefined) return time;
  if (!isObject(value) || Object.values(value).every((item) => instant(item) === undefined))
    return escapeMarkdown(text);
  const fields = Object.entries(value).map(([name, item]) => {
    const at = instant(item);
    return at === undefined ? escapeMarkdown(`${name}: ${flatValue(item, 1)}`) : `${escapeMarkdown(name)}: ${at}`;
  });
  return fields.join(', ');
}

/** The value in at most `limit` characters: a line for each field, tables, text in paragraphs. */
export function view(json: string, limit: number): View {
  const value = parsed(json)?.json ?? json;
  const blocks = blocksOf(value);
  const shown: string[] = [];
  let whole = true;
  let room = limit;
  let lines = 0;
  for (const block of blocks) {
    const fitting = block.text(room);
    lines += block.table ? 0 : 1;
    if (fitting === undefined || lines > MOST_LINES) {
      const left = blocks.length - blocks.indexOf(block);
      shown.push(`${SMALL}… and ${left} more`);
      return { text: shown.join('\n'), whole: false };
    }
    shown.push(fitting.text);
    whole &&= fitting.whole;
    // Room for the mark that something is missing.
    room = limit - shown.join('\n').length - SMALL.length - 2;
  }
  return { text: shown.join('\n'), whole };
}

/** How long something took. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** A piece of the view; it gives itself in the room that there is, or undefined where that is too little. */
interface Block {
  readonly table: boolean;
  text(room: number): View | undefined;
}

function blocksOf(value: unknown): readonly Block[] {
  if (typeof value === 'string') return paragraphs(value);
  if (isTabular(value)) return [table(value)];
  if (Array.isArray(value)) return value.map((item: unknown) => lineBlock('• ', item));
  if (!isObject(value)) return [lineBlock('', value)];
  return Object.entries(value).flatMap(([name, item]) => fieldBlocks(name, item));
}

function fieldBlocks(name: string, value: unknown): readonly Block[] {
  const label = `**${cut(escapeMarkdown(name), 60)}:**`;
  if (isTabular(value)) return [{ table: false, text: () => whole(SMALL + label) }, table(value)];
  const isLong = typeof value === 'string' && value.length > FIELD_LIMIT;
  if (isLong) return [{ table: false, text: () => whole(SMALL + label) }, ...paragraphs(value)];
  return [lineBlock(`${label} `, value)];
}

/** ISO 8601 to the second or finer, with where it is. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** An instant as everybody's own time (docs.discord.com/developers/reference#message-formatting); undefined: it is none. */
function instant(value: unknown): string | undefined {
  const at = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : `<t:${Math.floor(at / 1_000)}:f>`;
}

function lineBlock(before: string, value: unknown): Block {
  const time = instant(value);
  if (time !== undefined) return { table: false, text: () => ({ text: SMALL + before + time, whole: true }) };
  const text = flatValue(value, 0);
  const escaped = escapeMarkdown(text);
  return {
    table: false,
    text(room) {
      const limit = Math.min(FIELD_LIMIT, room - before.length - SMALL.length);
      if (limit < 20) return undefined;
      const isWhole = escaped.length <= limit && !isCut(value);
      return { text: SMALL + before + cut(escaped, limit), whole: isWhole };
    },
  };
}

function paragraphs(text: string): readonly Block[] {
  const lines = text
    .split(/[\r\n\u2028\u2029]+/)
    .map(plain)
    .filter((line) => line !== '');
  const few = lines.slice(0, MOST_PARAGRAPHS).map((line): Block => {
    const escaped = escapeMarkdown(line);
    return {
      table: false,
      text(room) {
        const limit = Math.min(2 * FIELD_LIMIT, room - 2);
        return limit < 40 ? undefined : { text: `> ${cut(escaped, limit)}`, whole: escaped.length <= limit };
      },
    };
  });
  return lines.length > few.length ? [...few, { table: false, text: () => ({ text: '> …', whole: false }) }] : few;
}

/** A table in a code block, with as many rows as there is room for; rows with bullets where it would be too wide. */
function table(items: readonly Fields[]): Block {
  const text = (room: number): View | undefined => {
    for (let count = Math.min(items.length, MOST_ROWS); count > 0; count--) {
      const made = tableOf(items.slice(0, count));
      const left = items.length - count;
      const view = left === 0 ? made : { text: `${made.text}\n${SMALL}… and ${left} more`, whole: false };
      if (view.text.length <= room) return view;
    }
    return undefined;
  };
  return { table: true, text };
}

function tableOf(items: readonly Fields[]): View {
  // Nobody reads a time of their own in a code block.
  if (items.some((item) => Object.values(item).some((cell) => instant(cell) !== undefined))) return listOf(items);
  const rows = items.map((item) =>
    Object.fromEntries(
      Object.entries(item).map(([name, cell]) => [name, typeof cell === 'number' ? cell : flatValue(cell, 1)]),
    ),
  );
  const table = textTable(rows);
  if (table?.whole) {
    const lines = table.lines.join('\n');
    return { text: codeBlock(lines, 10 * lines.length + 100), whole: !items.some((item) => isCut(item)) };
  }
  // Columns of beginnings tell nobody anything: an item each, then.
  return listOf(items);
}

function listOf(items: readonly Fields[]): View {
  const views = items.map(itemOf);
  return { text: views.map(({ text }) => text).join('\n'), whole: views.every((view) => view.whole) };
}

/** `• [title](<address>) · name value …` for what has an address, else the fields alone. */
function itemOf(item: Fields): View {
  const address = ADDRESSES.find((name) => typeof item[name] === 'string');
  const title = TITLES.find((name) => typeof item[name] === 'string');
  const words = title === undefined ? '' : String(item[title]);
  const anchor = address === undefined ? undefined : link(words, String(item[address]), FIELD_LIMIT);
  const shown = anchor === undefined ? [] : [title, address];
  const cells = Object.entries(item)
    .filter(([name]) => !shown.includes(name))
    .map(([name, cell]) => {
      const time = instant(cell);
      if (time !== undefined) return TEXTS.includes(name) ? time : `${escapeMarkdown(name)} ${time}`;
      return escapeMarkdown(TEXTS.includes(name) ? flatValue(cell, 1) : `${name} ${flatValue(cell, 1)}`);
    });
  const rest = cells.join(' · ');
  const text = cut(rest, FIELD_LIMIT);
  const parts = [anchor ?? '', text].filter((part) => part !== '');
  return { text: `${SMALL}• ${parts.join(' · ')}`, whole: text === rest && !isCut(item) };
}

/** Objects, so that there are columns. */
function isTabular(items: unknown): items is readonly Fields[] {
  return (
    Array.isArray(items) && items.length > 0 && items.every((item) => isObject(item) && Object.keys(item).length > 0)
  );
}

function hasRows(value: unknown): boolean {
  return isTabular(value) || (isObject(value) && Object.values(value).some(isTabular));
}

/** Whether flatValue leaves something of it out. */
function isCut(value: unknown, depth = 0): boolean {
  if (!isObject(value) && !Array.isArray(value)) return false;
  const items = Object.values(value);
  return items.length > MOST_ITEMS || depth >= DEEPEST || items.some((item) => isCut(item, depth + 1));
}

function flatValue(value: unknown, depth: number): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return depth === 0 ? String(value) : value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).slice(0, MOST_ITEMS);
  if (entries.length === 0) return 'none';
  const rest = Object.keys(value).length > MOST_ITEMS ? ['…'] : [];
  if (depth >= DEEPEST) return `${Object.keys(value).length} more`;
  if (Array.isArray(value)) {
    const items = [...entries.map(([, item]) => flatValue(item, depth + 1)), ...rest];
    return items.join(depth === 0 ? ', ' : ' / ');
  }
  // A lone error needs no label: the line already says that it failed.
  if (depth === 0 && entries.length === 1 && entries[0]?.[0] === 'error') return flatValue(entries[0][1], 0);
  const text = [...entries.map(([name, item]) => `${name}: ${flatValue(item, depth + 1)}`), ...rest].join(', ');
  return depth === 0 ? text : `(${text})`;
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || (isObject(value) && Object.keys(value).length === 0);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whole(text: string): View {
  return { text, whole: true };
}

function parsed(json: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(json) };
  } catch {
    return undefined;
  }
}
