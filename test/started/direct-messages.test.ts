// What somebody who left a server, or whose server removed the bot, can still ask for: in direct messages with the bot.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Answer } from '@parley/simulator/discord';
import { openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { fillEveryTable } from '../support/world/every-table.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const GONE = '777777777777777777';

const buttons = ({ message }: Answer): readonly string[] =>
  (message?.components ?? []).flatMap(({ components }) =>
    components.map(({ custom_id }: { custom_id: string }) => custom_id),
  );

test('/privacy in a direct message goes for every server, also one that is gone, and for whoever asks alone', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-direct-'));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const world = await StartedWorld.start({ env: { DATABASE_URL: url } });
  context.after(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });
  const { guild } = world;
  const [anna, ben] = [guild.addPerson({ name: 'Anna' }), guild.addPerson({ name: 'Ben' })];
  const database = await openDatabase(url);
  try {
    await fillEveryTable(database, openText, guild.id, 'marzipan', 1, anna.userId);
    await fillEveryTable(database, openText, GONE, 'marzipan', 2, anna.userId);
    const left = async (guildId: string) => (await database('utterances').where({ guild_id: guildId })).length;

    const shown = (await anna.commandDirectly('/privacy show')).content;
    assert.match(shown, /\*\*a server that I am not on any more \(777777777777777777\)\*\*: .*1 thing that you said/);
    assert.equal(shown.match(/1 thing that you said or typed/g)?.length, 2);
    assert.match((await ben.commandDirectly('/privacy show')).content, /^I keep nothing of you on any server/);
    const exported = await anna.commandDirectly('/privacy export');
    const [file] = exported.message?.files ?? [];
    assert.deepEqual(
      JSON.parse(Buffer.from(file?.bytes ?? []).toString()).servers.map(({ guildId }: { guildId: string }) => guildId),
      [guild.id, GONE].sort(),
    );
    assert.match((await anna.commandDirectly('/privacy about')).content, /^I keep what people say/);

    const asked = await anna.commandDirectly('/privacy forget');
    const wanted = `privacy-forget-on/${anna.userId}/${GONE}`;
    assert.ok(buttons(asked).includes(wanted), buttons(asked).join(' '));
    assert.equal(buttons(asked).length, 3, 'one for each server, and one for all');
    assert.ok(asked.message);
    const notHers = await ben.pressDirectly(asked.message, wanted);
    assert.match(notHers.content, /^That button is not yours/);
    assert.equal(await left(GONE), 1);
    assert.match((await anna.pressDirectly(asked.message, wanted)).content, /^It is done: I kept \d+ things of you/);
    assert.equal(await left(GONE), 0);
    assert.equal(await left(guild.id), 1);
    const all = `privacy-forget-on/${anna.userId}/all`;
    assert.match((await anna.pressDirectly(asked.message, all)).content, /^It is done/);
    assert.equal(await left(guild.id), 0);
    assert.match((await anna.commandDirectly('/privacy out')).content, /^From now on I do not hear you on \d servers?/);
    const choices = await database('consents').where({ user_id: anna.userId }).select('guild_id', 'choice');
    assert.ok(choices.some(({ guild_id, choice }) => guild_id === guild.id && choice === 'out'));
  } finally {
    await database.destroy();
  }
});
