import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type RegisteredCommand, SimulatedDiscord } from '@parley/simulator/discord';
import { type Client, PermissionFlagsBits, SlashCommandBuilder } from 'discord.js';
import { commands } from '../../../commands/index.ts';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { deployCommands, sameCommands } from '../../../src/discord/interactions/deploy-commands.ts';
import type { Registered, RegistrationMemory } from '../../../src/ports/registration.ts';
import { keptLog } from '../../support/doubles/log.ts';
import { noSchemas, violations } from '../../support/world/published.ts';

const { log } = keptLog();

/** As the database keeps it, for one process. */
function memory(): RegistrationMemory & { readonly kept: Map<string, Registered> } {
  const kept = new Map<string, Registered>();
  return {
    kept,
    of: async (scope) => kept.get(scope),
    note: async (scope, registered) => void kept.set(scope, registered),
    forget: async (scope) => void kept.delete(scope),
    scopes: async () => [...kept.keys()],
  };
}

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
  /** A Discord of its own, whose commands a test may spoil. */
  async function fresh(t: TestContext) {
    const own = await SimulatedDiscord.start({ rateFactor: 0.01 });
    const kept = keptLog();
    const { apiUrl, token } = own;
    const logged = await logIn(createClient({ apiUrl, log: kept.log, onDead: () => {} }), { token, apiUrl });
    t.after(async () => {
      await logged.destroy();
      await own.close();
    });
    const deployment = { commands, guildId: null, apiUrl, log: kept.log };
    return { discord: own, client: logged, deployment, lines: kept.lines };
  }
  const puts = () => discord.requests.filter((one) => one.method === 'PUT').length;

  it('registers everywhere, once', async () => {
    const deployment = { commands, guildId: null, apiUrl: discord.apiUrl, log };
    assert.equal(await deployCommands(client, deployment), 'registered');
    const before = puts();
    assert.equal(await deployCommands(client, deployment), 'unchanged');
    assert.equal(puts(), before);
  });

  it('registers again when something is different, and takes away what it registered before', async () => {
    const remembered = { guildId: null, apiUrl: discord.apiUrl, log, memory: memory() };
    const other = [...commands.slice(1), { data: new SlashCommandBuilder().setName('old').setDescription('Old') }];
    assert.equal(await deployCommands(client, { ...remembered, commands: other }), 'registered');
    assert.equal(await deployCommands(client, { ...remembered, commands }), 'registered');
    const names = discord.commands.list('').map(({ name }) => name);
    assert.equal(names.includes('old'), false);
    assert.equal(names.length, commands.length);
  });

  it('leaves the entry point command, and those of other programs, as they are', async (t) => {
    const { discord, client, deployment } = await fresh(t);
    const launch = discord.commands.enableActivities();
    discord.commands.put('', { name: 'Quote', type: 3, default_member_permissions: '8192' });
    discord.commands.put('', {
      name: 'play',
      description: 'Plays',
      description_localizations: { de: 'Spielt' },
      options: [{ type: 3, name: 'song', description: 'Which', required: true, choices: [{ name: 'A', value: 'a' }] }],
    });
    const before = discord.commands.list('').map(plain);
    assert.equal(await deployCommands(client, deployment), 'registered');
    const after = discord.commands.list('').map(plain);
    for (const one of before)
      assert.deepEqual(
        after.find(({ id }) => id === one.id),
        one,
      );
    assert.equal(after.length, commands.length + 3);
    assert.equal(launch.name, 'launch');
    assert.equal(await deployCommands(client, deployment), 'unchanged');
  });

  it('registers each command by itself where Discord refuses the whole, and names the refused one', async (t) => {
    const { discord, client, deployment, lines } = await fresh(t);
    const wrong = { data: { toJSON: () => ({ name: 'Wrong Name', description: 'x' }) } };
    assert.equal(
      await deployCommands(client, { ...deployment, commands: [...commands.slice(0, 2), wrong] }),
      'registered',
    );
    assert.deepEqual(
      discord.commands.list('').map(({ name }) => name),
      commands.slice(0, 2).map(({ data }) => data.name),
    );
    const told = lines.find(({ msg }) => msg === 'Discord refuses a slash command; the others are there');
    assert.equal(told?.command, 'Wrong Name');
  });

  it('does not register again what Discord keeps otherwise than it was sent, or adds to', async (t) => {
    const { discord, client, deployment } = await fresh(t);
    discord.commands.alter = (command) => ({
      ...command,
      description: command.description.toUpperCase(),
      novelty: { a: 1 },
    });
    const remembered = { ...deployment, memory: memory() };
    assert.equal(await deployCommands(client, remembered), 'registered');
    assert.equal(await deployCommands(client, remembered), 'unchanged');
    const described = { data: new SlashCommandBuilder().setName('join').setDescription('Anders') };
    assert.equal(await deployCommands(client, { ...remembered, commands: [described] }), 'registered');
  });

  it('registers at most twenty times a day, however often somebody else changes the list', async (t) => {
    const { discord, client, deployment, lines } = await fresh(t);
    const remembered = { ...deployment, commands: commands.slice(0, 1), memory: memory() };
    const outcomes: string[] = [];
    for (let n = 0; n < 22; n += 1) {
      outcomes.push(await deployCommands(client, remembered));
      discord.commands.overwrite('', []);
    }
    assert.deepEqual(outcomes, [...Array(20).fill('registered'), 'unchanged', 'unchanged']);
    assert.match(String(lines.at(-1)?.msg), /registered too often today/);
  });

  it('says that the new commands of a day are used up', async (t) => {
    const { discord, client, deployment } = await fresh(t);
    discord.commands.created('', 200);
    await assert.rejects(deployCommands(client, deployment), {
      message: 'Could not register the slash commands: Discord takes 200 new ones a day, and they are used up.',
    });
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
      name: 'LoginError',
      message:
        'Could not register the slash commands: the bot is not on the server DISCORD_GUILD_ID=123456789012345678, or was invited without the scope applications.commands.',
    });
  });
});

/** Without what changes with every write. */
function plain({ version: _, ...command }: RegisteredCommand): Omit<RegisteredCommand, 'version'> {
  return command as Omit<RegisteredCommand, 'version'>;
}

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
