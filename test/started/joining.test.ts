import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { StartedWorld } from '../support/world/started-world.ts';

const STATE = 'VOICE_STATE_UPDATE';

/** How many sessions the model has open. */
function openSessions(world: StartedWorld): number {
  return world.model.openSessions;
}

describe('a conversation that is just beginning', { concurrency: 3 }, () => {
  it('is called off while the model does not answer, and whoever asked is told by whom', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    const ben = await world.person('Ben');
    world.model.faults.silentSetup = true;
    const joining = anna.command('/join', {}, { timeoutMs: 30_000 });
    await world.until('the wish', () => world.model.requests.length > 0);
    const status = await ben.command('/status');
    assert.match(status.content, new RegExp(`^I am joining <#${world.channelId}>, as Anna asked me to\\.`));
    assert.match((await ben.command('/join')).content, /^I am just joining <#\d+>, as Anna asked me to\./);
    assert.match((await ben.command('/ask', { text: 'Well?' })).content, /^I am just joining\./);
    assert.match((await ben.command('/leave')).content, /^I do not join <#\d+>\./);
    assert.match((await joining).content, /^Ben sent me away before I had joined\./);
    world.model.faults.silentSetup = false;
    assert.match((await ben.command('/status')).content, /^I am in no voice channel here\./);
    await world.until('no session', () => openSessions(world) === 0);
    assert.equal(world.guild.botVoiceChannelId, null);
    await world.join(anna);
  });

  it('is called off while Discord does not let the bot in', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    world.discord.gateway.events.lateMs.set('VOICE_SERVER_UPDATE', 4_000);
    const joining = anna.command('/join', {}, { timeoutMs: 30_000 });
    await world.until('the place', () => world.guild.botVoiceChannelId !== null);
    assert.match((await anna.command('/leave')).content, /^I do not join/);
    assert.match((await joining).content, /^Anna sent me away/);
    await world.until('no place', () => world.guild.botVoiceChannelId === null);
    await world.until('no session', () => openSessions(world) === 0);
    const said = world.guild.messages(world.channelId).filter(({ interaction }) => !interaction);
    assert.deepEqual(said, [], 'nobody was told of a bot that never came');
  });

  it('answers, hears and leaves while its greeting hangs', async (t) => {
    const world = await StartedWorld.start({ hear: () => 'Good evening.' });
    t.after(() => world.close());
    const anna = await world.person('Anna');
    const fault = world.discord.restFaults.add({
      method: 'POST',
      path: /^\/channels\/\d+\/messages/,
      fault: { kind: 'late', ms: 8_000 },
    });
    await world.join(anna);
    assert.match((await anna.command('/status')).content, /\*\*Channel:\*\*/);
    assert.ok(world.discord.voice.connected(world.channelId).includes(world.discord.botUser.id));
    assert.match((await anna.command('/leave')).content, /^I left/);
    assert.equal(world.guild.botVoiceChannelId, null);
    fault.remove();
    // A greeting that comes when the bot is gone says so.
    await world.until('the end of the greeting', () => /have left already: I hear nothing/.test(world.posts()), 20_000);
  });

  it('comes to an end that everybody is told of, whatever goes away meanwhile', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    const ben = await world.person('Ben');
    world.model.faults.slowSetupMs = 2_000;
    const cases = {
      'a new session of the gateway': () => world.discord.gateway.invalidate(),
      'an outage of the server': () => {
        world.discord.outage(world.guild);
        setTimeout(() => world.discord.outageOver(world.guild), 1_000);
      },
      'who asked': () => anna.leave(),
    };
    for (const [name, act] of Object.entries(cases)) {
      const before = world.model.requests.length;
      const joining = anna.command('/join', {}, { timeoutMs: 30_000 });
      await world.until('the wish', () => world.model.requests.length > before);
      await act();
      const answer = await joining;
      await world.until('the gateway', () => world.discord.gateway.sessions.length > 0, 20_000);
      while (/^I am joining/.test((await ben.command('/status')).content)) await wait(500);
      await world.until(name, () => /^(I am in|Sent away|I could not|I cannot)/.test(answer.content), 20_000);
      const left = await ben.command('/leave', {}, { timeoutMs: 10_000 });
      assert.match(left.content, /^I (left|am in no voice channel)/, name);
      await world.until(`no place after: ${name}`, () => world.guild.botVoiceChannelId === null);
      await world.until(`no session after: ${name}`, () => openSessions(world) === 0);
    }
    const joining = ben.command('/join', {}, { timeoutMs: 30_000 });
    await world.until('the wish', () => openSessions(world) > 0);
    world.discord.removeGuild(world.guild);
    assert.match((await joining).content, /^I cannot see that voice channel any more/);
    await world.until('no session', () => openSessions(world) === 0);
    assert.ok(!world.bot.log.some(({ level }) => level >= 60));
  });

  it('ends where its channel is deleted while the model takes its time', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    world.model.faults.slowSetupMs = 2_000;
    const joining = anna.command('/join', {}, { timeoutMs: 30_000 });
    await world.until('the wish', () => world.model.requests.length > 0);
    world.guild.deleteChannel(world.channelId);
    assert.match((await joining).content, /cannot see that voice channel any more/);
    await world.until('no session', () => openSessions(world) === 0);
    assert.match((await anna.command('/status')).content, /^I am in no voice channel here\./);
  });

  it('is in one place that it knows of after forty joins and leaves at random moments', async (t) => {
    const world = await StartedWorld.start({ discord: { rateFactor: 0.02 } });
    t.after(() => world.close());
    const anna = await world.person('Anna');
    // He may send it away wherever it is.
    const ben = world.guild.addPerson({ name: 'Ben', admin: true });
    await ben.join(world.channelId);
    const many = Array.from({ length: 10 }, (_, at) => world.guild.addPerson({ name: `Person ${at}` }));
    for (const one of many) await one.join(world.channelId, { connect: false });
    const other = world.guild.createVoiceChannel({ name: 'Attic' });
    // mulberry32
    let seed = 7;
    const random = (): number => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const { events } = world.discord.gateway;
    // Discord takes 120 messages a minute over the gateway, and a join and a leave are two or three.
    for (let round = 0; round < 40; round += 1) {
      events.lateMs.set(STATE, random() < 0.5 ? 0 : Math.round(random() * 150));
      world.model.faults.slowSetupMs = random() < 0.5 ? 0 : Math.round(random() * 200);
      // One person may do it six times in a row.
      const one = many[round % many.length] as typeof anna;
      const asked = [one.command('/join', {}, { timeoutMs: 30_000 })];
      if (random() < 0.3)
        asked.push(many[(round + 5) % many.length]!.command('/join', { channel: other }, { timeoutMs: 30_000 }));
      await wait(random() * 400);
      const left = await ben.command('/leave', {}, { timeoutMs: 30_000 });
      for (const { content } of await Promise.all(asked)) assert.doesNotMatch(content, /Something went wrong/);
      assert.match(left.content, /^I (left|do not join|am in no voice channel|am (just|in))/);
    }
    events.clear();
    world.model.faults.slowSetupMs = 0;
    await ben.command('/leave', {}, { timeoutMs: 30_000 });
    await world.until('no place', () => world.guild.botVoiceChannelId === null);
    await world.until('no session', () => openSessions(world) === 0);
    assert.match((await anna.command('/status')).content, /^I am in no voice channel here\./);
    await world.join(anna);
  });
});
