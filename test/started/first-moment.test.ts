import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../../commands/index.ts';
import type { Behaviour } from '../support/mcp/mcp-child.ts';
import { type StartedOptions, StartedWorld } from '../support/world/started-world.ts';

const CHILD = fileURLToPath(new URL('../support/mcp/mcp-child.ts', import.meta.url));
const QUICK = { timeoutMs: 14_000 };

/** A world whose Discord knows the commands already, as after an earlier start. */
async function prepared(t: TestContext, options: StartedOptions = {}): Promise<StartedWorld> {
  const world = await StartedWorld.prepare(options);
  t.after(() => world.close());
  world.discord.commands.overwrite(
    '',
    commands.map(({ data }) => data.toJSON()),
  );
  return world;
}

/** An mcp.json with a server that never answers, or one that does not want to end. */
function withServer(world: StartedWorld, behaviour: Omit<Behaviour, 'diary'>): NodeJS.ProcessEnv {
  const file = join(world.folder, 'mcp.json');
  const args = [CHILD, JSON.stringify({ ...behaviour, diary: `${file}.diary` } satisfies Behaviour)];
  const server = { command: process.execPath, args };
  writeFileSync(file, JSON.stringify({ mcpServers: { slow: server } }));
  return { MCP_CONFIG: file };
}

const connected = (world: StartedWorld) => world.until('a session', () => world.discord.gateway.sessions.length > 0);
const acknowledged = (world: StartedWorld) =>
  world.until('the deferral', () => world.discord.requests.some(({ path }) => path.startsWith('/interactions/')));

describe('commands from the first moment', { concurrency: 2 }, () => {
  it('are answered while an MCP server hangs, and the bot is ready without it', async (t) => {
    const world = await prepared(t);
    const owner = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot({ env: withServer(world, { silent: true }) });
    await connected(world);
    const answers = [owner.command('/status', {}, QUICK), owner.command('/tools servers', {}, QUICK)];
    await world.bot.logs('ready');
    assert.match((await answers[0]!).content, /no voice channel/);
    assert.match((await answers[1]!).content, /slow.*start/s);
  });

  it('are acknowledged at once where Discord shows a server late, and answered when it is there', async (t) => {
    const world = await prepared(t);
    world.discord.holdBack(world.guild, 5_000);
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot();
    await connected(world);
    const typed = [olga.command('/status', {}, QUICK), olga.command('/notes list', {}, QUICK)];
    const proposed = olga.autocomplete('/voice voice', 'name', '', {}, QUICK);
    const [status, notes] = await Promise.all(typed);
    assert.match(status!.content, /no voice channel/);
    assert.match(notes!.content, /no notes|nothing/i);
    for (const { ackMs, ephemeral } of [status!, notes!]) {
      assert.ok(ackMs < 2_000, `${ackMs} ms`);
      assert.equal(ephemeral, true);
    }
    assert.deepEqual(await proposed, []);
  });

  it('are answered with what is wrong where Discord does not show a server at all', async (t) => {
    const world = await prepared(t);
    world.discord.createGuild({ name: 'Other' });
    world.discord.holdBack(world.guild, 'never');
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot();
    await world.bot.logs('ready');
    const { content } = await olga.command('/status', {}, QUICK);
    assert.match(content, /^Discord has not shown me this server yet/);
    const waiting = olga.command('/status', {}, QUICK);
    world.discord.outageOver(world.guild);
    assert.match((await waiting).content, /no voice channel/);
  });

  it('are answered once where the gateway tells of them twice', async (t) => {
    const world = await prepared(t);
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot();
    await world.bot.logs('ready');
    const [session] = world.discord.gateway.sessions;
    const first = olga.command('/status', {}, QUICK);
    session!.repeat('INTERACTION_CREATE');
    await first;
    session!.repeat('INTERACTION_CREATE');
    await olga.command('/status', {}, QUICK);
    const responses = world.discord.requests.filter(({ path }) => path.startsWith('/interactions/'));
    assert.deepEqual(
      responses.map(({ status }) => status),
      [204, 204],
    );
    assert.equal(world.bot.log.filter(({ msg }) => msg.includes('another process')).length, 0);
  });
});

describe('commands while the process ends', { concurrency: 2 }, () => {
  it('are told of the restart, and so is a /join that is under way', async (t) => {
    const world = await prepared(t);
    const anna = await world.person('Anna');
    // It holds the end of the process up for a moment.
    world.boot({ env: withServer(world, { clings: true }) });
    await world.bot.logs('an MCP server is running');
    await world.bot.logs('ready');
    world.model.faults.silentSetup = true;
    const joining = anna.command('/join', {}, QUICK);
    await acknowledged(world);
    world.bot.child.kill('SIGTERM');
    await world.bot.logs('stopping');
    const late = anna.command('/status', {}, QUICK);
    assert.equal((await joining).content, 'I am being restarted. Type `/join` again in a moment.');
    assert.equal((await late).content, 'I am being restarted. Please try again in a minute.');
    assert.equal(await world.bot.exit(10_000), 0);
  });

  it('are told of it where the process is asked to stop while it still starts', async (t) => {
    const world = await prepared(t);
    world.discord.holdBack(world.guild, 'never');
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot();
    await connected(world);
    const typed = olga.command('/status', {}, QUICK);
    await acknowledged(world);
    world.bot.child.kill('SIGTERM');
    assert.equal((await typed).content, 'I am being restarted. Please try again in a minute.');
    assert.equal(await world.bot.exit(10_000), 0);
  });

  it('are told that it could not start where that is so', async (t) => {
    const world = await prepared(t);
    world.discord.holdBack(world.guild, 'never');
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    world.boot();
    await connected(world);
    const typed = olga.command('/status', {}, QUICK);
    await acknowledged(world);
    world.discord.gateway.drop(4004);
    assert.equal((await typed).content, 'I could not start. Whoever runs me finds the reason in my log.');
    assert.equal(await world.bot.exit(10_000), 1);
    assert.match(world.bot.stderr, /^Discord refused DISCORD_TOKEN\./m);
  });
});
