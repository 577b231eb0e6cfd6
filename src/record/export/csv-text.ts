import { stringify } from 'csv-stringify/sync';
import type { RecordedLine } from '../../ports/record.ts';
import { iso, offsetText } from './times.ts';
import type { PlacedLine, TranscriptFormat } from './transcript-format.ts';

const COLUMNS = [
  'number',
  'kind',
  'offset',
  'start_utc',
  'end_utc',
  'name',
  'user_id',
  'text',
  'overlaps',
  'heard_ms',
  'produced_ms',
  'language',
  'model',
  'written',
  'state',
  'tool',
  'tool_arguments',
  'tool_ok',
  'link',
] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

/**
 * What spreadsheets take for a formula, also behind spaces, and in full width
 * (owasp.org/www-community/attacks/CSV_Injection).
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/**
 * The same in the middle of a cell, where a spreadsheet of another locale begins a cell: it takes another sign
 * for what separates them, and then knows no quotes in which a line may end. Some begin a line at more signs than two.
 */
const FORMULA_INSIDE = {
  ',': /([;|\p{Cc}\u2028\u2029][\s\p{Cc}\p{Cf}"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/gu,
  ';': /([,|\p{Cc}\u2028\u2029][\s\p{Cc}\p{Cf}"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/gu,
};

/** What stands between two cells. Spreadsheets expect the semicolon where numbers have a decimal comma. */
type Separator = keyof typeof FORMULA_INSIDE;

/**
 * RFC 4180, with this separator. Every cell is in quotes, so that the other one shifts nothing where both separate. In UTF-8
 * with the mark by which spreadsheets know that; a row for each line; empty: unknown or not so.
 */
export function csvText(delimiter: Separator): TranscriptFormat {
  const options = { delimiter, record_delimiter: 'windows', quoted: true } as const;
  const rowText = (row: Row): string => {
    const cells = COLUMNS.map((column) => harmless(row[column] ?? '', delimiter));
    return stringify([cells], { ...options, quoted_empty: false });
  };
  return {
    extension: 'csv',
    separator: '',
    line: (placed) => rowText({ ...commonRow(placed), ...ownRow(placed.line, placed.over) }),
    head: () => `\ufeff${stringify([COLUMNS], options)}`,
    foot: () => '',
  };
}

function commonRow({ line, number, offsetMs }: PlacedLine): Row {
  const [post] = line.posts;
  return {
    number: String(number),
    kind: line.kind,
    offset: offsetText(offsetMs),
    start_utc: iso(line.startedAt),
    ...(post && { link: `https://discord.com/channels/${line.guildId}/${post.channelId}/${post.messageId}` }),
  };
}

function ownRow(line: RecordedLine, over: readonly string[]): Row {
  switch (line.kind) {
    case 'utterance':
      return {
        end_utc: iso(line.endedAt),
        name: line.name,
        user_id: line.userId ?? '',
        text: line.text,
        overlaps: over.join(', '),
        ...(line.cut && { heard_ms: String(line.cut.heardMs), produced_ms: String(line.cut.producedMs) }),
        language: line.language ?? '',
        model: line.model ?? '',
        written: line.written ? 'yes' : 'no',
        state: line.state,
      };
    case 'tool-call':
      return {
        end_utc: line.endedAt === null ? '' : iso(line.endedAt),
        name: line.askers.map(({ name }) => name).join(', '),
        user_id: line.askers.map(({ userId }) => userId).join(', '),
        text: line.result?.output ?? '',
        tool: line.name,
        tool_arguments: line.arguments,
        tool_ok: line.result === null ? '' : line.result.ok ? 'yes' : 'no',
      };
    case 'joined':
    case 'left':
      return { name: line.name, user_id: line.userId };
    case 'notice':
      return { text: line.text };
    default:
      return line satisfies never;
  }
}

/** With an apostrophe in front, a spreadsheet takes it for the text that it is. */
function harmless(cell: string, separator: Separator): string {
  const text = cell.toWellFormed().replace(FORMULA_INSIDE[separator], "$1'");
  return FORMULA.test(text) ? `'${text}` : text;
}
