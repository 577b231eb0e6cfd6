import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RecordedConversation, RecordedUtterance } from '../../src/bridge/record-ports.ts';
import { RecordReaders } from '../../src/readers.ts';
import { AuditLog } from '../../src/store/audit-log.ts';
import { openDatabase, openReader } from '../../src/store/database.ts';
import { newLineId } from '../../src/store/line-ids.ts';
import { ReaderEntries } from '../../src/store/reader-entries.ts';
import { StoredRecord } from '../../src/store/record-reader.ts';
import { RecordStore } from '../../src/store/record-store.ts';
import { GuildSettingsStore } from '../../src/store/settings.ts';
import { openText } from '../../src/store/text-seal.ts';
import { searchTranscripts } from '../../src/tools/search-transcripts.ts';
import { callTool } from './call-tool.ts';
import { anna, ben, contextOf } from './context.ts';

const DAY = Date.parse('2026-11-20T20:00:00Z');

/** A real record: two evenings, one in a channel that Ben does not read, one line posted where only moderators read. */
async function setUp(context: TestContext) {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const store = new RecordStore(database, openText);
  await store.write(evening(1, 'open', [line(1, 'open', ben.userId, 'Ben', 'Pizza is at eight', 'open')]));
  await store.write(
    evening(2, 'closed', [line(2, 'closed', ben.userId, 'Ben', 'the pizza password is tuna', 'closed')]),
  );
  await store.write(evening(3, 'open', [line(3, 'open', ben.userId, 'Ben', 'pizza for the moderators', 'mods')]));
  await store.write(evening(4, 'open', [line(4, 'open', anna.userId, 'Anna', 'I would rather have soup', 'open')]));
  const heard = line(5, 'open', ben.userId, 'Ben', 'a margherita', 'open');
  const reply = { ...line(6, 'open', '', 'Parley', 'Ben wants a margherita', 'open'), userId: null, turnId: null };
  const answer = { ...reply, conversationId: 5, by: 'model', replyId: 'r', turnIds: [5] } as const;
  await store.write(evening(5, 'open', [heard, answer]));
  const record = new StoredRecord(openReader(database).reader, openText);
  const shows = async (_guild: string, userId: string, channelId: string) =>
    channelId === 'open' || userId === anna.userId;
  const readers = new RecordReaders({
    entries: new ReaderEntries(database),
    places: {
      shows,
      reader: async () => ({ managesServer: false, roleIds: [] }),
      voiceChannels: () => ['open', 'closed'],
    },
    settings: new GuildSettingsStore(database),
    record,
  });
  const tool = searchTranscripts({
    record,
    readers,
    audit: new AuditLog({ database, seal: openText }),
    now: () => new Date('2026-11-21T13:00:00Z'),
  });
  const refusing = new Set<string>();
  const mayHear = (userId: string) => !refusing.has(userId);
  const search = (args: object, ...askers: (typeof anna)[]) =>
    callTool(tool, args, contextOf({ askers, room: { ...contextOf().room, mayHear } }));
  return Object.assign(search, { refusing });
}

function evening(id: number, channelId: string, lines: readonly RecordedUtterance[]) {
  const conversation: RecordedConversation = {
    id,
    guildId: '10',
    channelId,
    transcriptChannelId: channelId,
    mode: 'talk',
    provider: 'openai',
    model: 'gpt-realtime-2.1',
    startedAt: DAY,
    endedAt: DAY + 60_000,
    endReason: 'asked',
  };
  return { conversation, turns: [], lines };
}

function line(
  at: number,
  channelId: string,
  userId: string,
  name: string,
  text: string,
  postedIn: string,
): RecordedUtterance {
  const startedAt = DAY + at * 1_000;
  return {
    kind: 'utterance',
    by: 'person',
    id: newLineId(startedAt),
    conversationId: at,
    guildId: '10',
    channelId,
    startedAt,
    endedAt: startedAt + 900,
    posts: [{ channelId: postedIn, messageId: `m${at}` }],
    userId,
    name,
    text,
    language: null,
    model: null,
    written: false,
    state: 'final',
    cut: null,
    turnId: at,
    replyId: null,
    turnIds: [],
    itemIds: [],
  };
}

const texts = (value: Record<string, unknown>) => (value.said as { text: string }[]).map(({ text }) => text);

test('what was said is found by words, person and time, with who, when and where', async (context) => {
  const search = await setUp(context);
  assert.deepEqual(await search({ words: 'soup' }, anna), {
    count: 1,
    said: [
      {
        by: 'Anna',
        at: '2026-11-20T20:00:04.000Z',
        text: 'I would rather have soup',
        link: 'https://discord.com/channels/10/open/m4',
      },
    ],
  });
  assert.deepEqual(texts(await search({ words: 'PIZZA' }, anna)), [
    'pizza for the moderators',
    'the pizza password is tuna',
    'Pizza is at eight',
  ]);
  assert.deepEqual(texts(await search({ speaker: 'ben', limit: 1 }, anna)), ['a margherita']);
  assert.deepEqual(texts(await search({ since: '2026-11-21 10:00' }, anna)), []);
  assert.deepEqual(texts(await search({ words: 'soup', until: '2026-11-20 21:00', place: 'Berlin' }, anna)), []);
});

test('nobody finds what they may not read, and people who ask together only what both may', async (context) => {
  const search = await setUp(context);
  assert.deepEqual(texts(await search({ words: 'pizza' }, ben)), ['Pizza is at eight']);
  assert.deepEqual(texts(await search({ words: 'pizza' }, anna, ben)), ['Pizza is at eight']);
  assert.deepEqual(texts(await search({ words: 'password' }, ben)), []);
});

test('nothing is told of what somebody said before, once they do not want to be heard', async (context) => {
  const search = await setUp(context);
  assert.deepEqual(texts(await search({ words: 'margherita' }, anna)), ['Ben wants a margherita', 'a margherita']);
  search.refusing.add(ben.userId);
  assert.deepEqual(texts(await search({ words: 'pizza' }, anna)), []);
  assert.deepEqual(texts(await search({ words: 'margherita' }, anna)), []);
  assert.deepEqual(texts(await search({ words: 'soup' }, anna)), ['I would rather have soup']);
});
