import { plain } from '../lib/markdown.ts';

/** What fits beside each other on a desktop; a telephone breaks the lines. */
const TABLE_WIDTH = 72;
const MOST_COLUMNS = 7;
const WIDEST_CELL = 36;
const NARROWEST_CELL = 8;
const GAP = '  ';
/** Two columns wide in a fixed-width font (Unicode's East Asian Width, roughly). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60\u3000-\u303f]/u;
/** Their columns cannot be told from the number of characters, and their direction would mix up the rows. */
const UNTABULAR = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Rows of text as a table in fixed width. `whole`: nothing was cut. */
export interface TextTable {
  readonly lines: readonly string[];
  readonly whole: boolean;
}

/**
 * Lines for a code block: a header, a rule and a line for each row. undefined where it would be no table that a person
 * can read: too many or too wide columns, or rows that have little in common.
 */
export function textTable(rows: readonly Readonly<Record<string, string | number>>[]): TextTable | undefined {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const filled = rows.reduce((sum, row) => sum + Object.keys(row).length, 0);
  if (names.length === 0 || names.length > MOST_COLUMNS || filled * 2 < names.length * rows.length) return undefined;
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))].map((line) =>
    line.map(plain),
  );
  if (cells.some((line) => line.some((cell) => UNTABULAR.test(cell)))) return undefined;
  const natural = names.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at] ?? ''))));
  const widths = fitted(natural);
  if (!widths) return undefined;
  const numeric = names.map((name) => rows.every((row) => typeof (row[name] ?? 0) === 'number'));
  const lines = cells.map((line) => rowOf(line, widths, numeric));
  const rule = widths.map((width) => '─'.repeat(width)).join(GAP);
  return {
    lines: [lines[0] ?? '', rule, ...lines.slice(1)],
    whole: natural.every((width, at) => width === widths[at]),
  };
}

/** The widths that there is room for, taken from the widest first; undefined where there is too little. */
function fitted(natural: readonly number[]): readonly number[] | undefined {
  const widths = natural.map((width) => Math.min(width, WIDEST_CELL));
  const room = TABLE_WIDTH - GAP.length * (widths.length - 1);
  for (let excess = sumOf(widths) - room; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST_CELL) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function rowOf(line: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string {
  const cells = line.map((cell, at) => {
    const width = widths[at] ?? 0;
    const short = cutTo(cell, width);
    const space = ' '.repeat(width - widthOf(short));
    return numeric[at] ? space + short : short + space;
  });
  return cells.join(GAP).trimEnd();
}

function cutTo(cell: string, width: number): string {
  if (widthOf(cell) <= width) return cell;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(cell)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
