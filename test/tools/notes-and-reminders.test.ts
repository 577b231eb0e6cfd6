import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Audience } from '../../src/ports/reading.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { ReminderStore } from '../../src/store/reminders.ts';
import { noteTools } from '../../src/tools/builtin/note-tools.ts';
import { reminderTools } from '../../src/tools/builtin/reminder-tools.ts';
import { callTool } from './call-tool.ts';
import { anna, ben, contextOf } from './context.ts';

const carl = { userId: '3', name: 'Carl' };

const NOW = new Date('2026-11-21T13:00:00Z');

/** The tools over a real database; `as` says who asks. */
async function setUp(context: TestContext) {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const clock = () => NOW.getTime();
  const reminders = new ReminderStore(database, clock);
  const notes = new NoteStore(database, clock);
  // Only what was said in the channel with this id is for everybody; Carl may not come into the room, nor who reads the log.
  const readers = {
    couldListen:
      async ({ channelIds, people }: Audience) =>
      async (channelId: string) =>
        channelId === 'open' || (channelId === '20' && channelIds.length === 0 && !people.includes(carl.userId)),
  };
  const tools = [...noteTools({ notes, readers }), ...reminderTools({ reminders, readers, now: () => NOW })];
  const call = (name: string, args: object = {}, as: Parameters<typeof contextOf>[0] = {}) =>
    callTool(tools.find((one) => one.name === name)!, args, contextOf(as));
  return { tools, call, reminders, notes, readers };
}

test('a note is remembered, recalled by a word of it, and forgotten by whom it is of', async (context) => {
  const { call } = await setUp(context);
  assert.deepEqual(await call('remember', { text: 'Game night is on Friday' }), { remembered: true, note: 1 });
  await call('remember', { text: 'Der Schlüssel liegt im Büro' }, { askers: [ben] });
  assert.deepEqual(await call('recall', { about: 'friday game' }), {
    count: 1,
    notes: [{ note: 1, text: 'Game night is on Friday', by: 'Anna', on: '2026-11-21' }],
  });
  assert.equal((await call('recall', { about: 'schlussel' })).count, 1);
  assert.equal((await call('recall')).count, 2);
  await assert.rejects(call('forget', { note: 1 }, { askers: [ben] }), /That note is of "Anna"/);
  assert.deepEqual(await call('forget', { note: 1 }), { forgotten: true, text: 'Game night is on Friday' });
  await assert.rejects(call('forget', { note: 1 }), /There is no note 1/);
});

test('a note of somebody who does not want to be heard is not told to the model', async (context) => {
  const { call } = await setUp(context);
  await call('remember', { text: 'Game night is on Friday' });
  await call('remember', { text: 'The key is in the office' }, { askers: [ben] });
  const { room } = contextOf({});
  const heard = { ...room, mayHear: (userId: string) => userId !== ben.userId };
  assert.deepEqual(await call('recall', {}, { room: heard }), {
    count: 1,
    notes: [{ note: 1, text: 'Game night is on Friday', by: 'Anna', on: '2026-11-21' }],
  });
});

test('a reminder is made for the one who asks, listed and cancelled by them alone', async (context) => {
  const { call, reminders } = await setUp(context);
  assert.deepEqual(await call('remind_me', { text: 'the oven', when: 'in 20 minutes' }), {
    reminder: 1,
    inMinutes: 20,
    at: 'Saturday, 21 November 2026 at 13:20 UTC',
    due: '2026-11-21T13:20:00.000Z',
  });
  assert.deepEqual(await call('remind_me', { text: 'call', when: 'tomorrow at 9:00', place: 'Berlin' }), {
    reminder: 2,
    inMinutes: 1_140,
    at: 'Sunday, 22 November 2026 at 09:00 Europe/Berlin',
    due: '2026-11-22T08:00:00.000Z',
  });
  assert.deepEqual(
    (await reminders.of('10', '1')).map(({ channelId, text }) => [channelId, text]),
    [
      ['20', 'the oven'],
      ['20', 'call'],
    ],
  );
  assert.deepEqual(await call('list_reminders', {}, { askers: [ben] }), { reminders: [] });
  assert.equal(((await call('list_reminders')).reminders as unknown[]).length, 2);
  await assert.rejects(call('cancel_reminder', { reminder: 1 }, { askers: [ben] }), /"Ben" has no reminder 1/);
  assert.deepEqual(await call('cancel_reminder', { reminder: 1 }), { cancelled: true });
  await assert.rejects(call('remind_me', { text: 'x', when: 'tomorrow at 9:00' }), /In which city/);
  await assert.rejects(call('remind_me', { text: 'x', when: '2020-01-01T00:00:00Z' }), /over already/);
  await assert.rejects(call('remind_me', { text: 'x', when: 'in 3 years' }), /one year ahead/);
});

test('a time of day is that of the person, else of the server; what is not certain is asked, in the person’s language too', async (context) => {
  const { reminders, readers } = await setUp(context);
  const times = {
    of: async (_guild: string, userId: string | null) =>
      userId === '1' ? { zone: 'Asia/Kolkata', locales: ['de'] } : { zone: 'Europe/Berlin', locales: [] },
  };
  const [remindMe] = reminderTools({ reminders, readers, times, now: () => NOW });
  const at = async (when: string, as: Parameters<typeof contextOf>[0] = {}, place?: string) =>
    (await callTool(remindMe!, { text: 'x', when, ...(place && { place }) }, contextOf(as))).due;
  assert.equal(await at('tomorrow at 9:00'), '2026-11-22T03:30:00.000Z');
  assert.equal(await at('morgen um 9 Uhr'), '2026-11-22T03:30:00.000Z');
  assert.equal(await at('tomorrow at 9:00', { askers: [ben] }), '2026-11-22T08:00:00.000Z');
  assert.equal(await at('tomorrow at 9:00', {}, 'New York'), '2026-11-22T14:00:00.000Z');
  await assert.rejects(at('tomorrow at 9'), {
    name: 'ToolError',
    message: 'That is not certain. Ask the person: At 9:00 tomorrow or at 21:00 tomorrow?',
  });
  await assert.rejects(at('31 december'), /On Thursday 31 December at what time\?/);
  await assert.rejects(at('in 2 days at 9:00', { askers: [ben] }, 'Atlantis'), /No time zone is known/);
});

test('a reminder that comes again says so, and is kept with its clock', async (context) => {
  const { call, reminders } = await setUp(context);
  assert.deepEqual(await call('remind_me', { text: 'stand up', when: 'every weekday at 9:30', place: 'Berlin' }), {
    reminder: 1,
    inMinutes: 43 * 60 + 30,
    at: 'Monday, 23 November 2026 at 09:30 Europe/Berlin',
    due: '2026-11-23T08:30:00.000Z',
    repeated: 'every weekday at 9:30 (Europe/Berlin)',
  });
  const [kept] = await reminders.of('10', '1');
  assert.deepEqual(kept?.repeat, { days: [1, 2, 3, 4, 5], hour: 9, minute: 30, zone: 'Europe/Berlin' });
});

test('what belongs to one person is done for one known person', async (context) => {
  const { call } = await setUp(context);
  for (const [name, args] of [
    ['remember', { text: 'x' }],
    ['remind_me', { text: 'x', when: 'in 5 minutes' }],
    ['list_reminders', {}],
    ['cancel_reminder', { reminder: 1 }],
  ] as const) {
    await assert.rejects(call(name, args, { askers: [anna, ben] }), /This answers "Anna" and "Ben" together/, name);
    await assert.rejects(call(name, args, { askers: [anna], certain: false }), /not certain who asked/, name);
    await assert.rejects(call(name, args, { askers: [] }), /not certain who asked/, name);
  }
});

test('a guild that has 100 notes is told so in words', async (context) => {
  const { call } = await setUp(context);
  for (let i = 0; i < 100; i++) await call('remember', { text: `n${i}` });
  await assert.rejects(call('remember', { text: 'one more' }), { name: 'ToolError', message: /100 notes already/ });
  assert.equal(((await call('recall')).notes as unknown[]).length, 20);
});

test('reminders that were made where not everybody could listen are only counted aloud', async (context) => {
  const { call, reminders } = await setUp(context);
  for (const channelId of ['20', 'open', 'hidden']) {
    const wish = { guildId: '10', channelId, person: anna, text: `${channelId} tea`, dueAt: NOW.getTime() + 3_600_000 };
    await reminders.add(wish);
  }
  const listed = await call('list_reminders');
  assert.deepEqual(
    (listed.reminders as { text: string }[]).map(({ text }) => text),
    ['20 tea', 'open tea'],
  );
  assert.equal(listed.others, 1);
  assert.match(String(listed.note), /\/reminders list/);
  // Whoever types it reads the answer alone.
  assert.equal(((await call('list_reminders', {}, { typed: true })).reminders as unknown[]).length, 3);
});

test('notes that were made where not everybody could listen are not read out, and who typed reads those they may', async (context) => {
  const { call, notes } = await setUp(context);
  for (const channelId of ['20', 'open', 'hidden'])
    await notes.add('10', { text: `${channelId} tea`, by: anna, channelId });
  await notes.add('10', { text: 'everybody’s tea', by: anna });
  const texts = (value: Record<string, unknown>) => (value.notes as { text: string }[]).map(({ text }) => text);
  const recalled = await call('recall', { about: 'tea' });
  assert.deepEqual(texts(recalled), ['everybody’s tea', 'open tea', '20 tea']);
  assert.match(String(recalled.note), /\/notes list/);
  assert.deepEqual(texts(await call('recall', {}, { typed: true })), ['everybody’s tea', 'open tea', '20 tea']);
  const typed = { typed: true, askers: [carl] } as const;
  assert.deepEqual(texts(await call('recall', {}, typed)), ['everybody’s tea', 'open tea']);
  // Forgetting it does not tell it either.
  assert.deepEqual(await call('forget', { note: 3 }), { forgotten: true });
});

test('what was made in a room is not told there where its posts are read by people who could not listen in it', async (context) => {
  const { call, notes, reminders } = await setUp(context);
  for (const channelId of ['20', 'open']) {
    await notes.add('10', { text: `${channelId} tea`, by: anna, channelId });
    await reminders.add({
      guildId: '10',
      channelId,
      person: anna,
      text: `${channelId} tea`,
      dueAt: NOW.getTime() + 3_600_000,
    });
  }
  const texts = (value: Record<string, unknown>, key: string) =>
    (value[key] as { text: string }[]).map(({ text }) => text);
  const { room } = contextOf();
  const posted = { room: { ...room, textChannelId: 'log' } };
  assert.deepEqual(texts(await call('recall', {}, posted), 'notes'), ['open tea']);
  assert.match(String((await call('recall', {}, posted)).note), /not everybody could listen/);
  assert.deepEqual(texts(await call('list_reminders', {}, posted), 'reminders'), ['open tea']);
  // Somebody who may not come in was brought here, or lost a role since.
  const brought = { people: [anna, ben, carl] };
  assert.deepEqual(texts(await call('recall', {}, brought), 'notes'), ['open tea']);
  assert.deepEqual(texts(await call('list_reminders', {}, brought), 'reminders'), ['open tea']);
  // In its own chat everybody reads who can listen.
  const own = { room: { ...room, textChannelId: '20' } };
  assert.deepEqual(texts(await call('list_reminders', {}, own), 'reminders'), ['20 tea', 'open tea']);
  assert.deepEqual(await call('forget', { note: 1 }, posted), { forgotten: true });
});
