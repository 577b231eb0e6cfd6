import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { eventually } from '../support/time/eventually.ts';
import { hiddenRoom } from '../support/world/hidden-room.ts';
import { World } from '../support/world/world.ts';

test('a reminder is brought only to a member, and only where nobody reads it who could not hear it made', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-reminders-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const databaseUrl = `sqlite:${join(folder, 'parley.db')}`;
  const env = { DATABASE_URL: databaseUrl };
  const world = await World.start({ protocol: 'openai', script: () => ({ silent: true }), env });
  context.after(() => world.close());
  const { guild, channelId: lounge } = world;
  const log = guild.createTextChannel({ name: 'log' });
  const { board, role } = hiddenRoom(guild, [world.discord.botUser.id]);
  const owner = guild.addPerson({ name: 'Olga', admin: true });
  await owner.command('/transcript channel', { channel: log });
  const [anna, ben, mia] = ['Anna', 'Ben', 'Mia'].map((name) => guild.addPerson({ name, roles: [role] }));
  const eve = guild.addPerson({ name: 'Eve' });
  assert.ok(anna && ben && mia);
  // The bot knows them with their roles, and nobody tells it what changes.
  for (const person of [anna, ben, mia, eve]) await person.command('/reminders list');
  const database = await openDatabase(databaseUrl);
  const due = (person: typeof eve, channelId: string, text: string) =>
    database('reminders').insert({
      ...{ guild_id: guild.id, channel_id: channelId, user_id: person.userId, name: person.name, text },
      ...{ due_at: Date.now() - 1_000, made_at: 0 },
    });
  await due(anna, board, 'anna-words');
  await due(ben, board, 'ben-words');
  await due(mia, lounge, 'mia-words');
  await due(eve, lounge, 'eve-words');
  ben.member.roleIds.length = 0;
  guild.members.delete(eve.userId);
  await world.restart(env);

  await guild.waitForMessage(
    board,
    ({ content }) => content.includes(`<@${anna.userId}>`) && content.includes('anna-words'),
  );
  await guild.waitForMessage(log, ({ content }) => content.includes('mia-words'));
  const post = await guild.waitForMessage(log, ({ content }) => content.startsWith('For **Ben**'));
  const [button] = post.components[0]?.components ?? [];
  assert.equal((await mia.press(post, button.custom_id)).content, 'That answer is for whoever asked.');
  assert.match((await ben.press(post, button.custom_id)).content, /ben-words/);
  await eventually('the reminder is gone', async () => (await database('reminders')).length === 0);
  await database.destroy();
  const open = [log, lounge].flatMap((id) => guild.messages(id)).filter(({ flags }) => (flags & 64) === 0);
  assert.doesNotMatch(open.map(({ content }) => content).join(), /anna-words|ben-words|eve-words/);
});
