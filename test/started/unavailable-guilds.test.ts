import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartedWorld } from '../support/world/started-world.ts';

describe('servers that are not there when the bot starts', { concurrency: 3 }, () => {
  it('do not keep it from being ready 5 s after READY, and join when they come', async (t) => {
    const world = await StartedWorld.prepare();
    t.after(() => world.close());
    const { discord } = world;
    const guilds = [3_000, 9_000, 18_000, 'never' as const].map((ms) => {
      const guild = discord.createGuild({ name: `Comes after ${ms}` });
      discord.holdBack(guild, ms);
      const channelId = guild.createVoiceChannel();
      return { guild, channelId, owner: guild.addPerson({ name: 'Olga', admin: true }) };
    });
    const bot = world.boot();
    await bot.logs('ready');
    const readyMs = performance.now() - (discord.gateway.faults.seen.identifies[0] ?? 0);
    assert.ok(readyMs < 12_000, `${readyMs} ms`);
    const anna = await world.person('Anna');
    await world.join(anna);

    const [, , late, never] = guilds;
    assert.ok(late && never);
    await late.owner.join(late.channelId);
    const answer = await late.owner.command('/join', {}, { timeoutMs: 30_000 });
    if (late.guild.botVoiceChannelId !== late.channelId) {
      // It had not come yet, and that is what its people were told.
      assert.match(answer.content, /has not shown me this server yet/);
      await world.until('the server that came late', () => performance.now() - bot.startedAt > 40_000, 60_000);
      await late.owner.command('/join');
    }
    assert.equal(late.guild.botVoiceChannelId, late.channelId);

    discord.outageOver(never.guild);
    await never.owner.join(never.channelId);
    await never.owner.command('/join');
    assert.equal(never.guild.botVoiceChannelId, never.channelId);
    assert.ok(bot.running);
    assert.equal(discord.gateway.faults.seen.identifies.length, 1);
  });

  it('are waited for where the bot was in a voice channel before it crashed', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    await world.join(await world.person('Anna'));
    world.bot.kill();
    await world.bot.exit().catch(() => {});
    world.discord.holdBack(world.guild, 'never');
    const bot = world.boot();
    await bot.logs('once Discord shows the server');
    world.discord.outageOver(world.guild);
    await bot.logs('back in the voice channel of before the restart');
    assert.equal(world.guild.botVoiceChannelId, world.channelId);
  });

  it('may be none at all', async (t) => {
    const world = await StartedWorld.prepare();
    t.after(() => world.close());
    world.discord.removeGuild(world.guild);
    const bot = world.boot();
    assert.equal((await bot.logs('ready')).guilds, 0);
    const guild = world.discord.createGuild({ name: 'New' });
    guild.createTextChannel();
    const olga = guild.addPerson({ name: 'Olga', admin: true });
    assert.match((await olga.command('/status')).content, /no voice channel/);
  });
});
