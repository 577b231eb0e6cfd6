import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ConsentChange } from '../../src/ports/consent.ts';
import { Consents } from '../../src/privacy/consents.ts';
import { GuildConsentStore } from '../../src/store/consents.ts';
import { openDatabase, StoreError } from '../../src/store/database/database.ts';

async function open(context: TestContext, address = 'sqlite::memory:') {
  const database = await openDatabase(address);
  context.after(() => database.destroy());
  const store = new GuildConsentStore(database);
  return { database, store, consents: await Consents.load(store, () => 1_000) };
}

test('whoever has not chosen is heard where a server is set to opt-out, and not where it is set to opt-in', async (context) => {
  const { consents } = await open(context);
  assert.equal(consents.mode('1'), 'opt-out');
  assert.equal(consents.mayHear('1', 'ben'), true);
  await consents.setMode('1', 'opt-in');
  assert.equal(consents.mayHear('1', 'ben'), false);
  assert.equal(consents.mayHear('2', 'ben'), true, 'another server has its own mode');
});

test('a choice goes before the mode, for its server alone, and the last one counts', async (context) => {
  const { consents } = await open(context);
  await consents.choose('1', 'ben', 'out');
  await consents.setMode('1', 'opt-in');
  await consents.choose('1', 'anna', 'in');
  assert.deepEqual(
    ['ben', 'anna', 'carl'].map((userId) => consents.mayHear('1', userId)),
    [false, true, false],
  );
  assert.equal(consents.mayHear('2', 'ben'), true);
  await consents.choose('1', 'ben', 'in');
  assert.equal(consents.mayHear('1', 'ben'), true);
});

test('choices and modes outlive the process, with their time and the version of the text', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-consents-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const address = `sqlite:${join(folder, 'parley.db')}`;
  const first = await open(context, address);
  // Not waited for one by one: the last stays.
  await Promise.all([
    first.consents.choose('1', 'ben', 'in'),
    first.consents.choose('1', 'ben', 'out'),
    first.consents.setMode('2', 'opt-in'),
  ]);
  const { consents } = await open(context, address);
  assert.deepEqual(consents.choiceOf('1', 'ben'), {
    guildId: '1',
    userId: 'ben',
    choice: 'out',
    chosenAt: 1_000,
    textVersion: 3,
  });
  assert.equal(consents.mayHear('1', 'ben'), false);
  assert.equal(consents.mode('2'), 'opt-in');
});

test('a choice is in effect before it is written, and also where it cannot be', async (context) => {
  const { consents, database } = await open(context);
  const changes: ConsentChange[] = [];
  const unwatch = consents.watch((change) => changes.push(change));
  await database.schema.dropTable('consents');
  const writing = consents.choose('1', 'ben', 'out');
  assert.equal(consents.mayHear('1', 'ben'), false);
  assert.deepEqual(changes, [{ guildId: '1', userId: 'ben' }]);
  await assert.rejects(writing, StoreError);
  assert.equal(consents.mayHear('1', 'ben'), false);
  unwatch();
  void consents.choose('1', 'ben', 'in').catch(() => {});
  assert.equal(changes.length, 1);
});

test('a choice that changes nothing is written and not told', async (context) => {
  const { consents, store } = await open(context);
  const changes: ConsentChange[] = [];
  consents.watch((change) => changes.push(change));
  await consents.choose('1', 'ben', 'in');
  await consents.setMode('1', 'opt-out');
  assert.deepEqual(changes, []);
  assert.equal((await store.choices()).length, 1);
});

test('what a newer version may have written is no leave to listen', async (context) => {
  const { database, store } = await open(context);
  const row = { guild_id: '1', user_id: 'ben', choice: 'whisper-only', chosen_at: 1, text_version: 9 };
  await database('consents').insert(row);
  await database('consent_modes').insert({ guild_id: '2', mode: 'ask', changed_at: 1 });
  const consents = await Consents.load(store, () => 1_000);
  assert.equal(consents.mayHear('1', 'ben'), false);
  assert.equal(consents.mayHear('2', 'anna'), false);
});

test('a bot that cannot read who said no does not start to listen', async (context) => {
  const { database, store } = await open(context);
  await database.schema.dropTable('consents');
  await assert.rejects(
    Consents.load(store, () => 1_000),
    StoreError,
  );
});
