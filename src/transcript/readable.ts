// What tools take and bring, for people: fields and rows instead of JSON.

/** Up to here a result stands on one line. */
const SHORT = 140;
const FIELD_LIMIT = 300;
const MOST_LINES = 12;
const MOST_ITEMS = 20;
/** Nobody reads further than that into a text that is no JSON. */
const TEXT_LIMIT = 1_500;

/** JSON text on one line, as `name: value, name: value`; text that is no JSON as it is. */
export function flat(json: string): string {
  const value = parsed(json);
  return value === undefined ? json.slice(0, TEXT_LIMIT) : flatValue(value.json, true);
}

/** JSON text as one line if it is short, else a line for each field and each row of a table. At least one line. */
export function readable(json: string): readonly string[] {
  const short = flat(json);
  const value = parsed(json)?.json;
  if (short.length <= SHORT || typeof value !== 'object' || value === null) return [cutAt(short, 2 * FIELD_LIMIT)];
  const lines = Array.isArray(value)
    ? value.map(row)
    : Object.entries(value).flatMap(([name, item]) => field(name, item));
  if (lines.length <= MOST_LINES) return lines.length === 1 ? [lines[0] as string] : lines;
  return [...lines.slice(0, MOST_LINES - 1), `… and ${lines.length - MOST_LINES + 1} more`];
}

/** How long something took. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** A field; one that holds several things of a kind has a row for each. */
function field(name: string, value: unknown): string[] {
  const rows = Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null);
  return rows ? [`${name}:`, ...value.map(row)] : [cutAt(`${name}: ${flatValue(value)}`, FIELD_LIMIT)];
}

function row(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return cutAt(`• ${flatValue(value)}`, FIELD_LIMIT);
  const cells = Object.entries(value).map(([name, item]) => `${name} ${flatValue(item)}`);
  return cutAt(`• ${cells.join(' · ')}`, FIELD_LIMIT);
}

function flatValue(value: unknown, outermost = false): string {
  if (value === null || value === undefined) return outermost ? '' : 'none';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map((item) => flatValue(item));
    return items.join(outermost ? '; ' : ' / ');
  }
  const entries = Object.entries(value).slice(0, MOST_ITEMS);
  // A lone error needs no label: the line already says that it failed.
  if (outermost && entries.length === 1 && entries[0]![0] === 'error') return flatValue(entries[0]![1]);
  const text = entries.map(([name, item]) => `${name}: ${flatValue(item)}`).join(', ');
  return outermost ? text : `(${text})`;
}

function parsed(json: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(json) };
  } catch {
    return undefined;
  }
}

function cutAt(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
