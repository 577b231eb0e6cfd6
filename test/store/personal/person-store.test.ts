import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { firstLineId, newLineId } from '../../../src/lib/line-ids.ts';
import type { RecordedLine, RecordedTurn, RecordedUtterance } from '../../../src/ports/record.ts';
import { AuditLog } from '../../../src/store/audit-log.ts';
import { openDatabase, openReader } from '../../../src/store/database/database.ts';
import { unlock } from '../../../src/store/encryption/data-key.ts';
import { NoteStore } from '../../../src/store/notes.ts';
import { PersonStore } from '../../../src/store/personal/person-store.ts';
import { RemovalStore } from '../../../src/store/record/post-removals.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { Retention } from '../../../src/store/record/retention.ts';
import { ReminderStore } from '../../../src/store/reminders.ts';
import { ReportStore } from '../../../src/store/reports.ts';
import { RuleCardStore } from '../../../src/store/rule-cards.ts';
import { ToolRulesStore } from '../../../src/store/tool-rules.ts';
import { UsageStore } from '../../../src/store/usage.ts';
import { VoicePlaceStore } from '../../../src/store/voice-places.ts';
import { beginningsOfLine } from '../../../src/transcript/recorded-lines.ts';
import { keptLog } from '../../support/doubles/log.ts';

const AT = Date.parse('2026-11-20T10:00:00Z');
const KEY = Buffer.alloc(32, 9);
const { log } = keptLog();
const anna = { userId: '5', name: 'Annabella' };
const ben = { userId: '6', name: 'Benedict' };
const conversation = {
  id: firstLineId(AT),
  guildId: '1',
  channelId: '2',
  transcriptChannelId: '9',
  mode: 'talk',
  provider: 'openai',
  model: 'gpt-realtime-2.1',
  startedAt: AT,
  endedAt: AT + 60_000,
  endReason: 'asked',
} as const;
const line = (second: number, messageId: string) => ({
  id: newLineId(AT + second * 1_000),
  conversationId: conversation.id,
  guildId: '1',
  channelId: '2',
  startedAt: AT + second * 1_000,
  posts: [{ channelId: '9', messageId }],
});
const plain = { language: null, written: false, state: 'final', cut: null, itemIds: [] } as const;
const said = (turnId: number, by: typeof anna, text: string, messageId: string): RecordedUtterance => ({
  ...line(turnId * 2, messageId),
  ...plain,
  kind: 'utterance',
  by: 'person',
  ...by,
  endedAt: AT + turnId * 2_000 + 900,
  text,
  model: null,
  turnId,
  replyId: null,
  turnIds: [],
});
const answered = (turnIds: readonly number[], text: string, messageId: string): RecordedUtterance => ({
  ...line((turnIds.at(-1) ?? 0) * 2 + 1, messageId),
  ...plain,
  kind: 'utterance',
  by: 'model',
  userId: null,
  name: 'Parley',
  endedAt: AT + 30_000,
  text,
  model: 'gpt-realtime-2.1',
  turnId: null,
  replyId: `r${turnIds.join('-')}`,
  turnIds,
});
const turn = (turnId: number, { userId, name }: typeof anna): RecordedTurn => ({
  turnId,
  userId,
  name,
  startedAt: AT,
  endedAt: AT,
  typed: false,
  answered: true,
});
const call = (second: number, askers: (typeof anna)[], output: string): RecordedLine => ({
  ...line(second, `call${second}`),
  kind: 'tool-call',
  callId: `c${second}`,
  replyId: 'r1',
  askers,
  name: 'lookup',
  arguments: '{}',
  result: { ok: true, output },
  endedAt: AT,
});

/** Two people, who said and did one thing of each kind; Anna's all have `marzipan` in them. */
async function setUp(context: TestContext, key: Buffer | null) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-person-'));
  const database = await openDatabase(`sqlite:${join(folder, 'parley.db')}`);
  const seal = await unlock(database, key, log);
  const { reader, close } = openReader(database);
  context.after(async () => {
    await close();
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  await new RecordStore(database, seal).write({
    conversation,
    turns: [turn(1, anna), turn(2, ben), turn(3, { ...anna, name: 'Reminder' })],
    lines: [
      said(1, anna, 'marzipan please', 'm1'),
      answered([1], 'One marzipan.', 'm1'),
      said(2, ben, 'bread please', 'm1'),
      answered([1, 2], 'Both of you eat.', 'm2'),
      answered([3], 'Annabella, the marzipan!', 'm2'),
      call(11, [anna], 'marzipan found'),
      call(12, [anna, ben], 'marzipan and bread found'),
      call(13, [ben], 'bread found'),
      { ...line(14, ''), posts: [], kind: 'joined', ...anna },
      { ...line(15, ''), posts: [], kind: 'joined', ...ben },
      { ...line(16, 'm3'), kind: 'notice', text: 'Annabella asked for it.', about: anna.userId },
      { ...line(17, 'm3'), kind: 'notice', text: 'Annabella, Benedict: I am an AI. Annabellas stay.' },
    ],
  });
  const notes = new NoteStore(database, () => AT, seal);
  const reminders = new ReminderStore(database, () => AT, seal);
  const usage = new UsageStore(database, log, undefined, seal);
  const places = new VoicePlaceStore(database, seal);
  for (const [who, what] of [
    [anna, 'marzipan'],
    [ben, 'bread'],
  ] as const) {
    await notes.add('1', { text: what, by: who });
    await reminders.add({ guildId: '1', channelId: '2', person: who, text: what, dueAt: AT + 60_000 });
    await usage.add([used(who)]);
  }
  await places.keep({ guildId: '1', channelId: '2', by: anna, mode: 'talk' });
  const persons = new PersonStore({ database, reader, seal, beginningsOf: beginningsOfLine });
  const removals = new RemovalStore(database, seal);
  const record = new StoredRecord(reader, seal);
  const bytes = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('');
  return { database, seal, persons, removals, record, notes, reminders, usage, places, bytes };
}

const used = ({ userId, name }: typeof anna) => ({
  guild_id: '1',
  channel_id: '2',
  user_id: userId,
  name,
  provider: 'openai' as const,
  model: 'gpt-realtime-2.1',
  day: '2026-11-20',
  replies: 1,
  estimated_replies: 0,
  seconds: 2,
  searches: 0,
  text_in: 1,
  cached_text_in: 0,
  audio_in: 10,
  cached_audio_in: 0,
  text_out: 1,
  audio_out: 5,
});

for (const [how, key] of [
  ['as it is', null],
  ['encrypted', KEY],
] as const) {
  test(`everything of a person is shown, handed over, and gone from every table and byte (${how})`, async (context) => {
    const { database, seal, persons, removals, record, notes, reminders, usage, places, bytes } = await setUp(
      context,
      key,
    );
    const counts = {
      utterances: 1,
      answers: 2,
      toolCalls: 2,
      comings: 1,
      notices: 1,
      notes: 1,
      reminders: 1,
      cards: 0,
      usageDays: 1,
      deeds: 0,
      rules: 0,
      quotes: 0,
    };
    assert.deepEqual((await persons.summary('1', '5')).counts, counts);
    assert.deepEqual((await persons.summary('2', '5')).since, null, 'another server is another matter');
    const handed = JSON.stringify(await persons.everything('1', '5'));
    for (const theirs of ['marzipan please', 'One marzipan.', 'marzipan found', 'asked for it', '"audio_in":10'])
      assert.ok(handed.includes(theirs), theirs);
    assert.doesNotMatch(handed, /bread please|"bread found"/);
    if (key) assert.doesNotMatch(bytes(), /Annabella|Benedict|marzipan|bread/);
    const index = [seal.blind('marzipan'), seal.blind('marz*')];
    assert.ok(bytes().includes(index[0] ?? ''));

    const { counts: gone, posts } = await persons.forget('1', '5');
    await usage.forget('1', '5');
    await persons.settle();

    assert.deepEqual(gone, counts);
    assert.equal(posts, 5);
    for (const theirs of [...index, 'marzipan']) assert.ok(!bytes().includes(theirs), theirs);
    // How the lines begin that are to be taken out of posts: needed until they are.
    assert.equal(/Annabella(?!s)/.test(bytes()), key === null);
    for (const removal of await removals.next([], 100)) await removals.done(removal.id);
    await persons.settle();
    assert.doesNotMatch(bytes(), /Annabella(?!s)/);
    assert.deepEqual((await persons.summary('1', '5')).since, null);
    assert.deepEqual(await database('turns').where({ user_id: '5' }), []);
    const left = await Array.fromAsync(record.lines({ guildId: '1' }));
    assert.deepEqual(
      left.map((one) => (one.kind === 'utterance' ? one.text : one.kind === 'notice' ? one.text : one.kind)),
      ['bread please', 'Both of you eat.', 'tool-call', 'joined', 'somebody, Benedict: I am an AI. Annabellas stay.'],
    );
    const found = async (text: string) => (await record.search({ guildId: '1', channelIds: ['2'], text })).finds.length;
    assert.deepEqual([await found('marzipan'), await found('bread')], [0, 1]);
    assert.deepEqual(
      (await notes.list('1')).map(({ text, by }) => [text, by.name]),
      [['bread', 'Benedict']],
    );
    assert.deepEqual(await reminders.of('1', '5'), []);
    assert.equal((await reminders.of('1', '6'))[0]?.text, 'bread');
    assert.deepEqual(
      (await usage.since('1', '2026-11-01')).map(({ user_id, name, audio_in }) => [user_id, name, audio_in]).sort(),
      [
        ['', '', 10],
        ['6', 'Benedict', 10],
      ],
    );
    assert.deepEqual(
      (await places.all()).map(({ by }) => by.name),
      ['somebody'],
    );
  });
}

test('what has to go from posts is known until it is done, with how lines begin and nothing of what they say', async (context) => {
  const { persons, removals } = await setUp(context, null);
  await persons.forget('1', '5');
  const all = await removals.next([], 100);
  assert.deepEqual(all.map(({ post, extent, beginnings }) => [post.messageId, extent, beginnings[0]]).sort(), [
    ['call11', 'whole', undefined],
    ['call12', 'whole', undefined],
    ['m1', 'lines', '**Annabella:** '],
    ['m2', 'lines', '**Parley:** '],
    ['m3', 'lines', '-# '],
  ]);
  const [first] = all;
  assert.ok(first);
  await removals.giveUp(first.id, 'I lack a right there');
  assert.deepEqual(await removals.editing('1', '5'), {
    waiting: 4,
    failed: [{ post: first.post, reason: 'I lack a right there' }],
  });
});

test('a purge takes the turns along with their words', async (context) => {
  const { database } = await setUp(context, null);
  const now = AT + 31 * 86_400_000;
  await new Retention({ database, retentionDays: async () => 30, now: () => now, log }).purge();
  assert.deepEqual(await database('turns'), []);
});

test('whoever asks learns what moderators and managers keep of them, but for who reported them', async (context) => {
  const { database, seal, persons, bytes } = await setUp(context, KEY);
  const card = { guildId: '1', channelId: '2', name: 'Annabella', rules: [], context: [], deeds: [], complete: true };
  const shown = { key: 'turn:1', at: AT, endedAt: AT, said: null, posted: null };
  const cards = new RuleCardStore(database, seal);
  await cards.add({ ...card, ...shown, userId: '5', text: 'bad marzipan' });
  await cards.add({ ...card, ...shown, userId: '6', text: 'bad bread' });
  const reports = new ReportStore(database, seal);
  const report = { guildId: '1', channelId: '2', text: 'a copy', at: AT, posted: null };
  await reports.add({ ...report, by: anna, about: ben, reason: 'rude' });
  await reports.add({ ...report, by: ben, about: anna, reason: 'stole it' });
  const audit = new AuditLog({ database, seal, now: () => AT });
  await audit.note({ guildId: '1', by: anna, act: 'search', what: 'for cake', lines: 3 });
  const rules = new ToolRulesStore(database);
  await rules.put('1', { tool: 'roll_dice', kind: 'person', id: '5', allowed: false });
  await rules.put('1', { tool: 'roll_dice', kind: 'role', id: '5', allowed: true });
  await database('reader_entries').insert({ guild_id: '1', kind: 'person', subject_id: '5' });

  const { counts, staying } = await persons.summary('1', '5');
  assert.equal(counts.cards, 1);
  assert.deepEqual(staying, { reports: 1, readings: 1, permissions: 2 });
  const handed = JSON.stringify(await persons.everything('1', '5'));
  const { cards: own, reports: made, readings, permissions } = JSON.parse(handed);
  assert.deepEqual(own, [{ saidAt: AT, channelId: '2', text: 'bad marzipan' }]);
  assert.deepEqual(made, [{ madeAt: AT, about: 'Benedict', reason: 'rude' }]);
  assert.deepEqual(readings, [{ at: AT, act: 'search', what: 'for cake' }]);
  assert.deepEqual(permissions, [
    { tool: 'roll_dice', allowed: false },
    { tool: null, allowed: true },
  ]);
  assert.doesNotMatch(handed, /stole it|a copy|bad bread/);
  assert.doesNotMatch(bytes(), /Annabella|Benedict|marzipan|bread|cake|rude|stole it|a copy/);
});

test('a server counts in which somebody only acted on a card, spoke near one, or asked for a tool with others', async (context) => {
  const { database, seal, persons } = await setUp(context, KEY);
  const card = { channelId: '2', name: 'Ben', userId: '6', text: 'x', rules: [], complete: true, key: 'turn:1' };
  const shown = { at: AT, endedAt: AT, said: null, posted: null };
  const cards = new RuleCardStore(database, seal);
  const carla = { userId: '77', name: 'Carla' };
  await cards.add({ ...card, ...shown, guildId: '3', context: [], deeds: [{ kind: 'muted', by: carla, at: AT }] });
  await cards.add({ ...card, ...shown, guildId: '4', context: [{ ...carla, text: 'near', at: AT }], deeds: [] });
  await cards.add({
    ...card,
    ...shown,
    guildId: '5',
    context: [{ ...carla, userId: '777', text: '77', at: AT }],
    deeds: [],
  });
  await new RecordStore(database, seal).write({
    conversation: { ...conversation, id: conversation.id + 1, guildId: '6' },
    turns: [],
    lines: [{ ...call(11, [ben, carla], 'found'), conversationId: conversation.id + 1, guildId: '6' }],
  });
  assert.deepEqual(await persons.guildsOf('77'), ['3', '4', '6']);
  assert.deepEqual(await persons.guildsOf('5'), ['1']);
});
