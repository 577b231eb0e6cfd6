import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase, StoreError } from '../../src/store/database/database.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { ReminderStore } from '../../src/store/reminders.ts';

const anna = { userId: '1', name: 'Anna' };
const ben = { userId: '2', name: 'Ben' };
const NOW = 1_800_000_000_000;

async function open(context: TestContext, url = 'sqlite::memory:') {
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  return { database, notes: new NoteStore(database, () => NOW), reminders: new ReminderStore(database, () => NOW) };
}

const wish = (change: object = {}) => ({
  guildId: 'g',
  channelId: 'v',
  person: anna,
  text: 'tea',
  dueAt: NOW + 60_000,
  ...change,
});

test('what may have text from outside in it stays known as that', async (context) => {
  const { notes, reminders } = await open(context);
  const by = { userId: '1', name: 'Anna' };
  await notes.add('10', { text: 'her own', by });
  await notes.add('10', { text: 'from a page', by, outside: true });
  assert.deepEqual(
    (await notes.list('10')).map(({ outside }) => outside),
    [undefined, true],
  );
  const wish = { guildId: '10', channelId: '20', person: by, text: 'x', dueAt: NOW + 60_000 };
  await reminders.add(wish);
  await reminders.add({ ...wish, dueAt: NOW + 90_000, outside: true });
  assert.deepEqual(
    (await reminders.of('10', '1')).map(({ outside }) => outside),
    [undefined, true],
  );
});

test('notes are kept per guild, with who made them and when', async (context) => {
  const { notes } = await open(context);
  const first = await notes.add('g', { text: '  The server IP is 10.0.0.1 ', by: anna });
  await notes.add('other', { text: 'secret', by: ben });
  assert.deepEqual(await notes.list('g'), [{ id: first.id, text: 'The server IP is 10.0.0.1', by: anna, madeAt: NOW }]);
  assert.equal(await notes.remove('other', first.id), false);
  assert.equal(await notes.remove('g', first.id), true);
  assert.deepEqual(await notes.list('g'), []);
});

test('a guild has at most 100 notes of 500 characters, also when many ask at once', async (context) => {
  const { notes } = await open(context);
  await assert.rejects(notes.add('g', { text: 'x'.repeat(501), by: anna }), {
    name: 'RangeError',
    message: 'The note has 501 characters; at most 500 are possible.',
  });
  await assert.rejects(notes.add('g', { text: ' ', by: anna }), RangeError);
  const made = await Promise.allSettled(
    Array.from({ length: 103 }, (_, i) => notes.add('g', { text: `n${i}`, by: anna })),
  );
  assert.equal(made.filter(({ status }) => status === 'rejected').length, 3);
  assert.equal((await notes.list('g')).length, 100);
});

test('reminders survive a restart, and are one person’s own', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const before = await openDatabase(url);
  const { id } = await new ReminderStore(before, () => NOW).add(wish());
  await before.destroy();
  const { reminders } = await open(context, url);
  assert.deepEqual(await reminders.of('g', '1'), [
    { id, guildId: 'g', channelId: 'v', person: anna, text: 'tea', dueAt: NOW + 60_000, madeAt: NOW, failures: 0 },
  ]);
  assert.deepEqual(await reminders.of('g', '2'), []);
  assert.deepEqual(await reminders.of('other', '1'), []);
  assert.equal(await reminders.remove('g', '2', id), false);
  assert.equal(await reminders.nextDueAt(), NOW + 60_000);
  assert.deepEqual(
    (await reminders.due(NOW + 60_000)).map((one) => one.id),
    [id],
  );
  assert.deepEqual(await reminders.due(NOW + 59_999), []);
  await reminders.postpone(id, NOW + 90_000);
  assert.deepEqual(
    (await reminders.due(NOW + 90_000)).map(({ dueAt, failures }) => [dueAt, failures]),
    [[NOW + 90_000, 1]],
  );
  assert.equal(await reminders.remove('g', '1', id), true);
  assert.equal(await reminders.nextDueAt(), null);
});

test('a reminder is neither in the past nor years ahead, and nobody has more than 20', async (context) => {
  const { reminders } = await open(context);
  await assert.rejects(reminders.add(wish({ dueAt: NOW - 1 })), /over already/);
  await assert.rejects(reminders.add(wish({ dueAt: Number.NaN })), /over already/);
  await assert.rejects(reminders.add(wish({ dueAt: NOW + 400 * 86_400_000 })), /one year/);
  await assert.rejects(reminders.add(wish({ text: 'x'.repeat(301) })), /301 characters/);
  for (let i = 0; i < 20; i++) await reminders.add(wish());
  await assert.rejects(reminders.add(wish()), /20 reminders for one person already/);
  await reminders.add(wish({ person: ben }));
  await reminders.add(wish({ guildId: 'other' }));
});

test('a database that fails is told as such', async (context) => {
  const { database, notes, reminders } = await open(context);
  await database.schema.dropTable('notes');
  await database.schema.dropTable('reminders');
  await assert.rejects(notes.list('g'), StoreError);
  await assert.rejects(notes.add('g', { text: 'x', by: anna }), StoreError);
  await assert.rejects(reminders.add(wish()), StoreError);
  await assert.rejects(reminders.due(NOW), StoreError);
});
