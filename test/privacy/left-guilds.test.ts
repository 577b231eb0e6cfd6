import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { createClient, logIn } from '../../src/discord/client/client.ts';
import { destroyClient } from '../../src/discord/client/gateway-strategy.ts';
import { LeftGuilds } from '../../src/privacy/left-guilds.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { unlock } from '../../src/store/encryption/data-key.ts';
import { GuildStore } from '../../src/store/guild-store.ts';
import { UsageStore } from '../../src/store/usage.ts';
import { keptLog } from '../support/doubles/log.ts';
import { eventually } from '../support/time/eventually.ts';
import { fillEveryTable } from '../support/world/every-table.ts';

const DAY_MS = 86_400_000;
const { log } = keptLog();

/** Two servers of which every table has something, and a bot that is on both. */
async function setUp(context: TestContext) {
  const discord = await SimulatedDiscord.start();
  const [one, other] = [discord.createGuild(), discord.createGuild()];
  const database = await openDatabase('sqlite::memory:');
  const seal = await unlock(database, Buffer.alloc(32, 1), log);
  for (const [at, { id }] of [one, other].entries()) await fillEveryTable(database, seal, id, `mark${at}`, at + 1);
  await database('consents').insert({ guild_id: one.id, user_id: '1', choice: 'out', chosen_at: 1, text_version: 1 });
  const usage = new UsageStore(database, log, undefined, seal);
  const store = new GuildStore(database, usage);
  const client = createClient({ apiUrl: discord.apiUrl, log, onDead: () => {} });
  await logIn(client, { token: discord.token, apiUrl: discord.apiUrl });
  const forgotten: string[] = [];
  let now = Date.parse('2026-12-01T00:00:00Z');
  let left: LeftGuilds | undefined;
  /** As a process that starts, so many days later. */
  const start = async (days = 0): Promise<void> => {
    await left?.close();
    now += days * DAY_MS;
    left = new LeftGuilds({
      client,
      store,
      days: 7,
      now: () => now,
      purgeNow: () => Promise.resolve(now),
      memories: [{ forgetGuild: (guildId) => forgotten.push(guildId) }],
      log,
      settledMs: 1,
    });
    left.start();
  };
  context.after(async () => {
    await left?.close();
    await destroyClient(client);
    await discord.close();
    await usage.close();
    await database.destroy();
  });
  const rows = async (guildId: string) => {
    const counts: Record<string, number> = {};
    for (const { name } of await database.raw("SELECT name FROM sqlite_master WHERE type = 'table'")) {
      const columns: { name: string }[] = await database.raw(`PRAGMA table_info(${name})`);
      if (!columns.some((column) => column.name === 'guild_id') || name === 'left_guilds') continue;
      const [row] = await database(name).where({ guild_id: guildId }).count({ count: '*' });
      if (Number(row?.count) > 0) counts[name] = Number(row?.count);
    }
    return counts;
  };
  const isNoted = async (guildId: string) => (await database('left_guilds').where({ guild_id: guildId })).length > 0;
  return { discord, one, other, database, usage, start, rows, isNoted, forgotten };
}

test('what is kept of a server that removed the bot is deleted after seven days, and nothing of others', async (context) => {
  const { discord, one, other, database, usage, start, rows, isNoted, forgotten } = await setUp(context);
  const kept = await rows(other.id);
  assert.ok(Object.keys(kept).length >= 14, JSON.stringify(kept));
  await start();
  discord.removeGuild(one);
  await eventually('it is noted', () => isNoted(one.id));
  await start(6.9);
  await eventually('it is looked after', async () => (await rows(one.id)).utterances === 1);
  assert.deepEqual(forgotten, []);
  await start(0.2);
  await eventually('it is deleted', async () => Object.keys(await rows(one.id)).length === 0);
  await eventually('memories know', async () => forgotten.length > 0);
  assert.deepEqual(forgotten, [one.id]);
  assert.deepEqual(await rows(other.id), kept);
  assert.equal(await isNoted(one.id), false);
  for (const table of ['words', 'posts']) assert.equal((await database(table)).length, table === 'words' ? 1 : 0);
  const [nobodys] = await usage.since('', '2026-11-01');
  assert.deepEqual([nobodys?.user_id, nobodys?.channel_id, nobodys?.name, nobodys?.replies], ['', '', '', 1]);
});

test('a server that removed the bot while it did not run is seen at the start; one that invites it again keeps all', async (context) => {
  const { discord, one, database, start, rows, isNoted, forgotten } = await setUp(context);
  discord.removeGuild(one);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await start();
  await eventually('it is noted', () => isNoted(one.id));
  // It comes back: the same server, in the client's eyes.
  await database('left_guilds').update({ guild_id: discord.guilds.at(-1)?.id ?? '' });
  await start(30);
  await eventually('the one that is here is not left', async () => (await database('left_guilds')).length === 1);
  assert.ok((await rows(one.id)).utterances === 1);
  assert.deepEqual(forgotten, []);
});
