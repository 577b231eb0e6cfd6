import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { ReminderStore } from '../../src/store/reminders.ts';
import { noteTools } from '../../src/tools/note-tools.ts';
import { reminderTools } from '../../src/tools/reminder-tools.ts';
import { callTool } from './call-tool.ts';
import { anna, ben, contextOf } from './context.ts';

const NOW = new Date('2026-11-21T13:00:00Z');

/** The tools over a real database; `as` says who asks. */
async function setUp(context: TestContext) {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  const clock = () => NOW.getTime();
  const reminders = new ReminderStore(database, clock);
  const tools = [
    ...noteTools({ notes: new NoteStore(database, clock) }),
    ...reminderTools({ reminders, now: () => NOW }),
  ];
  const call = (name: string, args: object = {}, as: Parameters<typeof contextOf>[0] = {}) =>
    callTool(tools.find((one) => one.name === name)!, args, contextOf(as));
  return { tools, call, reminders };
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

test('a reminder is made for the one who asks, listed and cancelled by them alone', async (context) => {
  const { call, reminders } = await setUp(context);
  assert.deepEqual(await call('remind_me', { text: 'the oven', when: 'in 20 minutes' }), {
    reminder: 1,
    inMinutes: 20,
    at: 'Saturday, 21 November 2026 at 13:20 UTC',
  });
  assert.deepEqual(await call('remind_me', { text: 'call', when: 'tomorrow at 9:00', place: 'Berlin' }), {
    reminder: 2,
    inMinutes: 1_140,
    at: 'Sunday, 22 November 2026 at 09:00 Europe/Berlin',
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
  await assert.rejects(call('remind_me', { text: 'x', when: 'tomorrow at 9' }), /In which city/);
  await assert.rejects(call('remind_me', { text: 'x', when: '2020-01-01T00:00:00Z' }), /over already/);
  await assert.rejects(call('remind_me', { text: 'x', when: 'in 3 years' }), /one year ahead/);
});

test('what belongs to one person is done for one known person', async (context) => {
  const { call } = await setUp(context);
  for (const [name, args] of [
    ['remember', { text: 'x' }],
    ['remind_me', { text: 'x', when: 'in 5 minutes' }],
    ['list_reminders', {}],
    ['cancel_reminder', { reminder: 1 }],
  ] as const) {
    await assert.rejects(call(name, args, { askers: [anna, ben] }), /"Anna" and "Ben" spoke at once/, name);
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
