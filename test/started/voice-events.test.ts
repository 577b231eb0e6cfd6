import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { StartedWorld } from '../support/world/started-world.ts';

describe('what Discord tells the process in another order, twice or late', { concurrency: 2 }, () => {
  it('lets it join with the first attempt, keep its connection, and hear a sentence through', async (t) => {
    const turns: number[] = [];
    const world = await StartedWorld.start({
      hear: ({ pcm }) => {
        turns.push(pcm.length);
        return 'Good evening.';
      },
    });
    t.after(() => world.close());
    const { voice, gateway, botUser } = world.discord;
    const anna = await world.person('Anna');
    const before = voice.identifies;
    gateway.events.lateMs.set('VOICE_STATE_UPDATE', 300);
    gateway.events.again.set('VOICE_SERVER_UPDATE', [100, 2_000]);
    gateway.events.again.set('VOICE_STATE_UPDATE', [1_000]);
    await world.join(anna);
    await quietFor(2_500);
    assert.equal(voice.identifies - before, 1);
    const seat = { guildId: world.guild.id, userId: botUser.id };
    const speaking = anna.voice.speak({
      pcm: tone({ hz: 300, ms: 2_000, rate: 48000 }),
      sampleRate: 48000,
      channels: 1,
    });
    for (let told = 0; told < 3; told += 1) {
      await wait(500);
      voice.injectMessage(seat, JSON.stringify({ op: 13, d: { user_id: anna.userId } }));
    }
    await speaking;
    await world.until('the turn', () => turns.length > 0);
    await quietFor(1_000);
    assert.equal(turns.length, 1, 'one sentence, one turn');
  });

  it('lets it leave and come at once, whenever the echo of the leave comes', async (t) => {
    const world = await StartedWorld.start();
    t.after(() => world.close());
    const anna = await world.person('Anna');
    await world.join(anna);
    world.discord.gateway.events.lateMs.set('VOICE_STATE_UPDATE', 700);
    await anna.command('/leave');
    const { content } = await anna.command('/join', {}, { timeoutMs: 30_000 });
    assert.match(content, /^I am in <#\d+> and listening/);
    await quietFor(1_500);
    assert.equal(world.guild.botVoiceChannelId, world.channelId);
    assert.match((await anna.command('/status')).content, /\*\*Channel:\*\*/);
    assert.doesNotMatch(world.posts(), /I had to leave/);
  });
});
