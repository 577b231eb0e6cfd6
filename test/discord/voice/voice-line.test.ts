import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { SimulatedDiscord, type SimulatedGuild } from '@parley/simulator/discord';
import { Client, GatewayIntentBits } from 'discord.js';
import pino from 'pino';
import { OpusCodecs } from '../../../src/discord/voice/receive/opus.ts';
import { type DiscordVoiceLine, joinVoiceLine } from '../../../src/discord/voice/voice-line.ts';
import type { Frame, LineEvent } from '../../../src/ports/voice.ts';
import { framesOf, share, tone } from '../../support/sound/sound.ts';
import { quietFor } from '../../support/time/quiet-for.ts';

const MODES = ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'] as const;
const log = pino({ level: 'silent' });

/** Reads a line for as long as it lives. */
class Ear {
  readonly frames: Frame[] = [];
  readonly others: LineEvent[] = [];
  readonly ended: Promise<string>;
  constructor(line: DiscordVoiceLine) {
    this.ended = this.#read(line).then(
      () => 'closed',
      (error: Error) => error.message,
    );
  }
  async #read(line: DiscordVoiceLine): Promise<void> {
    for await (const event of line.events) {
      if (event.type === 'frame') this.frames.push(event);
      else this.others.push(event);
    }
  }
  pcm(userId: string): Int16Array {
    return Int16Array.from(this.frames.filter((frame) => frame.userId === userId).flatMap((frame) => [...frame.pcm]));
  }
}

for (const mode of MODES) {
  describe(`DiscordVoiceLine over ${mode}`, () => {
    let discord: SimulatedDiscord;
    let guild: SimulatedGuild;
    let client: Client;
    let channelId: string;
    const codecs = new OpusCodecs();

    before(async () => {
      discord = await SimulatedDiscord.start({ encryptionModes: [mode] });
      tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
      guild = discord.createGuild({ name: 'Line' });
      channelId = guild.createVoiceChannel({ name: 'Lounge' });
      client = new Client({
        intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
        rest: { api: discord.apiUrl },
      });
      const ready = new Promise((resolve) => client.once('clientReady', resolve));
      await client.login(discord.token);
      await ready;
    });
    after(async () => {
      await client.destroy();
      await discord.close();
    });

    const join = (inputRate: 16000 | 24000 = 24000): Promise<DiscordVoiceLine> =>
      joinVoiceLine({
        mayHear: () => true,
        guildId: guild.id,
        channelId,
        adapterCreator: client.guilds.cache.get(guild.id)?.voiceAdapterCreator as never,
        inputRate,
        codecs,
        log,
        othersAreThere: () => true,
      });

    it('hears two people apart, end-to-end encrypted, every packet once', async () => {
      const anna = guild.addPerson({ name: 'Anna' });
      const ben = guild.addPerson({ name: 'Ben' });
      await anna.join(channelId);
      await ben.join(channelId);
      const line = await join();
      const ear = new Ear(line);
      await Promise.all([
        anna.voice.speak({ pcm: tone({ hz: 400, ms: 1000, rate: 48000 }), sampleRate: 48000, channels: 1 }),
        ben.voice.speak({ pcm: tone({ hz: 900, ms: 1000, rate: 48000 }), sampleRate: 48000, channels: 1 }),
      ]);
      await wait(100);
      for (const [person, hz] of [
        [anna, 400],
        [ben, 900],
      ] as const) {
        const pcm = ear.pcm(person.userId);
        assert.equal(pcm.length / 24, 1100, '1 s of sound and 100 ms of closing silence');
        assert.ok(share(pcm.subarray(4800, 19200), hz, 24000) > 0.95);
      }
      assert.equal(line.counts.undecryptable, 0);
      await line.close();
      assert.equal(await ear.ended, 'closed');
      assert.equal(codecs.live, 0);
      await anna.leave();
      await ben.leave();
    });

    it('is heard: what it plays reaches the person, decrypted, at the right pitch', async () => {
      const anna = guild.addPerson({ name: 'Anna' });
      await anna.join(channelId);
      const line = await join();
      try {
        let at = 0;
        line.play({
          pull: () => {
            at += 20;
            return at <= 1000 ? tone({ hz: 500, ms: 20, rate: 24000, offset: at * 24 }) : undefined;
          },
        });
        // Frames, not time: a busy machine makes pauses between them.
        const heard = () => framesOf(anna.voice.heardPcm({ userId: discord.botUser.id }), 500, 48000);
        for (let left = 100; left > 0 && heard() < 50; left -= 1) await wait(50);
        assert.ok(heard() >= 45 && heard() <= 50, `${heard()} of 50 frames`);
      } finally {
        await line.close();
        await anna.leave();
      }
    });

    it('tells who comes and goes, and frees their decoders', async () => {
      const anna = guild.addPerson({ name: 'Anna' });
      const ben = guild.addPerson({ name: 'Ben' });
      await anna.join(channelId);
      const line = await join(16000);
      const ear = new Ear(line);
      await ben.join(channelId);
      await ben.voice.speak({ pcm: tone({ hz: 900, ms: 300, rate: 48000 }), sampleRate: 48000, channels: 1 });
      await quietFor(100);
      assert.equal(ear.pcm(ben.userId).length / 16, 400);
      await ben.leave();
      await quietFor(100);
      assert.deepEqual(
        ear.others.filter((event) => 'userId' in event && event.userId === ben.userId).map((event) => event.type),
        ['joined', 'left'],
      );
      assert.equal(codecs.live, 0);
      await line.close();
      await anna.leave();
    });

    it('ends with a reason when it is kicked', async () => {
      const anna = guild.addPerson({ name: 'Anna' });
      await anna.join(channelId);
      const line = await join();
      const ear = new Ear(line);
      guild.kickBot();
      assert.match(await ear.ended, /disconnected me/);
      await line.close();
      await anna.leave();
    });

    it('survives datagrams from strangers, and of 9 bytes from the voice server itself', async () => {
      const anna = guild.addPerson({ name: 'Anna' });
      await anna.join(channelId);
      const line = await join();
      const ear = new Ear(line);
      const seat = { guildId: guild.id, userId: discord.botUser.id };
      await discord.voice.inject(seat, Buffer.alloc(9, 0x80), 'server');
      await discord.voice.inject(seat, Buffer.alloc(9, 0x80), 'stranger');
      await wait(100);
      const before = line.counts.datagrams;
      await discord.voice.inject(seat, Buffer.alloc(100, 0x80), 'stranger');
      await quietFor(100);
      assert.equal(line.counts.datagrams, before, 'strangers are not even counted');
      await anna.voice.speak({ pcm: tone({ hz: 400, ms: 200, rate: 48000 }), sampleRate: 48000, channels: 1 });
      await quietFor(100);
      assert.ok(ear.pcm(anna.userId).length > 0);
      await line.close();
      await anna.leave();
    });
  });
}
