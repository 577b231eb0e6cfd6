// Where people are in the database: the list, the page for people, the schema, and what forgetting leaves.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RuleCards } from '../../../src/moderation/cards.ts';
import { PlaceRefusedError } from '../../../src/ports/errors.ts';
import type { RecordedLine, RecordedUtterance } from '../../../src/ports/record.ts';
import { AuditLog } from '../../../src/store/audit-log.ts';
import { type Database, openDatabase } from '../../../src/store/database/database.ts';
import { unlock } from '../../../src/store/encryption/data-key.ts';
import { sealedTables } from '../../../src/store/encryption/encrypted-columns.ts';
import type { TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { PersonStore } from '../../../src/store/personal/person-store.ts';
import { impersonalColumns, personalTables } from '../../../src/store/personal/tables.ts';
import { RemovalStore } from '../../../src/store/record/post-removals.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { RuleCardStore } from '../../../src/store/rule-cards.ts';
import { RuleStore } from '../../../src/store/rules.ts';
import { UsageStore } from '../../../src/store/usage.ts';
import { beginningsOfLine } from '../../../src/transcript/recorded-lines.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { AT, fillEveryTable } from '../../support/world/every-table.ts';
import { cellsOf, privacyTable } from '../privacy-table.ts';

const PAGE = new URL('../../../docs/privacy.md', import.meta.url);
const { log } = keptLog();

/** Every column of the migrated schema: what SQLite and the index of words keep for themselves is a part of other tables. */
async function schemaOf(database: Database): Promise<string[]> {
  const tables: { name: string }[] = await database.raw("SELECT name FROM sqlite_master WHERE type = 'table'");
  const own = tables.filter(({ name }) => !/^(sqlite_|migrations|(next_)?words_)/.test(name));
  const columns = await Promise.all(
    own.map(async ({ name }) => {
      const rows: { name: string }[] = await database.raw(`PRAGMA table_info(${name})`);
      return rows.map((column) => `${name}.${column.name}`);
    }),
  );
  return columns.flat().sort();
}

/** What is in no list, and what is in one but not in the schema. */
function differences(schema: readonly string[]): { readonly unlisted: string[]; readonly gone: string[] } {
  const listed = [
    ...Object.entries(personalTables).flatMap(([table, { columns }]) =>
      Object.keys(columns).map((column) => `${table}.${column}`),
    ),
    ...Object.entries(impersonalColumns).flatMap(([table, columns]) =>
      columns.split(' ').map((column) => `${table}.${column}`),
    ),
  ];
  assert.equal(new Set(listed).size, listed.length, 'each is listed once');
  return {
    unlisted: schema.filter((column) => !listed.includes(column)),
    gone: listed.filter((column) => !schema.includes(column)),
  };
}

test('each column of the schema is in the list, once, and a new one that is not is noticed', async () => {
  const database = await openDatabase('sqlite::memory:');
  try {
    assert.deepEqual(differences(await schemaOf(database)), { unlisted: [], gone: [] });
    await database.schema.alterTable('notes', (table) => void table.text('mood'));
    await database.schema.createTable('crushes', (table) => void table.text('user_id'));
    assert.deepEqual(differences(await schemaOf(database)).unlisted, ['crushes.user_id', 'notes.mood']);
  } finally {
    await database.destroy();
  }
});

test('the table in docs/privacy.md is the list', () => {
  const text = readFileSync(PAGE, 'utf8');
  const [before = '', table = '', after = ''] = text.split(/(?<=<!-- the list -->\n)|(?=<!-- end of the list -->)/);
  if (process.env.UPDATE) writeFileSync(PAGE, `${before}\n${privacyTable()}\n\n${after}`);
  else
    assert.deepEqual(
      cellsOf(table),
      cellsOf(privacyTable()),
      'write it anew: UPDATE=1 node_modules/.bin/node --test test/store/personal/tables.test.ts',
    );
});

test('what is sealed is in the list, and of names and words only what is said to be open is not sealed', () => {
  const open = Object.entries(personalTables).flatMap(([table, { columns }]) =>
    Object.keys(columns)
      .filter((column) => !sealedTables[table]?.sealed.includes(column) && !/(^|_)id$/.test(column))
      .map((column) => `${table}.${column}`),
  );
  assert.deepEqual(open, [
    'words.text',
    'words.scope',
    'next_words.text',
    'next_words.scope',
    'rule_cards.key',
    'rules.text',
  ]);
  for (const [table, { sealed, boundTo }] of Object.entries(sealedTables)) {
    const { columns, owner } = personalTables[table] ?? assert.fail(table);
    for (const column of sealed) assert.ok(column in columns, `${table}.${column}`);
    if (owner !== null) assert.ok(boundTo.includes(owner), `${table} is bound to its owner`);
  }
});

const NAME = 'Quetzalcoatlus';
const MARK = `${NAME} likes marzipan`;
const anna = { userId: '100', name: `${MARK} name` };
const ben = { userId: '200', name: 'Ben' };

/** Anna in every table, and in what is Ben's: his search found her, his card shows her, the bot told him what she said. */
async function setUp(context: TestContext, key: Buffer | null) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-personal-'));
  const database = await openDatabase(`sqlite:${join(folder, 'parley.db')}`);
  context.after(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  const seal = await unlock(database, key, log);
  await fillEveryTable(database, seal, '1', MARK);
  const id = 1_000_000;
  const line = { conversationId: id, guildId: '1', channelId: '10', startedAt: AT + 5 };
  const post = (messageId: string) => [{ channelId: '9', messageId }];
  const call = (of: number, name: string, args: string, output: string): RecordedLine => ({
    ...line,
    kind: 'tool-call',
    id: id + of,
    posts: post(`call${of}`),
    callId: `ben${of}`,
    replyId: 'r2',
    askers: [ben],
    name,
    arguments: args,
    result: { ok: true, output },
    endedAt: AT + 6,
  });
  const secret = 'the red key is under the third stone';
  const said: RecordedUtterance = {
    ...line,
    kind: 'utterance',
    id: id + 20,
    posts: post('m1'),
    endedAt: AT,
    by: 'person',
    ...anna,
    text: secret,
    language: null,
    model: null,
    written: false,
    state: 'final',
    cut: null,
    turnId: 2,
    replyId: null,
    turnIds: [],
    itemIds: [],
  };
  const answer = (of: number, text: string): RecordedUtterance => ({
    ...said,
    id: id + of,
    by: 'model',
    userId: null,
    name: 'Parley',
    startedAt: AT + 10,
    posts: post('m2'),
    text,
    turnId: null,
    replyId: `r${of}`,
    turnIds: [3],
  });
  const conversation = {
    id,
    guildId: '1',
    channelId: '10',
    transcriptChannelId: '9',
    mode: 'talk' as const,
    provider: 'openai' as const,
    model: 'gpt-realtime-2.1',
    startedAt: AT,
    endedAt: AT + 1,
    endReason: 'asked',
  };
  const found = (by: string, text: string): string => JSON.stringify({ count: 1, said: [{ by, at: 'now', text }] });
  await new RecordStore(database, seal).write({
    conversation,
    turns: [{ turnId: 3, ...ben, startedAt: AT, endedAt: AT, typed: false, answered: true }],
    lines: [
      said,
      call(21, 'search_transcripts', '{"words":"stone"}', found(anna.name, '… red key is under the third stone')),
      call(22, 'mcp__memory', '{}', `somebody unknown: ${secret}`),
      call(23, 'get_weather', '{"place":"Berlin"}', '{"rain":"marzipan is what people here like"}'),
      call(24, 'who_is_here', '{}', JSON.stringify({ names: ['Ben', anna.name] })),
      answer(25, 'She said that the red key is under the third stone.'),
      answer(26, 'It rains in Berlin.'),
      { ...line, kind: 'notice', id: id + 27, posts: [], text: `Ben and ${anna.name}: I am an AI.` },
    ],
  });
  const cards = new RuleCardStore(database, seal);
  const shown = { key: 'turn:3', at: AT + 1, endedAt: AT + 1, said: null, posted: null };
  await cards.add({
    guildId: '1',
    channelId: '10',
    ...ben,
    ...shown,
    text: 'rude',
    rules: [],
    context: [{ ...anna, text: secret, at: AT }],
    complete: true,
    deeds: [
      { kind: 'dismissed', by: anna, at: AT },
      { kind: 'noted', by: anna, at: AT, text: `${NAME} noted` },
    ],
  });
  await new RuleStore(database).add('1', anna.userId, [{ kind: 'word', text: 'cat' }]);
  await new AuditLog({ database, seal, now: () => AT }).note({
    guildId: '1',
    by: ben,
    act: 'search',
    what: `of ${anna.name}`,
    lines: 1,
  });
  const subject = { guild_id: '1', kind: 'person', subject_id: anna.userId };
  await database('tool_rules').insert({ ...subject, tool: 'roll_dice', allowed: false });
  await database('reader_entries').insert(subject);
  await database('consents').insert({
    guild_id: '1',
    user_id: anna.userId,
    choice: 'in',
    chosen_at: AT,
    text_version: 1,
  });
  const record = new StoredRecord(database, seal);
  const persons = new PersonStore({ database, reader: database, seal, beginningsOf: beginningsOfLine });
  const ruleCards = new RuleCards({
    store: cards,
    rules: { settings: () => Promise.reject(new Error('not asked')) },
    reader: record,
    posts: { post: () => Promise.reject(new PlaceRefusedError('no')), edit: () => Promise.resolve() },
    moderation: { act: () => Promise.resolve() },
    buttons: () => [],
    now: () => AT,
    log,
  });
  const forget = async () => {
    const forgotten = await persons.forget('1', anna.userId);
    await ruleCards.erase('1', anna.userId);
    await new UsageStore(database, log, undefined, seal).forget('1', anna.userId);
    await persons.settle();
    return forgotten;
  };
  const bytes = (): string =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('');
  return { database, seal, persons, forget, record, bytes, removals: new RemovalStore(database, seal) };
}

/** Each table in which something of her can be read, whatever the column: opened, or as it is. */
async function tablesWith(database: Database, seal: TextCipher, pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const table of Object.keys(personalTables)) {
    const rows: Record<string, unknown>[] = await database(table);
    const texts = rows.flatMap((row) =>
      Object.entries(row).map(([column, value]) =>
        sealedTables[table]?.sealed.includes(column) && value !== null
          ? seal.open(`${table}.${column}`, value, row)
          : String(value),
      ),
    );
    if (texts.some((text) => pattern.test(text))) found.push(table);
  }
  return found;
}

for (const [how, key] of [
  ['as it is', null],
  ['encrypted', Buffer.alloc(32, 3)],
] as const) {
  test(`after forgetting, a person is only where the list says that something stays, also in what is others’ (${how})`, async (context) => {
    const { database, seal, persons, forget, record, bytes, removals } = await setUp(context, key);
    const handed = JSON.parse(JSON.stringify(await persons.everything('1', anna.userId)));
    for (const [table, entry] of Object.entries(personalTables)) {
      // The choice is added by whoever hands it over: it is kept in memory.
      if (entry.export === null || entry.export === 'choice') continue;
      assert.ok((handed[entry.export] ?? []).length > 0, `${table} is handed over as ${entry.export}`);
    }
    const { counts, posts } = await forget();
    assert.equal(counts.quotes, 4, 'three results of Ben’s tools, and an answer to him');
    assert.equal(counts.deeds, 3);
    assert.equal(counts.rules, 1);
    assert.ok(posts >= 5);
    const stays = Object.entries(personalTables).filter(([, { forget: fate }]) => fate === 'kept');
    const left = await tablesWith(database, seal, new RegExp(`${NAME}|\\b${anna.userId}\\b|third stone|red key`));
    assert.deepEqual(left.sort(), stays.map(([table]) => table).sort());
    const lines = await Array.fromAsync(record.lines({ guildId: '1' }));
    const calls = lines.flatMap((one) => (one.kind === 'tool-call' ? [[one.name, one.result?.output]] : []));
    assert.deepEqual(calls, [
      ['search_transcripts', '"(removed)"'],
      ['mcp__memory', '"(removed)"'],
      ['get_weather', '{"rain":"marzipan is what people here like"}'],
      ['who_is_here', '"(removed)"'],
    ]);
    assert.deepEqual(
      lines.flatMap((one) => (one.kind === 'utterance' ? [one.text] : [])),
      ['It rains in Berlin.'],
    );
    const whole = (await removals.next([], 100)).filter(({ extent }) => extent === 'whole');
    assert.ok(['call21', 'call22', 'call24'].every((id) => whole.some(({ post }) => post.messageId === id)));
    assert.doesNotMatch(bytes(), /third stone|red key/);
    const again = await persons.summary('1', anna.userId);
    assert.ok(
      Object.values(again.counts).every((count) => count === 0),
      JSON.stringify(again.counts),
    );
  });
}
