import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Client, PermissionFlagsBits, SlashCommandBuilder } from 'discord.js';
import { commands } from '../../commands/index.ts';
import { createClient, logIn } from '../../src/discord/client.ts';
import { deployCommands, sameCommands } from '../../src/discord/deploy-commands.ts';
import { SimulatedDiscord } from '../../src/simulator/discord/discord.ts';
import { keptLog } from '../fakes/log.ts';
import { noSchemas, violations } from '../fakes/published.ts';

const { log } = keptLog();

describe('deployCommands', () => {
  let discord: SimulatedDiscord;
  let client: Client<true>;
  before(async () => {
    discord = await SimulatedDiscord.start();
    const { apiUrl } = discord;
    client = await logIn(createClient({ apiUrl, log, onDead: () => {} }), { token: discord.token, apiUrl });
  });
  after(async () => {
    await client.destroy();
    await discord.close();
  });
  const puts = () => discord.requests.filter((one) => one.method === 'PUT').length;

  it('registers everywhere, once', async () => {
    const deployment = { commands, guildId: null, apiUrl: discord.apiUrl, log };
    assert.equal(await deployCommands(client, deployment), 'registered');
    const before = puts();
    assert.equal(await deployCommands(client, deployment), 'unchanged');
    assert.equal(puts(), before);
  });

  it('registers again when something is different', async () => {
    const deployment = { commands: commands.slice(1), guildId: null, apiUrl: discord.apiUrl, log };
    assert.equal(await deployCommands(client, deployment), 'registered');
    assert.equal(await deployCommands(client, { ...deployment, commands }), 'registered');
  });

  it('registers in one guild, once', async () => {
    const guild = discord.createGuild();
    const deployment = { commands, guildId: guild.id, apiUrl: discord.apiUrl, log };
    assert.equal(await deployCommands(client, deployment), 'registered');
    assert.equal(await deployCommands(client, deployment), 'unchanged');
    assert.ok(
      discord.requests.some((one) => one.method === 'PUT' && one.path.includes(`/guilds/${guild.id}/commands`)),
    );
  });

  it('sends lists that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(discord), []);
    assert.ok(puts() >= 4);
  });

  it('names DISCORD_GUILD_ID when the bot is not on that server', async () => {
    const deployment = { commands, guildId: '123456789012345678', apiUrl: discord.apiUrl, log };
    await assert.rejects(deployCommands(client, deployment), {
      name: 'StartError',
      message:
        'Could not register the slash commands: the bot is not on the server DISCORD_GUILD_ID=123456789012345678, or was invited without the scope applications.commands.',
    });
  });
});

describe('sameCommands', () => {
  const wanted = [
    new SlashCommandBuilder()
      .setName('a')
      .setDescription('A')
      .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild)
      .addStringOption((option) => option.setName('x').setDescription('X'))
      .toJSON(),
    new SlashCommandBuilder().setName('b').setDescription('B').toJSON(),
  ];
  /** As Discord sends it: with ids, versions and defaults written out. */
  const registered = (change: object = {}) => [
    { id: '2', name: 'b', description: 'B', type: 1, options: [], default_member_permissions: null, contexts: null },
    {
      ...{ id: '1', application_id: '9', version: '3', name: 'a', description: 'A', type: 1, nsfw: false },
      ...{ default_member_permissions: '32', name_localizations: null },
      options: [{ type: 3, name: 'x', description: 'X', required: false, autocomplete: false }],
      ...change,
    },
  ];

  it('leaves out what Discord adds, and the order', () => {
    assert.equal(sameCommands(wanted, registered()), true);
  });

  it('sees a change in a text, a right, an option, and a command that is gone', () => {
    assert.equal(sameCommands(wanted, registered({ description: 'Other' })), false);
    assert.equal(sameCommands(wanted, registered({ default_member_permissions: null })), false);
    const required = [{ type: 3, name: 'x', description: 'X', required: true }];
    assert.equal(sameCommands(wanted, registered({ options: required })), false);
    assert.equal(sameCommands(wanted, registered().slice(1)), false);
    assert.equal(sameCommands(wanted, undefined), false);
  });
});
