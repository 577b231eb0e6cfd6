import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { Events, type Interaction, SlashCommandBuilder } from 'discord.js';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { destroyClient } from '../../../src/discord/client/gateway-strategy.ts';
import { hearToTheEnd } from '../../../src/discord/client/last-events.ts';
import { InteractionIntake } from '../../../src/discord/interactions/intake.ts';
import { keptLog } from '../../support/doubles/log.ts';

/** A bot that is logged in, with an intake that is not open yet, and a guild with Anna. */
async function stage(t: TestContext, patience?: { pressMs: number; guildMs: number; runningMs: number }) {
  const discord = await SimulatedDiscord.start();
  const { apiUrl, token } = discord;
  const { log, lines } = keptLog();
  const client = createClient({ apiUrl, log, onDead: () => {} });
  const intake = new InteractionIntake({ client, log, ...(patience && { patience }) });
  const guild = discord.createGuild();
  const channelId = guild.createTextChannel();
  const command = new SlashCommandBuilder().setName('do').setDescription('x');
  command.addStringOption((option) => option.setName('what').setDescription('x').setAutocomplete(true));
  discord.commands.put('', command.toJSON());
  await logIn(client, { token, apiUrl });
  const anna = guild.addPerson({ name: 'Anna', admin: true });
  t.after(async () => {
    await destroyClient(client);
    await discord.close();
  });
  return { discord, client, intake, guild, channelId, anna, lines };
}

/** Answers everything with one word, after what is waited for. */
const saying =
  (word: string, after: Promise<unknown> = Promise.resolve()) =>
  async (interaction: Interaction): Promise<void> => {
    await after;
    if (interaction.isAutocomplete()) return interaction.respond([{ name: word, value: word }]);
    if (!interaction.isRepliable()) return;
    if (interaction.deferred) await interaction.editReply(word);
    else await interaction.reply(word);
  };

const QUICK = { pressMs: 50, guildMs: 100, runningMs: 50 };

describe('InteractionIntake', () => {
  it('acknowledges a command before it is open, and hands it over when it is', async (t) => {
    const { intake, anna, guild, channelId } = await stage(t);
    const asked = anna.command('/do');
    await guild.waitForMessage(channelId, ({ interaction }) => interaction?.name === 'do');
    intake.open(saying('Yes.'));
    const { content, deferred, ephemeral } = await asked;
    assert.deepEqual({ content, deferred, ephemeral }, { content: 'Yes.', deferred: true, ephemeral: true });
  });

  it('has a proposal ready where it opens in time, and offers none where it does not', async (t) => {
    const { intake, anna } = await stage(t, { ...QUICK, pressMs: 1_000 });
    const asked = anna.autocomplete('/do', 'what', '');
    intake.open(saying('one'));
    assert.deepEqual(await asked, [{ name: 'one', value: 'one' }]);
    const other = await stage(t, QUICK);
    assert.deepEqual(await other.anna.autocomplete('/do', 'what', ''), []);
  });

  it('tells those that wait, and those that come, why they are refused', async (t) => {
    const { intake, anna, guild, channelId } = await stage(t);
    const waiting = anna.command('/do');
    await guild.waitForMessage(channelId, ({ interaction }) => interaction?.name === 'do');
    intake.refuse('Not now.');
    assert.equal((await waiting).content, 'Not now.');
    const late = await anna.command('/do');
    assert.deepEqual([late.content, late.deferred, late.ephemeral], ['Not now.', false, true]);
    assert.deepEqual(await anna.autocomplete('/do', 'what', ''), []);
  });

  it('interrupts what is still handled when it is refused, and waits until all answers are out', async (t) => {
    const { intake, anna, guild, channelId } = await stage(t, QUICK);
    intake.open(saying('Not now.', once(intake.interruption, 'abort')));
    const asked = anna.command('/do');
    const under = guild.waitForMessage(channelId, ({ content }) => content === 'Not now.');
    const interrupted = once(intake.interruption, 'abort');
    intake.refuse('Not now.');
    await interrupted;
    assert.equal(intake.interruption.reason, 'Not now.');
    await intake.finish(5_000);
    await under;
    assert.equal((await asked).content, 'Not now.');
  });

  it('leaves to other programs what is theirs', async (t) => {
    const { discord, intake, client } = await stage(t, QUICK);
    intake.open(saying('Mine.'));
    const before = discord.requests.length;
    client.ws.emit('INTERACTION_CREATE', { id: '1', type: 2, data: { type: 3, name: 'Quote' }, token: 'x' }, 0);
    client.ws.emit('INTERACTION_CREATE', { id: '2', type: 3, data: { component_type: 3 }, token: 'x' }, 0);
    intake.refuse('Not now.');
    client.ws.emit('INTERACTION_CREATE', { id: '3', type: 2, data: { type: 4, name: 'launch' }, token: 'x' }, 0);
    await intake.finish(1_000);
    assert.equal(discord.requests.length, before);
  });

  it('answers what comes while the goodbye is on its way', async (t) => {
    const { client, intake, anna } = await stage(t, QUICK);
    const asked = Promise.withResolvers<string>();
    client.on(Events.Debug, (text) => {
      // The library is about to close the connection; the stand-in has not heard of it.
      if (!text.includes('Connection status during destroy')) return;
      queueMicrotask(() => asked.resolve(anna.command('/do').then(({ content }) => content)));
    });
    intake.refuse('Not now.');
    hearToTheEnd(client);
    await destroyClient(client);
    assert.equal(await asked.promise, 'Not now.');
  });
});
