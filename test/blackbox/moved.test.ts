import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

// Most of it is waiting, and every test has a world of its own.
describe('the bot', { concurrency: true }, () => {
  describe('moved by a moderator', () => {
    it('goes on with the same session in the new channel, tells both channels, and writes in the new chat', async () => {
      const world = await World.start({
        protocol: 'openai',
        script: () => ({ heard: 'Hello there.', say: { text: 'Hi.' } }),
      });
      try {
        const anna = await world.person('Anna');
        const { guild, channelId } = world;
        const attic = guild.createVoiceChannel({ name: 'Attic' });
        await world.join(anna);
        const ben = guild.addPerson({ name: 'Ben' });
        await ben.join(attic);
        guild.moveBot(attic);
        await world.until('the connection in the new channel', () => world.of('recovered').length > 0);
        await guild.waitForMessage(channelId, ({ content }) => content.includes(`moved me to <#${attic}>`));
        await guild.waitForMessage(attic, ({ content }) =>
          content.startsWith('Hello, I am an AI. A moderator moved me here'),
        );
        await ben.voice.speak({ pcm: tone({ hz: 300, ms: 800, rate: 48000 }), sampleRate: 48000, channels: 1 });
        await guild.waitForMessage(attic, ({ content }) => content.includes('Hello there.'));
        assert.equal(world.of('turn-began').at(-1)?.turn.name, 'Ben');
        // Whoever is here is not told that the conversation went somewhere else.
        assert.ok(guild.messages(attic).every(({ content }) => !content.includes('goes on there')));
        const status = await ben.command('/status');
        assert.match(status.content, new RegExp(`\\*\\*Channel:\\*\\* <#${attic}>`));
        assert.match(status.content, /made anew 1 time/);
        guild.kickBot();
        await guild.waitForMessage(attic, ({ content }) => content.includes('disconnected me from the voice channel'));
        assert.equal(world.of('ended').length, 1);
      } finally {
        await world.close();
      }
    });
  });

  describe('moved while somebody speaks', () => {
    it('keeps what it heard of them until then, as their turn', async () => {
      const world = await World.start({
        protocol: 'openai',
        script: () => ({ heard: 'I was just saying', say: { text: 'Yes.' } }),
      });
      try {
        const anna = await world.person('Anna');
        const attic = world.guild.createVoiceChannel({ name: 'Attic' });
        const ben = world.guild.addPerson({ name: 'Ben' });
        await ben.join(attic);
        await world.join(anna);
        const speaking = anna.voice.speak({
          pcm: tone({ hz: 300, ms: 2500, rate: 48000 }),
          sampleRate: 48000,
          channels: 1,
        });
        await world.until('her turn', () => world.of('turn-began').length > 0);
        // Twice what has to be kept: on a busy machine her packets are late.
        await new Promise((resolve) => setTimeout(resolve, 1_200));
        world.guild.moveBot(attic);
        await world.until('the end of her turn', () => world.of('turn-ended').length > 0);
        await speaking;
        const [ended] = world.of('turn-ended');
        assert.equal(ended?.turn.userId, anna.userId);
        assert.ok((ended?.speechMs ?? 0) >= 600, `${ended?.speechMs} ms`);
        // Where she said it: other people read in the new channel.
        await world.guild.waitForMessage(world.channelId, ({ content }) => content.includes('I was just saying'));
        assert.ok(world.guild.messages(attic).every(({ content }) => !content.includes('I was just saying')));
      } finally {
        await world.close();
      }
    });
  });

  describe('on a stage', { concurrency: true }, () => {
    for (const [rights, said, suppressed] of [
      [['MuteMembers'], /I am a speaker on this stage/, false],
      [['RequestToSpeak'], /I asked to speak on this stage/, true],
    ] as const) {
      it(`says what it did with ${rights[0]}, and did it`, async () => {
        const world = await World.start({ protocol: 'openai', script: () => ({ say: { text: 'Hi.' } }) });
        try {
          const stage = world.guild.createVoiceChannel({ name: 'Stage', type: 'stage' });
          const channel = world.guild.channels.get(stage);
          assert.ok(channel);
          const [mute, request] = [1n << 22n, 1n << 32n];
          const [allow, deny] = suppressed ? [request, mute] : [mute, 0n];
          channel.overwrites = [{ id: world.discord.botUser.id, type: 1, allow, deny }];
          world.guild.channelChanged(channel);
          const anna = world.guild.addPerson({ name: 'Anna', admin: true });
          await anna.join(stage);
          await anna.command('/join');
          await world.guild.waitForMessage(stage, ({ content }) => said.test(content));
          const place = world.guild.places.of(world.discord.botUser.id);
          assert.equal(place?.suppress, suppressed);
          assert.equal(place?.requestToSpeakAt !== null, suppressed);
        } finally {
          await world.close();
        }
      });
    }
  });
});

describe('what is used after a move', () => {
  it('is written down for the channel in which it was used, and for the people of that channel', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-moved-'));
    const databaseUrl = `sqlite:${join(folder, 'parley.db')}`;
    const world = await World.start({
      protocol: 'openai',
      script: () => ({ heard: 'Hello.', say: { text: 'Hi.' } }),
      env: { DATABASE_URL: databaseUrl },
    });
    const attic = world.guild.createVoiceChannel({ name: 'Attic' });
    const sound = { pcm: tone({ hz: 300, ms: 800, rate: 48000 }), sampleRate: 48000, channels: 1 } as const;
    try {
      const anna = await world.person('Anna');
      const ben = world.guild.addPerson({ name: 'Ben' });
      await ben.join(attic);
      await world.join(anna);
      await anna.voice.speak(sound);
      await world.until('what Anna used', () => world.of('usage').length > 0);
      world.guild.moveBot(attic);
      await world.until('the connection in the new channel', () => world.of('recovered').length > 0);
      await ben.voice.speak(sound);
      await world.until('what Ben used', () => world.of('usage').length > 1);
    } finally {
      await world.close();
    }
    const database = await openDatabase(databaseUrl);
    const rows = await database('usage').where('replies', '>', 0).orderBy('name').select('name', 'channel_id');
    await database.destroy();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(rows, [
      { name: 'Anna', channel_id: world.channelId },
      { name: 'Ben', channel_id: attic },
    ]);
  });
});
