import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { evening } from '../../support/world/demo-evening.ts';
import { answers, calls, fileOf, HOSTILE, says } from '../../support/world/scene-lines.ts';

const ANNA = ['100', 'Anna'] as const;
const schema = JSON.parse(readFileSync(new URL('../../../docs/transcript.schema.json', import.meta.url), 'utf8'));
const isTranscript = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(schema);

interface Transcript {
  readonly lines: readonly Record<string, unknown>[];
  readonly participants: readonly { readonly name: string }[];
}

function checked(json: string): Transcript {
  const transcript: unknown = JSON.parse(json);
  assert.ok(isTranscript(transcript), JSON.stringify(isTranscript.errors, null, 1));
  return transcript as Transcript;
}

test('JSON is as the schema in the documentation says, whatever is in it', () => {
  assert.equal(checked(fileOf('json', [])).lines.length, 0);
  assert.equal(checked(fileOf('json', evening())).lines.length, 21);
  const running = calls('slow', '{}', '', 10, { result: null, endedAt: null });
  const unknown = says(ANNA, '', 20, 5, { userId: null, name: '', state: 'unknown' });
  assert.equal(checked(fileOf('json', [running, unknown])).lines.length, 2);
});

test('the schema refuses what no export is', () => {
  const transcript = JSON.parse(fileOf('json', evening()));
  assert.equal(isTranscript({ ...transcript, version: 2 }), false);
  assert.equal(isTranscript({ ...transcript, lines: [{ ...transcript.lines[1], at: 5 }] }), false);
});

test('JSON keeps every text as it was said, but for halves of characters', () => {
  const lines = HOSTILE.map((text, at) => says([String(at), text], text, at * 1_000));
  const transcript = checked(fileOf('json', lines, { server: HOSTILE.join(' ') }));
  assert.deepEqual(
    transcript.lines.map(({ text }) => text),
    HOSTILE.map((text) => text.toWellFormed()),
  );
  assert.deepEqual(
    transcript.participants.map(({ name }) => name),
    HOSTILE.map((text) => text.toWellFormed()),
  );
});

test('JSON says when, over whom and how much of it was heard', () => {
  const cut = { heardMs: 1_200, producedMs: 3_000 };
  const { lines } = checked(fileOf('json', [answers('Well', 1_000, 1_200, { cut }), says(ANNA, 'Stop', 2_000, 700)]));
  assert.deepEqual(
    lines.map(({ startedAt, offsetMs, endedAt, overlaps, cut }) => [startedAt, offsetMs, endedAt, overlaps, cut]),
    [
      ['2026-11-20T20:14:01.000Z', 1_000, '2026-11-20T20:14:02.200Z', [], cut],
      // 200 ms are no talking over each other.
      ['2026-11-20T20:14:02.000Z', 2_000, '2026-11-20T20:14:02.700Z', [], null],
    ],
  );
});

test('a table has the same columns in every row, whatever people say', () => {
  const said = HOSTILE.map((text, at) => says([String(at), text], text, at * 1_000));
  const [head, ...rows] = rowsOf(fileOf('csv', [...said, ...evening()]));
  assert.deepEqual(head, [
    ...['number', 'kind', 'offset', 'start_utc', 'end_utc', 'name', 'user_id', 'text', 'overlaps', 'heard_ms'],
    ...['produced_ms', 'language', 'model', 'written', 'state', 'tool', 'tool_arguments', 'tool_ok', 'link'],
  ]);
  assert.equal(rows.length, HOSTILE.length + 21);
  assert.ok(rows.every((row) => row.length === 19));
  const texts = rows.slice(0, HOSTILE.length).map((row) => row[7] ?? '');
  assert.deepEqual(
    texts.map((text) => text.replace(/^'(?=\s*'?[=+\-@])/, '').replace(/(?<=\t)'(?==)/, '')),
    HOSTILE.map((text) => text.toWellFormed()),
  );
});

test('no cell of a table is a formula to a spreadsheet', () => {
  const formulas = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '\u200b=1',
    '＝1',
    '＋1',
    '－1',
    '＠A1',
  ];
  const lines = formulas.flatMap((text, at) => [
    says([String(at), text], text, at * 10),
    calls(text, text, text, at * 10, { askers: [{ userId: '1', name: text }] }),
  ]);
  for (const row of rowsOf(fileOf('csv', lines)).slice(1)) {
    for (const cell of row) assert.doesNotMatch(cell, /^[\s\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u);
  }
  const [, row] = rowsOf(fileOf('csv', [says(ANNA, '=cmd', 0)]));
  assert.equal(row?.[7], "'=cmd");
  assert.equal(rowsOf(fileOf('csv', [says(ANNA, '5 - 3 = 2', 0)]))[1]?.[7], '5 - 3 = 2');
});

test('in a locale in which the semicolon separates, nothing said is a formula or moves the columns', () => {
  const said = [
    'hello;=1+1',
    'a; -2',
    "x;\t=cmd|'/c calc'!A1",
    'one\n=1+1',
    'say "b";"=1"',
    'plain; text',
    ';@SUM(A1)',
    '5;3',
  ];
  const csv = fileOf(
    'csv',
    said.map((text, at) => says([String(at), text], text, at * 10)),
  ).replace(/^\ufeff/, '');
  // As LibreOffice reads it by default: comma, semicolon and tab all separate, quotes hold.
  const columns = csv.split('\r\n').map((row) => row.match(/(?:^|[,;\t])(?:"(?:[^"]|"")*"|[^",;\t]*)/g)?.length);
  assert.deepEqual(new Set(columns.slice(0, -1)), new Set([19]));
  // As a spreadsheet reads it that separates by the semicolon alone, to which a quote within a cell is a letter.
  for (const cell of csv.split(/[;\t\r\n]/)) assert.doesNotMatch(cell, /^[\s"]*[=+\-@]/, cell);
  assert.match(csv, /"hello;'=1\+1"/);
  assert.match(csv, /"plain; text"/);
});

test('where the semicolon separates, a table of its own has one cell a column, and no formula behind a comma', () => {
  const said = ['hello; there', 'a,=1', 'a, -2', ';@x', '5;3', 'say "b";"c"', '\t=1', 'plain, text', '=1+1'];
  const csv = fileOf(
    'csv-semicolon',
    said.map((text, at) => says([String(at), text], text, at * 10)),
  );
  assert.equal(csv.charCodeAt(0), 0xfeff);
  // As a spreadsheet of that locale reads it: quotes hold, since each begins a cell.
  const rows = csv.slice(1).split('\r\n').slice(0, -1);
  for (const row of rows) {
    assert.equal(row.match(/(?:^|;)(?:"(?:[^"]|"")*"|[^";]*)/g)?.join(''), row);
    assert.equal(row.match(/(?:^|;)(?:"(?:[^"]|"")*"|[^";]*)/g)?.length, 19);
  }
  assert.match(csv, /;"hello; there";/);
  assert.match(csv, /;"plain, text";/);
  for (const cell of csv.slice(1).split(/[,\t\r\n]/)) assert.doesNotMatch(cell, /^[\s"]*[=+\-@]/, cell);
});

test('nothing said is a formula to a program that splits at another sign, or begins lines at more than two', () => {
  const said = [
    '\t=1',
    '\n;=1',
    '\r\n=1',
    ';;;=1',
    'a|=1',
    'a\v=1',
    'a\f+1',
    'a\u001c=1',
    'a\u0085-1',
    'a\u2028=1',
    'a\u2029@x',
    '\u0000=1',
    '\u0001-1',
    'a;\u0002=1',
    '";=1',
    'a;"";=1',
    'a;\u00a0=1',
  ];
  const csv = fileOf(
    'csv',
    said.map((text, at) => says([String(at), text], text, at * 10)),
  ).replace(/^\ufeff/, '');
  const formula = /^[\s\p{Cc}\p{Cf}"]*[=+\-@]/u;
  for (const separator of [';', '\t', '|']) {
    const places = new RegExp(`[${separator}\\p{Cc}\\u2028\\u2029]`, 'u');
    for (const cell of csv.split(places)) assert.doesNotMatch(cell, formula, JSON.stringify([separator, cell]));
  }
  for (const row of rowsOf(csv)) assert.equal(row.length, 19);
});

test('a table begins with the mark of UTF-8 and has the times and the link of each line', () => {
  const csv = fileOf('csv', [says(ANNA, 'Ünïcode', 65_000, 500)]);
  assert.equal(csv.charCodeAt(0), 0xfeff);
  const [, row] = rowsOf(csv);
  assert.deepEqual(row?.slice(0, 8), [
    ...['1', 'utterance', '0:01:05', '2026-11-20T20:15:05.000Z', '2026-11-20T20:15:05.500Z', 'Anna', '100', 'Ünïcode'],
  ]);
  assert.equal(row?.at(-1), 'https://discord.com/channels/1/9/77');
});

/** RFC 4180, section 2; strict: a stray quote is an error. */
function rowsOf(csv: string): string[][] {
  const text = csv.replace(/^\ufeff/, '');
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const cell = /"((?:[^"]|"")*)"|[^",\r\n]*/y;
    cell.lastIndex = at;
    const [whole = '', quoted] = cell.exec(text) ?? [];
    rows.at(-1)?.push(quoted === undefined ? whole : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (text.startsWith(',', at)) at += 1;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      if (at < text.length) rows.push([]);
    } else if (at < text.length)
      assert.fail(`no end of a cell at ${at}: ${JSON.stringify(text.slice(at - 20, at + 20))}`);
  }
  return rows;
}
