import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown } from '../../src/lib/markdown.ts';
import type { GuildTexts, MemberAct, Moderation } from '../../src/ports/guild.ts';
import type { AuditNote } from '../../src/ports/reading.ts';
import type { RecordFind, RecordSearch } from '../../src/ports/record.ts';
import { createThread } from '../../src/tools/builtin/create-thread.ts';
import { moderationTools } from '../../src/tools/builtin/moderation-tools.ts';
import { searchTranscripts } from '../../src/tools/builtin/search-transcripts.ts';
import { startPoll } from '../../src/tools/builtin/start-poll.ts';
import { LocalToolbox } from '../../src/tools/toolbox.ts';
import { keptLog } from '../support/doubles/log.ts';
import { gateOf } from '../support/doubles/toolbox-gate.ts';
import { callTool } from './call-tool.ts';
import { anna, ben, callOf, contextOf } from './context.ts';

test('a poll is posted for those who asked, with nothing invisible in it', async () => {
  const posted: unknown[] = [];
  const tool = startPoll({ texts: { postPoll: async (...args) => `${posted.push(args)}` } });
  const context = contextOf({ askers: [anna, ben] });
  assert.deepEqual(await callTool(tool, { question: 'Pizza\u202e?\n', answers: ['Yes', ' No '] }, context), {
    posted: true,
    hours: 24,
  });
  assert.deepEqual(posted, [
    [context.room, { question: 'Pizza ?', answers: ['Yes', 'No'], hours: 24, multiple: false }, [anna, ben]],
  ]);
  await assert.rejects(callTool(tool, { question: '?', answers: ['a', 'A '] }, context), /are the same/);
  await assert.rejects(
    callTool(tool, { question: '\u200b', answers: ['a', 'b'] }, context),
    /nothing that can be seen/,
  );
  for (const wrong of [
    { answers: ['a'] },
    { answers: Array(11).fill('a') },
    { answers: ['a', 'x'.repeat(56)] },
    { hours: 769 },
  ]) {
    await assert.rejects(callTool(tool, { question: '?', answers: ['a', 'b'], ...wrong }, context), /Wrong arguments/);
  }
});

test('what Discord says no to is told in words', async () => {
  const texts: Pick<GuildTexts, 'postPoll' | 'createThread'> = {
    postPoll: () => Promise.reject(new Error('I lack Create Polls in #general.')),
    createThread: () => Promise.reject(new Error('There can be no threads in #Lounge.')),
  };
  await assert.rejects(callTool(startPoll({ texts }), { question: '?', answers: ['a', 'b'] }, contextOf()), {
    name: 'ToolError',
    message: 'The poll could not be posted: I lack Create Polls in #general.',
  });
  await assert.rejects(callTool(createThread({ texts, escape: escapeMarkdown }), { name: 'x' }, contextOf()), {
    name: 'ToolError',
    message: 'The thread could not be opened: There can be no threads in #Lounge.',
  });
});

test('the first words of a thread name who had them written, and mention nobody', async () => {
  const made: unknown[] = [];
  const texts: Pick<GuildTexts, 'createThread'> = { createThread: async (_room, thread) => `${made.push(thread)}` };
  const tool = createThread({ texts, escape: escapeMarkdown });
  const value = await callTool(tool, { name: ' Trip\nplan ', text: '@everyone\n# go' }, contextOf());
  assert.deepEqual(made, [{ name: 'Trip plan', first: 'Written for **Anna**:\n\\@\u2060everyone\n\\# go' }]);
  assert.deepEqual(value, { created: true, thread: 'Trip plan', link: 'https://discord.com/channels/10/1' });
});

/** Acts that are written down, in a guild with two voice channels. */
function moderation() {
  const acts: { target: string; act: MemberAct; by: string[] }[] = [];
  const port: Moderation = {
    voiceChannels: () => [
      { id: '201', name: 'Lounge' },
      { id: '202', name: 'AFK corner' },
    ],
    check: async ({ target }) => {
      if (target.userId === '1') throw new Error('"Anna" owns this server, so nobody may do that to them.');
    },
    act: async (order) => {
      await port.check(order);
      const { target, act, by } = order;
      acts.push({ target: target.userId, act, by: by.map(({ userId }) => userId) });
    },
  };
  const tools = new Map(moderationTools({ moderation: port }).map((tool) => [tool.name, tool]));
  return {
    acts,
    tools,
    call: (name: string, args: object) => callTool(tools.get(name)!, args, contextOf({ askers: [anna] })),
  };
}

test('the four acts of moderators are dangerous, and go to the person and the channel that were named', async () => {
  const { acts, tools, call } = moderation();
  assert.deepEqual(
    [...tools.values()].map(({ name, risk, needs }) => [name, risk, needs]),
    [
      ['mute_member', 'dangerous', 'MuteMembers'],
      ['move_member', 'dangerous', 'MoveMembers'],
      ['disconnect_member', 'dangerous', 'MoveMembers'],
      ['timeout_member', 'dangerous', 'ModerateMembers'],
    ],
  );
  await call('mute_member', { person: 'ben' });
  await call('mute_member', { person: 'Ben', muted: false });
  assert.deepEqual(await call('move_member', { person: 'Ben', channel: 'afk' }), {
    done: true,
    person: 'Ben',
    channel: 'AFK corner',
  });
  await call('disconnect_member', { person: 'Ben' });
  await call('timeout_member', { person: 'Ben', minutes: 10 });
  assert.deepEqual(
    acts.map(({ act }) => act),
    [
      { kind: 'mute', muted: true },
      { kind: 'mute', muted: false },
      { kind: 'move', channelId: '202' },
      { kind: 'disconnect' },
      { kind: 'timeout', minutes: 10 },
    ],
  );
  assert.deepEqual([...new Set(acts.map(({ target, by }) => `${target} by ${by}`))], ['2 by 1']);
});

test('nobody is acted on who is not here, and a refusal of Discord is a result', async () => {
  const { acts, call } = moderation();
  await assert.rejects(call('mute_member', { person: 'Zoe' }), /There is no person here called "Zoe"/);
  await assert.rejects(
    call('move_member', { person: 'Ben', channel: 'Garage' }),
    /There is no voice channel called "Garage"/,
  );
  await assert.rejects(call('timeout_member', { person: 'Ben', minutes: 40_321 }), /Wrong arguments/);
  await assert.rejects(call('disconnect_member', { person: 'Anna' }), {
    name: 'ToolError',
    message: /owns this server/,
  });
  assert.deepEqual(acts, []);
});

test('the button says whom it is about, and what was confirmed is what is done', async () => {
  const { acts, tools } = moderation();
  const people = [anna, ben];
  const gate = gateOf({
    answer: () => {
      // Meanwhile somebody else calls themselves so.
      people.push({ userId: '3', name: 'ben' });
      return { kind: 'confirmed', by: anna };
    },
  });
  const toolbox = new LocalToolbox({ tools: [...tools.values()], log: keptLog().log, ...gate });
  const mute = () => toolbox.run(callOf('mute_member', { person: 'Ben' }), [], contextOf({ people }));
  const rules = [{ tool: 'mute_member', kind: 'person', id: '1', allowed: true }] as const;
  const refused = await mute();
  assert.match(refused.output, /nobody may use it until/);
  const open = gateOf({ rules, answer: gate.confirmations.ask as never });
  const allowed = new LocalToolbox({ tools: [...tools.values()], log: keptLog().log, ...open });
  const done = await allowed.run(callOf('mute_member', { person: 'Ben' }), [], contextOf({ people }));
  assert.deepEqual([done.ok, open.questions[0]?.words], [true, 'Mute "Ben" (2) for everybody.']);
  assert.deepEqual(
    acts.map(({ target }) => target),
    ['2'],
  );
  const denied = gateOf({ rules, answer: { kind: 'late' } });
  const late = await new LocalToolbox({ tools: [...tools.values()], log: keptLog().log, ...denied }).run(
    callOf('mute_member', { person: '2' }),
    [],
    contextOf({ people }),
  );
  assert.match(late.output, /Nobody confirmed/);
  assert.equal(acts.length, 1);
});

function find(id: number, userId: string, posts: string[]): RecordFind {
  const utterance = {
    kind: 'utterance',
    by: 'person',
    id,
    guildId: '10',
    userId,
    name: 'Ben',
    startedAt: 1_795_266_000_000,
  };
  const posted = posts.map((channelId) => ({ channelId, messageId: `m${id}` }));
  return {
    utterance: { ...utterance, posts: posted } as unknown as RecordFind['utterance'],
    after: String(id),
    excerpt: `said ${id}`,
    hits: [],
  };
}

test('only what all who ask may read is found, where it sounded and where it was posted', async () => {
  const searches: RecordSearch[] = [];
  const pages = [
    { finds: [find(1, '2', ['open']), find(2, '2', ['closed']), find(3, '2', ['open', 'closed'])], next: 'p2' },
    { finds: [find(4, '2', [])], next: null },
  ];
  const record = {
    search: async (search: RecordSearch) => pages[searches.push(search) - 1]!,
    turnOwners: async () => new Map<number, string>(),
  };
  const asked: (readonly string[])[] = [];
  const readers = {
    channelsFor: async (_guild: string, by: readonly string[]) => {
      asked.push(by);
      const mayRead = async ({ posts }: { posts: readonly { channelId: string }[] }) =>
        posts.every(({ channelId }) => channelId !== 'closed');
      return { ids: ['open'], mayRead };
    },
    mayTell: async () => async () => true,
  };
  const noted: AuditNote[] = [];
  const tool = searchTranscripts({
    record,
    readers,
    audit: { note: async (note) => void noted.push(note) },
    privately: { give: () => assert.fail('everybody may read it') },
    now: () => new Date('2026-11-21T13:00:00Z'),
  });
  const value = await callTool(
    tool,
    { words: 'pizza', speaker: 'ben', since: '2026-11-20 18:00' },
    contextOf({ askers: [anna, ben] }),
  );
  assert.deepEqual(searches, [
    {
      guildId: '10',
      channelIds: ['open'],
      text: 'pizza',
      userId: '2',
      since: Date.parse('2026-11-20T18:00:00Z'),
      limit: 20,
    },
    {
      guildId: '10',
      channelIds: ['open'],
      text: 'pizza',
      userId: '2',
      since: Date.parse('2026-11-20T18:00:00Z'),
      limit: 20,
      after: 'p2',
    },
  ]);
  assert.deepEqual(value, {
    count: 2,
    said: [
      { by: 'Ben', at: '2026-11-21T13:00:00.000Z', text: 'said 1', link: 'https://discord.com/channels/10/open/m1' },
      { by: 'Ben', at: '2026-11-21T13:00:00.000Z', text: 'said 4' },
    ],
  });
  assert.deepEqual(asked, [[anna.userId, ben.userId]]);
  const what = '{"words":"pizza","speaker":"ben","since":"2026-11-20 18:00"}';
  assert.deepEqual(
    noted,
    [anna, ben].map((by) => ({ guildId: '10', by, act: 'tool', what, lines: 2 })),
  );
});

test('nobody unknown searches', async () => {
  const record = { search: () => assert.fail('searched for nobody'), turnOwners: () => assert.fail('read for nobody') };
  const nobody = () => assert.fail('asked for nobody');
  const readers = { channelsFor: nobody, mayTell: nobody };
  const tool = searchTranscripts({ record, readers, audit: { note: nobody }, privately: { give: nobody } });
  await assert.rejects(callTool(tool, {}, contextOf({ certain: false })), /not certain who asked/);
  await assert.rejects(callTool(tool, {}, contextOf({ askers: [] })), /not certain who asked/);
});
