import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { type StartedOptions, StartedWorld } from '../support/world/started-world.ts';

/** The bot in a conversation with Anna, who is heard. */
async function seated(t: TestContext, options: StartedOptions = {}) {
  let heard = 0;
  const hear = (): string => {
    heard += 1;
    return 'Good evening.';
  };
  const world = await StartedWorld.start({ hear, ...options });
  t.after(() => world.close());
  const anna = await world.person('Anna');
  await world.join(anna);
  /** Whether what this person says now reaches the model. */
  const hears = async (person: SimulatedPerson): Promise<void> => {
    const before = heard;
    const until = performance.now() + 60_000;
    while (heard === before && performance.now() < until) {
      await person.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
      await wait(1_000);
    }
    assert.ok(heard > before, `nobody heard ${person.name}:\n${world.bot.output}`);
  };
  await hears(anna);
  return { world, anna, hears };
}

/** Where Discord shows the bot is where it says that it is. */
async function agrees(world: StartedWorld, person: SimulatedPerson): Promise<void> {
  const content = await world.status(person);
  const shown = world.guild.botVoiceChannelId;
  if (shown === null) assert.match(content, /^I am in no voice channel here/);
  else assert.match(content, new RegExp(`\\*\\*Channel:\\*\\* <#${shown}>`));
}

describe('a conversation whose network is gone', { concurrency: 3 }, () => {
  for (const outage of ['reset', 'silent'] as const) {
    it(`for 10 s (${outage}): goes on, hears everybody, and says so`, async (t) => {
      const { world, anna, hears } = await seated(t);
      world.cutNetwork(outage);
      await wait(10_000);
      world.restoreNetwork();
      await hears(anna);
      await agrees(world, anna);
      assert.equal(world.guild.botVoiceChannelId, world.channelId);
      assert.equal(world.discord.gateway.faults.seen.identifies.length, 1, 'its session was kept');
    });
  }

  it('so that no connection is even refused: is there when the gateway can be had again', async (t) => {
    const { world, anna, hears } = await seated(t);
    world.discord.gateway.drop();
    world.cutNetwork('silent');
    // Longer than a handshake is waited for.
    await quietFor(25_000);
    assert.ok(world.bot.running, world.bot.output);
    world.restoreNetwork();
    await hears(anna);
    await agrees(world, anna);
  });

  it('for longer than its session at Discord lives: comes back, hears everybody, and says so', async (t) => {
    const { world, anna, hears } = await seated(t, { discord: { resumeMs: 15_000 } });
    world.cutNetwork('reset');
    await quietFor(35_000);
    assert.equal(world.guild.botVoiceChannelId, null, 'the session took the place with it');
    world.restoreNetwork();
    await world.until('the return', () => world.guild.botVoiceChannelId === world.channelId, 60_000);
    await hears(anna);
    await agrees(world, anna);
    await world.until('the word', () => /back/i.test(world.posts()));
  });

  it('and that is kicked meanwhile: stays out and says so', async (t) => {
    const { world, anna } = await seated(t);
    world.cutNetwork('reset');
    await wait(3_000);
    world.guild.kickBot();
    await wait(2_000);
    world.restoreNetwork();
    await world.until('the word', () => /meanwhile I was taken out of the voice channel/.test(world.posts()), 60_000);
    assert.equal(world.guild.botVoiceChannelId, null);
    await agrees(world, anna);
  });

  it('and that is moved meanwhile: goes along', async (t) => {
    const { world, anna, hears } = await seated(t);
    const other = world.guild.createVoiceChannel({ name: 'Attic' });
    world.cutNetwork('reset');
    await wait(3_000);
    world.guild.moveBot(other);
    await wait(2_000);
    world.restoreNetwork();
    await anna.moveTo(other);
    await hears(anna);
    assert.equal(world.guild.botVoiceChannelId, other);
    await agrees(world, anna);
  });

  it('and whose channel is deleted meanwhile: ends', async (t) => {
    const { world } = await seated(t);
    const person = world.guild.addPerson({ name: 'Ben' });
    world.cutNetwork('reset');
    await wait(3_000);
    world.guild.deleteChannel(world.channelId);
    await wait(1_000);
    world.restoreNetwork();
    const until = performance.now() + 60_000;
    while (!/^I am in no voice channel/.test(await world.status(person))) {
      assert.ok(performance.now() < until, world.bot.output);
      await wait(500);
    }
    assert.equal(world.guild.botVoiceChannelId, null);
  });

  it('restarted while Discord still shows it in a channel that everybody left: leaves it', async (t) => {
    const { world, anna } = await seated(t);
    world.discord.gateway.unreachable = true;
    world.discord.gateway.drop();
    await wait(1_000);
    world.bot.child.kill('SIGKILL');
    await quietFor(500);
    assert.equal(world.guild.botVoiceChannelId, world.channelId, 'the old session still has the place');
    world.discord.gateway.unreachable = false;
    await anna.leave();
    world.boot();
    await world.bot.logs('ready');
    // Nobody is there, so it does not go back; and it does not sit there.
    await world.until('no place', () => world.guild.botVoiceChannelId === null, 60_000);
    await agrees(world, anna);
  });
});
