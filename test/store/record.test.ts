import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { newLineId } from '../../src/lib/line-ids.ts';
import type { RecordBatch, RecordedLine, RecordSearch } from '../../src/ports/record.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { AesTextCipher, openText } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { Retention } from '../../src/store/record/retention.ts';
import { keptLog } from '../support/doubles/log.ts';
import { BEGINNING, channelIds, EVERY_MS, fill, wordOf } from '../support/generators/many-lines.ts';
import { AT, conversation, place, utterance } from '../support/world/stored-lines.ts';

const batch = (...lines: RecordedLine[]): RecordBatch => ({ conversation, turns: [], lines });

async function open(context: TestContext, seal = openText as AesTextCipher | typeof openText) {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const store = new RecordStore(database, seal);
  const record = new StoredRecord(database, seal);
  const search = async (text: string, more: Partial<RecordSearch> = {}) => {
    const { finds } = await record.search({ guildId: '1', channelIds: ['2'], text, ...more });
    return finds.map((find) => find.utterance.text);
  };
  const lines = async (more: object = {}) => Array.fromAsync(record.lines({ guildId: '1', ...more }));
  return { database, store, record, search, lines };
}

const seals = [
  ['as it is', openText],
  ['encrypted', new AesTextCipher(Buffer.alloc(32, 1))],
] as const;
for (const [how, seal] of seals) {
  test(`every kind of line comes back as it was written, in the order of beginnings (${how})`, async (context) => {
    const { database, store, record, lines } = await open(context, seal);
    const said = utterance(3, 'Wie ist das Wetter? <@1> **\u202e🦜', { posts: [{ channelId: '9', messageId: '77' }] });
    const answered = utterance(4, 'Sunny.', {
      by: 'model',
      userId: null,
      name: 'Parley',
      model: 'gpt-realtime-2.1',
      turnId: null,
      replyId: 'r1',
      turnIds: [3],
      cut: { heardMs: 300, producedMs: 900 },
    });
    const came = {
      ...place,
      id: newLineId(AT + 1_000),
      startedAt: AT + 1_000,
      kind: 'joined',
      userId: '5',
      name: 'Anna',
    } as const;
    const call = {
      ...place,
      id: newLineId(AT + 3_500),
      startedAt: AT + 3_500,
      kind: 'tool-call',
      callId: 'c1',
      replyId: 'r0',
      askers: [{ userId: '5', name: 'Anna' }],
      name: 'get_weather',
      arguments: '{"place":"Lisbon"}',
      result: { ok: true, output: 'sunny' },
      endedAt: AT + 3_600,
    } as const;
    const told = {
      ...place,
      id: newLineId(AT + 9_000),
      startedAt: AT + 9_000,
      kind: 'notice',
      text: 'I am back.',
    } as const;
    await store.write(batch(told, answered, call, said, came));
    assert.deepEqual(await lines(), [came, said, call, answered, told]);
    assert.deepEqual(await lines({ since: AT + 3_000, until: AT + 4_000 }), [said, call]);
    assert.deepEqual(await lines({ channelId: '3' }), []);
    assert.deepEqual(await record.conversations({ guildId: '1', channelIds: ['2'], limit: 5 }), [conversation]);
    assert.deepEqual(await record.conversations({ guildId: '1', channelIds: ['3'], limit: 5 }), []);
    assert.deepEqual(await record.conversation('1', conversation.id), conversation);
    assert.equal(await record.conversation('2', conversation.id), undefined);
    const all = JSON.stringify(
      await Promise.all(['utterances', 'tool_calls', 'notices', 'presences'].map((name) => database(name))),
    );
    assert.equal(/Wetter|Anna|sunny|Lisbon|I am back/.test(all), seal === openText);
  });

  test(`words are found whatever their case, accents and script (${how})`, async (context) => {
    const { store, search } = await open(context, seal);
    const texts = [
      'Crème brûlée for DESSERT',
      'Straße nach Köln',
      '東京タワーに行きたい',
      'नमस्ते दुनिया',
      'Привет, мир!',
      'what a day',
    ];
    await store.write(batch(...texts.map((text, at) => utterance(at + 1, text))));
    assert.deepEqual(await search('creme dessert'), ['Crème brûlée for DESSERT']);
    assert.deepEqual(await search('STRASSE'), ['Straße nach Köln']);
    assert.deepEqual(await search('koln'), ['Straße nach Köln']);
    assert.deepEqual(await search('タワー'), ['東京タワーに行きたい']);
    assert.deepEqual(await search('京'), ['東京タワーに行きたい']);
    assert.deepEqual(await search('नमस्ते'), ['नमस्ते दुनिया']);
    assert.deepEqual(await search('привет'), ['Привет, мир!']);
    assert.deepEqual(await search('dess'), ['Crème brûlée for DESSERT'], 'the first four letters');
    assert.deepEqual(await search('desser'), seal === openText ? ['Crème brûlée for DESSERT'] : []);
    assert.deepEqual(await search('day dessert'), []);
    assert.deepEqual(await search('" OR text:* NEAR('), [], 'nothing in it is an operator');
    assert.deepEqual(await search('!?'), []);
    assert.equal((await search('')).length, 6);
  });
}

test('a search keeps to channels, person, time and conversation', async (context) => {
  const { store, search } = await open(context);
  await store.write(
    batch(
      utterance(1, 'one apple'),
      utterance(2, 'two apples', { userId: '6', name: 'Ben' }),
      utterance(3, 'three apples', { channelId: '3' }),
    ),
  );
  assert.deepEqual(await search('apple'), ['two apples', 'one apple']);
  assert.deepEqual(await search('apple', { channelIds: ['2', '3'] }), ['three apples', 'two apples', 'one apple']);
  assert.deepEqual(await search('apple', { channelIds: [] }), []);
  assert.deepEqual(await search('apple', { guildId: '2' }), []);
  assert.deepEqual(await search('apple', { userId: '6' }), ['two apples']);
  assert.deepEqual(await search('apple', { since: AT + 2_000 }), ['two apples']);
  assert.deepEqual(await search('apple', { until: AT + 2_000 }), ['one apple']);
  assert.deepEqual(await search('apple', { conversationId: conversation.id + 1 }), []);
  assert.deepEqual(await search('apple', { order: 'relevance' }), ['one apple', 'two apples'], 'the whole word first');
});

test('pages follow each other without a gap or a repetition, and the excerpt shows the hits', async (context) => {
  const { store, record } = await open(context);
  const long = `${'before '.repeat(40)}the Needle and the needle ${'after '.repeat(60)}`;
  await store.write(
    batch(...Array.from({ length: 25 }, (_, at) => utterance(at + 1, at === 24 ? long : `needle ${at}`))),
  );
  for (const order of ['time', 'relevance'] as const) {
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page = await record.search({
        guildId: '1',
        channelIds: ['2'],
        text: 'needle',
        order,
        ...(after && { after }),
      });
      seen.push(...page.finds.map(({ utterance }) => utterance.turnId ?? 0));
      after = page.next ?? undefined;
    } while (after);
    assert.equal(seen.length, 25);
    assert.equal(new Set(seen).size, 25);
  }
  const [find] = (await record.search({ guildId: '1', channelIds: ['2'], text: 'needle', limit: 1 })).finds;
  assert.match(find?.excerpt ?? '', /^…before .* the Needle and the needle after .*…$/);
  assert.deepEqual(
    find?.hits.map(([start, end]) => find.excerpt.slice(start, end)),
    ['Needle', 'needle'],
  );
});

test('a line that is written again is replaced, even under another id, and its posts are added', async (context) => {
  const { store, lines, search } = await open(context);
  const first = utterance(1, 'hel', { state: 'open' });
  await store.write(batch(first));
  assert.deepEqual(await search('hel'), [], 'it may still change');
  await store.write(
    batch({ ...first, text: 'hello world', state: 'final', posts: [{ channelId: '9', messageId: '1' }] }),
  );
  const late = utterance(1, 'hello there', { posts: [{ channelId: '9', messageId: '2' }] });
  await store.write(batch(late));
  await store.write(batch(late));
  const [only, ...others] = await lines();
  assert.equal(others.length, 0);
  assert.equal(only?.id, first.id);
  assert.equal(only?.kind === 'utterance' && only.text, 'hello there');
  assert.deepEqual(
    only?.posts.map(({ messageId }) => messageId),
    ['1', '2'],
  );
  assert.deepEqual(await search('world'), []);
  assert.deepEqual(await search('there'), ['hello there']);
});

test('turns that are withdrawn go with their words, posts and what finds them, and nothing else does', async (context) => {
  const { database, store, lines, search } = await open(context);
  const turn = { userId: '5', name: 'Anna', startedAt: AT, endedAt: AT + 900, typed: false, answered: true };
  const posts = [{ channelId: '9', messageId: '77' }];
  await store.write({
    conversation,
    turns: [1, 2].map((turnId) => ({ ...turn, turnId })),
    lines: [utterance(1, 'remember the milk', { posts }), utterance(2, 'forget the milk', { posts })],
  });
  await store.write({ conversation, turns: [], lines: [], withdrawn: [2, 3] });
  assert.deepEqual(
    (await lines()).map((line) => (line.kind === 'utterance' ? line.text : line.kind)),
    ['remember the milk'],
  );
  assert.deepEqual(await search('milk'), ['remember the milk']);
  assert.deepEqual(await database('turns').pluck('turn_id'), [1]);
  assert.equal((await database('posts').select()).length, 1);
  assert.equal((await database('words').select('rowid')).length, 1);
  const [{ id }] = await database('utterances').select('id');
  await store.write({ conversation, turns: [], lines: [], withdrawnLines: [id] });
  for (const table of ['utterances', 'posts']) assert.deepEqual(await database(table).select(), [], table);
  assert.deepEqual(await database('words').select('rowid'), []);
  assert.deepEqual(await database('turns').pluck('turn_id'), [1]);
});

test('what a killed process left open is ended at the next start, and can be found', async (context) => {
  const { store, record, lines, search } = await open(context);
  await store.write(batch(utterance(1, 'half a sent', { state: 'open' }), utterance(2, '', { state: 'open' })));
  assert.equal(await store.closeUnfinished(), 1);
  assert.equal(await store.closeUnfinished(), 0);
  assert.deepEqual(
    (await lines()).map((line) => line.kind === 'utterance' && line.state),
    ['final', 'unknown'],
  );
  assert.deepEqual(await search('half'), ['half a sent']);
  const [ended] = await record.conversations({ guildId: '1', channelIds: ['2'], limit: 1 });
  assert.equal(ended?.endReason, 'stopped');
  assert.equal(ended?.endedAt, AT + 2_900);
});

test('a purge whose step fails has deleted nothing of it, and the next one deletes it', async (context) => {
  const { database, store, lines } = await open(context);
  await store.write(batch(utterance(1, 'remember the milk'), utterance(2, 'forget the milk')));
  await database.raw("CREATE TRIGGER fuse BEFORE DELETE ON utterances BEGIN SELECT RAISE(ABORT, 'power cut'); END");
  const { log } = keptLog();
  const retention = new Retention({ database, retentionDays: async () => 7, now: () => AT + 8 * 86_400_000, log });
  await assert.rejects(retention.purge(), /power cut/);
  assert.equal((await lines()).length, 2);
  assert.equal((await database('words').select('rowid')).length, 2);
  await database.raw('DROP TRIGGER fuse');
  assert.equal(await retention.purge(), 2);
  assert.equal((await database('words').select('rowid')).length, 0);
});

test('20,000 utterances: search, export in pages, and a purge that leaves nothing of what it deletes', async (context) => {
  const { database, record, lines } = await open(context);
  await fill(database, openText, 20_000);
  const { finds, next } = await record.search({ guildId: '1', channelIds, text: wordOf(0) });
  assert.equal(finds.length, 10);
  assert.ok(next);
  let read = 0;
  let before = 0;
  for await (const line of record.lines({ guildId: '1' })) {
    assert.ok(line.id > before && line.posts.length === 1);
    before = line.id;
    read += 1;
  }
  assert.equal(read, 20_000);
  const now = BEGINNING + 1_000 * EVERY_MS + 7 * 86_400_000;
  const { log } = keptLog();
  const retention = new Retention({ database, retentionDays: async () => 7, now: () => now, log });
  assert.equal(await retention.purge(), 1_000);
  assert.equal(await retention.purge(), 0);
  const counts = await Promise.all(
    ['utterances', 'words', 'posts', 'conversations'].map(
      async (table) => (await database(table).count('* as n').first())?.n,
    ),
  );
  assert.deepEqual(counts, [19_000, 19_000, 19_000, 38]);
  assert.equal((await lines({ until: BEGINNING + 1_000 * EVERY_MS })).length, 0);
});
