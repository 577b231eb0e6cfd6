import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { commands } from '../../commands/index.ts';
import { type StartedOptions, StartedWorld } from '../support/world/started-world.ts';

const QUICK = { timeoutMs: 14_000 };
const NAMES = commands.map(({ data }) => data.name).toSorted();
const bodies = () => commands.map(({ data }) => data.toJSON());

async function prepared(t: TestContext, options: StartedOptions = {}): Promise<StartedWorld> {
  const world = await StartedWorld.prepare(options);
  t.after(() => world.close());
  return world;
}

/** The names that people of the guild see, twice where they see them twice. */
function seen(world: StartedWorld, guild = world.guild): readonly string[] {
  return world.discord.commands
    .visibleIn(guild.id)
    .map(({ name }) => name)
    .toSorted();
}

describe('the registration of commands', { concurrency: 2 }, () => {
  it('starts an application with an entry point command, which stays', async (t) => {
    const world = await prepared(t);
    const { id } = world.discord.commands.enableActivities();
    world.boot();
    await world.bot.logs('ready');
    assert.deepEqual(seen(world), NAMES);
    assert.equal(world.discord.commands.get('', id).name, 'launch');
  });

  it('shows each command once after DISCORD_GUILD_ID was taken out, or set, or named another server', async (t) => {
    const world = await prepared(t);
    const other = world.discord.createGuild({ name: 'Other' });
    const { commands: registry } = world.discord;
    registry.enableActivities();
    registry.put(world.guild.id, { name: 'play', description: 'Of another program' });
    const start = async (guildId: string) => {
      world.boot({ env: { DISCORD_GUILD_ID: guildId } });
      await world.bot.logs('ready');
    };
    const run = async (guildId: string) => {
      await start(guildId);
      await world.until('the end of the look', () => world.bot.log.some(({ msg }) => msg.includes('removed')));
      await world.bot.stop();
    };
    await start(world.guild.id);
    await world.bot.stop();
    assert.deepEqual(seen(world), [...NAMES, 'play'].toSorted());
    assert.deepEqual(seen(world, other), []);
    await run(other.id);
    assert.deepEqual(seen(world), ['play']);
    assert.deepEqual(seen(world, other), NAMES);
    await run('');
    assert.deepEqual(seen(world), [...NAMES, 'play'].toSorted());
    assert.deepEqual(seen(world, other), NAMES);
    await run(world.guild.id);
    assert.deepEqual(seen(world), [...NAMES, 'play'].toSorted());
    assert.deepEqual(seen(world, other), []);
    assert.deepEqual(
      registry.list('').map(({ name }) => name),
      ['launch'],
    );
  });

  it('holds nothing up where Discord does not answer: what is registered already is answered', async (t) => {
    const world = await prepared(t);
    world.discord.commands.overwrite('', bodies().slice(0, 4));
    world.discord.restFaults.add({ method: 'PUT', path: /\/commands/, fault: { kind: 'hang' } });
    world.boot();
    await world.until('a session', () => world.discord.gateway.sessions.length > 0);
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    const { content } = await olga.command('/status', {}, QUICK);
    assert.match(content, /no voice channel/);
    await world.bot.logs('ready');
    assert.match(JSON.stringify(world.bot.log), /Discord has not taken the slash commands yet/);
  });

  it('goes on where Discord refuses the list for now, and says so', async (t) => {
    const world = await prepared(t);
    world.discord.commands.overwrite('', bodies().slice(0, 4));
    world.discord.commands.created('', 200);
    world.boot();
    await world.bot.logs('ready');
    const told = await world.bot.logs('the slash commands are not registered as they are now');
    assert.equal(told.level, 50);
    assert.match(String(told.reason), /Discord takes 200 new ones a day, and they are used up/);
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    assert.match((await olga.command('/status', {}, QUICK)).content, /no voice channel/);
  });

  it('goes on where Discord has no access for it, or a page of the network before it answers', async (t) => {
    const world = await prepared(t);
    const faults = [
      { kind: 'status', status: 403, code: 50001, message: 'Missing Access' },
      { kind: 'status', status: 403, body: '<html>', type: 'text/html' },
    ] as const;
    for (const [index, fault] of faults.entries()) {
      const added = world.discord.restFaults.add({ path: /\/commands/, times: 1, fault });
      world.boot();
      await world.bot.logs('ready');
      assert.equal(added.struck, 1);
      const { next } = await world.bot.logs('the slash commands are not registered as they are now');
      assert.match(String(next), index === 0 ? /^after the next start$/ : /^in \d+ /);
      await world.stop();
    }
  });

  it('waits for as long as Discord wants it to, while the bot works', async (t) => {
    const world = await prepared(t);
    world.discord.commands.overwrite('', bodies().slice(0, 4));
    const put = world.discord.restFaults.add({
      method: 'PUT',
      path: /\/commands/,
      fault: {
        kind: 'status',
        status: 429,
        headers: { 'retry-after': '7200' },
        body: { retry_after: 7200, global: false },
      },
    });
    world.boot();
    await world.bot.logs('ready');
    const told = await world.bot.logs('the slash commands are not registered as they are now');
    assert.match(String(told.reason), /Discord takes no more requests of this kind for 2 hours/);
    assert.equal(told.next, 'in 2 hours');
    assert.equal(put.struck, 1);
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    assert.match((await olga.command('/status', {}, QUICK)).content, /no voice channel/);
  });

  it('ends with one line where the bot is not on the server of DISCORD_GUILD_ID', async (t) => {
    const world = await prepared(t, { env: { DISCORD_GUILD_ID: '123456789012345678' } });
    world.boot();
    assert.equal(await world.bot.exit(), 1);
    assert.match(
      world.bot.stderr,
      /^Could not register the slash commands: the bot is not on the server DISCORD_GUILD_ID=123456789012345678, or [^\n]+\n$/m,
    );
  });

  it('names a server on which nobody sees the commands', async (t) => {
    const world = await prepared(t);
    const closed = world.discord.createGuild({ name: 'Closed' });
    world.discord.commands.withoutScope.add(closed.id);
    // One that fails keeps nobody from looking at the others.
    world.discord.restFaults.add({
      method: 'GET',
      path: new RegExp(`/guilds/${world.guild.id}/commands`),
      fault: { kind: 'status', status: 500 },
    });
    world.boot();
    const told = await world.bot.logs('nobody sees the slash commands on a server');
    assert.equal(told.guildId, closed.id);
    await world.bot.logs('ready');
  });

  it('says in one line that an Interactions Endpoint URL takes every command away', async (t) => {
    const world = await prepared(t);
    world.discord.commands.endpointUrl = 'https://example.org/interactions';
    world.boot();
    const told = await world.bot.logs('no command reaches the bot');
    assert.equal(told.level, 50);
    assert.match(
      told.msg,
      /https:\/\/example\.org\/interactions: empty Interactions Endpoint URL in the developer portal/,
    );
  });

  it('registers nothing at a second start, whatever Discord adds to the commands', async (t) => {
    const world = await prepared(t);
    world.discord.commands.alter = (command) => ({
      ...command,
      description: `${command.description} `,
      name_localizations: {},
      novelty: { of: 'tomorrow' },
    });
    const puts = () =>
      world.discord.requests.filter(({ method, path }) => method !== 'GET' && path.includes('/commands')).length;
    world.boot();
    await world.bot.logs('ready');
    await world.bot.stop();
    assert.equal(puts(), 1);
    world.boot();
    await world.bot.logs('ready');
    assert.equal(puts(), 1);
  });
});
