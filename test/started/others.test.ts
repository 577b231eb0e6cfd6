import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { tone } from '../support/sound/sound.ts';
import { Spoken } from '../support/sound/spoken.ts';
import type { StartedOptions } from '../support/world/started-world.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const SHORT = tone({ hz: 1700, ms: 100, rate: 24000 });
const HEARD = 'What I said.';
const spoken = new Spoken();

/** The stand-ins alone: the bot is booted by the test. */
async function prepared(t: TestContext, options: StartedOptions = {}): Promise<StartedWorld> {
  const world = await StartedWorld.prepare({
    script: () => ({ say: { text: 'Noted.', pcm: SHORT } }),
    hear: spoken.hear,
    discord: { resumeMs: 300 },
    ...options,
  });
  t.after(() => world.close());
  return world;
}

async function ready(world: StartedWorld): Promise<void> {
  world.boot();
  await world.bot.logs('ready');
}

/** Ends the process as a crash does, and waits until Discord has taken it out of the channel. */
async function crash(world: StartedWorld): Promise<void> {
  world.bot.kill();
  await world.until('the process gone', () => !world.bot.running);
  await world.until('its place empty', () => world.guild.botVoiceChannelId === null);
}

describe('the status of a voice channel', () => {
  it('that people wrote before the bot was started stays as it is', async (t) => {
    const world = await prepared(t);
    world.guild.setVoiceStatus(world.channelId, 'Movie night');
    await ready(world);
    const anna = await world.person('Anna');
    await world.join(anna);
    await anna.command('/leave');
    assert.equal(world.guild.voiceStatus(world.channelId), 'Movie night');
  });

  it('that people write over the bot’s own stays when it leaves', async (t) => {
    const world = await prepared(t);
    await ready(world);
    const anna = await world.person('Anna');
    await world.join(anna);
    await world.until('the status', () => world.guild.voiceStatus(world.channelId) === 'AI is listening');
    world.guild.setVoiceStatus(world.channelId, 'Movie night');
    await anna.command('/leave');
    assert.equal(world.guild.voiceStatus(world.channelId), 'Movie night');
  });

  it('is taken away after a crash where the bot does not come back, and when it leaves where it does', async (t) => {
    const world = await prepared(t);
    await ready(world);
    const anna = await world.person('Anna');
    await world.join(anna);
    const status = () => world.guild.voiceStatus(world.channelId);
    await world.until('the status', () => status() === 'AI is listening');

    await crash(world);
    assert.equal(status(), 'AI is listening');
    await ready(world);
    await world.until('the bot back', () => world.guild.botVoiceChannelId === world.channelId);
    await world.until('its word', () => world.posts().includes('I am back after a restart'));
    assert.equal(status(), 'AI is listening');
    await anna.command('/leave');
    assert.equal(status(), null);

    await world.join(anna);
    await world.until('the status again', () => status() === 'AI is listening');
    await crash(world);
    await anna.leave();
    await ready(world);
    await world.until('the status gone', () => status() === null);
    await world.until('nobody in the channel', () => world.guild.botVoiceChannelId === null);
  });
});

describe('everybody who is present', () => {
  it('has a name and is answered, and keeps the bot there over a crash, where Discord tells no more than ids', async (t) => {
    const world = await prepared(t);
    world.guild.reticent = true;
    const anna = world.guild.addPerson({ name: 'Anna', nick: 'Änni' });
    await anna.join(world.channelId);
    const ben = world.guild.addPerson({ name: 'Ben' });
    await ben.join(world.channelId);
    await ready(world);
    await world.join(ben);
    await world.until('names', () =>
      world.discord.requests.some(({ path }) => path.endsWith(`/members/${anna.userId}`)),
    );
    await spoken.say(anna, HEARD);
    await world.until('her line', () => world.posts().includes(`**Änni:** ${HEARD}`));
    await crash(world);
    await ready(world);
    await world.until('the bot back', () => world.posts().includes('I am back after a restart'));
  });
});
