import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { GuildSettings } from '../../src/ports/settings.ts';
import { type Database, openDatabase, StoreError } from '../../src/store/database/database.ts';
import { defaultSettings, GuildSettingsStore } from '../../src/store/settings.ts';

async function open(context: TestContext, url = 'sqlite::memory:') {
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  return database;
}

test('a guild that never set anything has the defaults', async (context) => {
  const store = new GuildSettingsStore(await open(context));
  const settings = await store.get('1');
  assert.equal(settings.silenceMs, 600);
  assert.equal(settings.interruptionMs, 120);
  assert.equal(settings.turnDetection, 'manual');
  assert.equal(settings.aloneMs, 120_000);
  assert.equal(settings.idleMs, 900_000);
  assert.ok(settings.persona.length > 100 && settings.persona.length <= 2_000);
  assert.deepEqual(
    [settings.voice, settings.language, settings.transcriptChannelId, settings.disabledTools],
    [null, null, null, []],
  );
});

test('what was set is read again by another process, for this guild only', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const url = `sqlite:${folder}/a/b/parley.db`;
  const change: GuildSettings = {
    provider: 'gemini',
    model: 'gemini-3.1-flash-live-preview',
    voice: 'marin',
    persona: 'A pirate.',
    language: 'pt-BR',
    timeZone: 'Europe/Berlin',
    silenceMs: 800,
    interruptionMs: 0,
    turnDetection: 'semantic',
    replyForm: 'text',
    answer: 'addressed',
    names: ['Jarvis', 'Ярвис'],
    heardBots: ['123456789012345679'],
    transcriptChannelId: '123456789012345678',
    liveTranscript: false,
    livePlace: 'thread',
    disabledTools: ['get_weather', 'post_message'],
    aloneMs: 60_000,
    idleMs: 300_000,
    budgetUsd: 2.5,
    budgetMonthUsd: 30,
    budgetPersonUsd: 0,
    budgetPersonMonthUsd: 4,
    retentionDays: 7,
  };
  const first = await openDatabase(url);
  assert.deepEqual(await new GuildSettingsStore(first).set('1', change), change);
  await first.destroy();
  const store = new GuildSettingsStore(await open(context, url));
  assert.deepEqual(await store.get('1'), change);
  assert.deepEqual(await store.get('2'), defaultSettings);
});

test('setting one field leaves the others, and get gives it at once', async (context) => {
  const store = new GuildSettingsStore(await open(context));
  await store.set('1', { silenceMs: 900, voice: 'cedar' });
  assert.equal((await store.set('1', { interruptionMs: 300 })).silenceMs, 900);
  assert.deepEqual(await store.get('1'), { ...defaultSettings, silenceMs: 900, voice: 'cedar', interruptionMs: 300 });
});

test('changes of one guild at the same time are all kept', async (context) => {
  const database = await open(context);
  const store = new GuildSettingsStore(database);
  await Promise.all([
    store.set('1', { silenceMs: 900 }),
    store.set('1', { interruptionMs: 300 }),
    store.get('1'),
    store.set('2', { voice: 'ash' }),
    store.set('1', { voice: 'cedar' }),
  ]);
  const expected = { ...defaultSettings, silenceMs: 900, interruptionMs: 300, voice: 'cedar' };
  assert.deepEqual(await store.get('1'), expected);
  assert.deepEqual(await new GuildSettingsStore(database).get('1'), expected);
});

test('a value out of range is refused with its range, and nothing of the change is written', async (context) => {
  const database = await open(context);
  const store = new GuildSettingsStore(database);
  const refused = (change: object, message: RegExp) =>
    assert.rejects(store.set('1', change), (error) => error instanceof RangeError && message.test(error.message));
  await refused({ voice: 'ash', silenceMs: 199 }, /between 200 and 3000 ms/);
  await refused({ silenceMs: 3_001 }, /between/);
  await refused({ silenceMs: 600.5 }, /between/);
  await refused({ interruptionMs: 59 }, /between 60 and 2000 ms, or 0 to switch it off/);
  await refused({ interruptionMs: Number.NaN }, /between/);
  await refused({ persona: 'x'.repeat(2_001) }, /2001 characters; at most 2000/);
  await refused({ language: 'not a language' }, /language tag such as en/);
  await refused({ turnDetection: 'magic' }, /manual, server or semantic/);
  await refused({ transcriptChannelId: 'general' }, /channel id/);
  await refused({ disabledTools: ['a b'] }, /list of tool names/);
  await refused({ aloneMs: 0 }, /alone/);
  await refused({ provider: 'skynet' }, /one of openai, azure, gemini, vertex/);
  await refused({ provider: '' }, /one of openai/);
  await refused({ model: 'two words' }, /name of a model, such as/);
  await refused({ model: 'https://evil.example' }, /name of a model/);
  await refused({ model: 'x'.repeat(101) }, /name of a model/);
  assert.equal(await database('guild_settings').first(), undefined);
});

/** Undoes the latest steps, this one included. */
async function undoTo(database: Database, name: string): Promise<void> {
  for (;;) {
    const [, undone] = await database.migrate.down();
    if (undone.includes(name) || undone.length === 0) return;
  }
}

test('settings from before a guild could choose its model are kept, and choose none', async (context) => {
  const database = await open(context);
  await undoTo(database, '003-guild-model');
  await database('guild_settings').insert({ guild_id: '1', voice: 'marin', budget_usd: 2, changed_at: 5 });
  await assert.rejects(
    database('guild_settings').insert({ guild_id: '2', provider: 'gemini', changed_at: 5 }),
    /provider/,
  );
  await database.migrate.latest();
  const store = new GuildSettingsStore(database);
  assert.deepEqual(await store.get('1'), { ...defaultSettings, voice: 'marin', budgetUsd: 2 });
  const chosen = { provider: 'azure', model: 'talk/v1:eu' } as const;
  assert.deepEqual(await store.set('1', chosen), { ...defaultSettings, ...chosen, voice: 'marin', budgetUsd: 2 });
  await undoTo(database, '003-guild-model');
  assert.equal((await database('guild_settings').where({ guild_id: '1' }).first()).voice, 'marin');
});

test('an unknown field is a mistake in the code', async (context) => {
  const store = new GuildSettingsStore(await open(context));
  await assert.rejects(store.set('1', { silence: 5 } as object), TypeError);
});

test('languages are kept in their canonical form, tools sorted and once', async (context) => {
  const store = new GuildSettingsStore(await open(context));
  const settings = await store.set('1', { language: 'de-at', disabledTools: ['b', 'a', 'b'] });
  assert.equal(settings.language, 'de-AT');
  assert.deepEqual(settings.disabledTools, ['a', 'b']);
});

test('a default is not kept as a choice: an empty persona is the default again', async (context) => {
  const database = await open(context);
  const store = new GuildSettingsStore(database);
  await store.set('1', { persona: 'A pirate.', silenceMs: 700 });
  assert.equal((await store.set('1', { persona: '  ', silenceMs: 600 })).persona, defaultSettings.persona);
  const row = await database('guild_settings').first();
  assert.deepEqual([row.persona, row.silence_ms], [null, null]);
});

test('a kept value that makes no sense to this version counts as not set', async (context) => {
  const database = await open(context);
  await database('guild_settings').insert({
    guild_id: '1',
    silence_ms: 7,
    turn_detection: 'telepathy',
    disabled_tools: 'no json',
    voice: 'ash',
    changed_at: 0,
  });
  assert.deepEqual(await new GuildSettingsStore(database).get('1'), { ...defaultSettings, voice: 'ash' });
});

test('a database that fails is told as such, and is asked again afterwards', async (context) => {
  const database = await open(context);
  const store = new GuildSettingsStore(database);
  await database.schema.renameTable('guild_settings', 'elsewhere');
  await assert.rejects(store.get('1'), StoreError);
  await assert.rejects(store.set('1', { voice: 'ash' }), StoreError);
  await database.schema.renameTable('elsewhere', 'guild_settings');
  assert.equal((await store.set('1', { voice: 'ash' })).voice, 'ash');
});
