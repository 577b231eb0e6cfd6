import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Sight } from '../../../src/discord/guild/channel-visibility.ts';
import { newLineId } from '../../../src/lib/line-ids.ts';
import type { PrivateAnswer } from '../../../src/ports/reading.ts';
import type { RecordedConversation, RecordedUtterance } from '../../../src/ports/record.ts';
import type { Person } from '../../../src/ports/voice.ts';
import { RecordReaders } from '../../../src/record/read-access.ts';
import { AuditLog } from '../../../src/store/audit-log.ts';
import { openDatabase, openReader } from '../../../src/store/database/database.ts';
import { openText } from '../../../src/store/encryption/text-cipher.ts';
import { ReaderEntries } from '../../../src/store/reader-entries.ts';
import { StoredRecord } from '../../../src/store/record/record-reader.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';
import { GuildSettingsStore } from '../../../src/store/settings.ts';
import { searchTranscripts } from '../../../src/tools/builtin/search-transcripts.ts';
import { callTool } from '../call-tool.ts';
import { anna, ben, contextOf } from '../context.ts';

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
  const sight: Sight = {
    shows: async (userId, channelId) => channelId === 'open' || userId === anna.userId,
    hears: (userId, channelId) => channelId === 'open' || userId === anna.userId,
    reader: () => ({ managesServer: false, roleIds: [] }),
    voiceChannels: ['open', 'closed'],
    // Whoever comes into a channel that is not everybody's reads all others like it.
    everyFollower: async (followed, { channelIds }) => followed !== 'open' || channelIds.every((id) => id === 'open'),
  };
  const entries = new ReaderEntries(database);
  const settings = new GuildSettingsStore(database);
  const readers = new RecordReaders({ entries, places: { look: async () => sight }, settings, record });
  const given: PrivateAnswer[] = [];
  const recorded: unknown[] = [];
  const tool = searchTranscripts({
    record,
    readers,
    audit: new AuditLog({ database, seal: openText }),
    privately: { give: async (answer) => void given.push(answer) },
    now: () => new Date('2026-11-21T13:00:00Z'),
  });
  const refusing = new Set<string>();
  const mayHear = (userId: string) => !refusing.has(userId);
  const recordIn = (channelId: string, value: unknown) => void recorded.push([channelId, value]);
  const ask = (args: object, where: { channelId: string; people: Person[]; typed?: true }, askers: Person[]) => {
    const { channelId, people, ...rest } = where;
    const room = { ...contextOf().room, channelId, people: () => people, mayHear };
    return callTool(tool, args, contextOf({ askers, room, recordIn, ...rest }));
  };
  /** In a room where nobody else is, and nobody comes who does not read everything. */
  const search = (args: object, ...askers: Person[]) => ask(args, { channelId: 'closed', people: askers }, askers);
  return Object.assign(search, { refusing, ask, given, recorded });
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
  const { ask } = search;
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
  assert.deepEqual(
    texts(await ask({ speaker: 'ben', limit: 1 }, { channelId: 'closed', people: [anna, ben], typed: true }, [anna])),
    ['a margherita'],
  );
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

const SENT =
  'Not everybody here may hear this, so it was sent to "Anna" alone, in writing. Say only that you sent it to them.';

for (const [who, where] of [
  ['somebody who is there', { channelId: 'closed', people: [anna, ben] }],
  ['somebody who may come or read the post', { channelId: 'open', people: [anna] }],
] as const) {
  test(`what ${who} may not read goes to the asker alone, and the model has none of it`, async (context) => {
    const { ask, given, recorded } = await setUp(context);
    const value = await ask({ words: 'password' }, { ...where, people: [...where.people] }, [anna]);
    assert.deepEqual(value, { sent: SENT });
    assert.deepEqual(
      given.map(({ askers, lines }) => [askers, lines.length]),
      [[[anna], 1]],
    );
    const said = [{ line: given[0]?.lines[0]?.id, by: 'Ben', at: '2026-11-20T20:00:02.000Z' }];
    const words = { text: 'the pizza password is tuna', link: 'https://discord.com/channels/10/closed/m2' };
    assert.deepEqual(recorded, [['closed', { count: 1, said: [{ ...said[0], ...words }] }]]);
  });
}

test('the rest of an answer is for everybody; words that were posted for few are kept for few', async (context) => {
  const { ask, recorded } = await setUp(context);
  const value = await ask({ words: 'pizza' }, { channelId: 'open', people: [anna, ben] }, [anna]);
  assert.deepEqual(texts(value), ['Pizza is at eight']);
  assert.equal(value.sent, SENT);
  // It was said in the open channel, and posted where only moderators read.
  const [first] = recorded as [string, { said: { text: string | null }[] }][];
  assert.equal(first?.[0], 'open');
  assert.deepEqual(
    first?.[1].said.map(({ text }) => text),
    [null],
  );
});

test('today is from midnight to midnight there, and a date counts to its end', async () => {
  // What was said late in Berlin on the 20th is of the 21st in Tokyo.
  const asked: { since?: number | undefined; until?: number | undefined }[] = [];
  const of = async () => ({ zone: 'Asia/Tokyo', locales: ['de'] });
  const tool = searchTranscripts({
    record: {
      search: async ({ since, until }) => {
        asked.push({ since, until });
        return { finds: [], next: null };
      },
      turnOwners: () => Promise.resolve(new Map()),
    },
    readers: {
      channelsFor: async () => ({ ids: ['20'], mayRead: async () => true }),
      mayTell: async () => async () => true,
    },
    privately: { give: () => Promise.resolve() },
    audit: { note: () => Promise.resolve() },
    times: { of },
    now: () => new Date('2026-11-21T13:00:00Z'),
  } as Parameters<typeof searchTranscripts>[0]);
  const moments = async (args: object) => {
    asked.length = 0;
    await callTool(tool, args, contextOf());
    const [{ since, until } = {}] = asked;
    return [since, until].map((at) => at && new Date(at).toISOString());
  };
  assert.deepEqual(await moments({ since: 'today' }), ['2026-11-20T15:00:00.000Z', undefined]);
  assert.deepEqual(await moments({ since: 'gestern', until: 'gestern' }), [
    '2026-11-19T15:00:00.000Z',
    '2026-11-20T15:00:00.000Z',
  ]);
  assert.deepEqual(await moments({ since: '2026-11-20', until: '2026-11-20', place: 'Berlin' }), [
    '2026-11-19T23:00:00.000Z',
    '2026-11-20T23:00:00.000Z',
  ]);
  assert.deepEqual(await moments({ since: '2 hours ago' }), ['2026-11-21T11:00:00.000Z', undefined]);
  await assert.rejects(moments({ since: 'cake yesterday' }), /Yesterday, and what does “cake” mean\?/);
});

test('somebody who is here is found by the name that they had then, and nobody who is not', async () => {
  const asked: (string | undefined)[] = [];
  const tool = searchTranscripts({
    record: {
      search: async ({ userId }) => {
        asked.push(userId);
        return { finds: [], next: null };
      },
      turnOwners: () => Promise.resolve(new Map()),
      everyName: async () => [
        { userId: '1', name: 'Sunny' },
        { userId: '1', name: 'Cléo' },
        { userId: '9', name: 'Dora' },
      ],
    },
    readers: {
      channelsFor: async () => ({ ids: ['20'], mayRead: async () => true }),
      mayTell: async () => async () => true,
    },
    privately: { give: () => Promise.resolve() },
    audit: { note: () => Promise.resolve() },
  } as Parameters<typeof searchTranscripts>[0]);
  await callTool(tool, { speaker: 'cleo' }, contextOf());
  assert.deepEqual(asked, ['1']);
  await assert.rejects(callTool(tool, { speaker: 'Dora' }, contextOf()), /There is no person here called "Dora"/);
});

test('whoever types it reads all of it, since nobody else does', async (context) => {
  const { ask, given } = await setUp(context);
  const value = await ask({ words: 'password' }, { channelId: 'open', people: [anna, ben], typed: true }, [anna]);
  assert.deepEqual(texts(value), ['the pizza password is tuna']);
  assert.deepEqual(given, []);
});
