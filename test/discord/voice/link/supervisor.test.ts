import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { LinkStage, type Listener } from '../../../support/doubles/link.ts';
import { tone } from '../../../support/sound/sound.ts';
import { eventually } from '../../../support/time/eventually.ts';
import { quietFor } from '../../../support/time/quiet-for.ts';

/** Close codes after which coming back is no use or not wanted, and what people read. */
const FINAL = [
  [4012, /no longer speaks the voice protocol/],
  [4016, /no longer knows the encryption/],
  [4017, /end-to-end encryption/],
  [4021, /too many requests/],
  [4022, /ended the call/],
] as const;

/** Close codes after which another try may help. */
const PASSING = [4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4015, 4020];

/** A guild with somebody in the channel, for the tests of one block: discord.js sends at most 120 wishes a minute. */
function furnished(): {
  readonly stage: LinkStage;
  readonly anna: SimulatedPerson;
  join(...args: Parameters<LinkStage['join']>): Promise<Listener>;
  identifies(): number;
} {
  let stage: LinkStage | undefined;
  let anna: SimulatedPerson | undefined;
  let listener: Listener | undefined;
  const there = <T>(thing: T | undefined): T => {
    if (!thing) throw new Error('before() has not run');
    return thing;
  };
  before(async () => {
    stage = await LinkStage.start();
    anna = await stage.person('Anna');
  });
  afterEach(async () => {
    await listener?.line.close();
    listener = undefined;
    const { discord, guild, channelId } = there(stage);
    discord.voice.links.closeOnIdentify = undefined;
    guild.hinderBot({ mute: false, deaf: false });
    // The bot's leaving reaches Discord before the next test joins.
    await eventually('the bot has left', () => guild.botVoiceChannelId === null);
    await there(anna).join(channelId);
  });
  after(() => stage?.close());
  return {
    get stage() {
      return there(stage);
    },
    get anna() {
      return there(anna);
    },
    async join(...args) {
      // What a test before left.
      await listener?.line.close();
      await eventually('the bot has left', () => there(stage).guild.botVoiceChannelId === null);
      // Else the news of that leaving would be taken for a kick.
      await eventually('Discord says that the bot has left', () => there(stage).knownChannelId === null);
      listener = await there(stage).join(...args);
      return listener;
    },
    identifies: () => there(stage).discord.voice.identifies,
  };
}

// Most of it is waiting, and each block has a world of its own; its tests share that and take turns.
describe('the supervisor of a voice connection', { concurrency: true }, () => {
  describe('a voice connection that is closed when live', { concurrency: 1 }, () => {
    const world = furnished();

    for (const code of [4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4020]) {
      it(`${code} when live: comes back with one more identify, and hears again`, async () => {
        const ear = await world.join();
        const count = world.identifies();
        world.stage.discord.voice.sever(world.stage.seat, code);
        const { cause } = await ear.event('recovered');
        assert.equal(cause, 'lost');
        assert.ok(await ear.hears(world.anna));
        assert.equal(world.identifies() - count, 1);
      });
    }

    for (const code of [1011, 4015]) {
      it(`${code} when live: resumes its session without an identify`, async () => {
        const ear = await world.join();
        const count = world.identifies();
        world.stage.discord.voice.sever(world.stage.seat, code);
        await ear.event('recovered');
        assert.ok(await ear.hears(world.anna));
        assert.equal(world.identifies(), count);
      });
    }

    for (const [code, reason] of FINAL) {
      it(`${code} when live: ends with the reason and never comes back`, async () => {
        const ear = await world.join();
        const count = world.identifies();
        world.stage.discord.voice.sever(world.stage.seat, code);
        assert.match(await ear.ended, reason);
        await quietFor(500);
        assert.equal(world.identifies(), count);
      });
    }
  });

  describe('a voice connection that is closed again and again before it is ready', { concurrency: 1 }, () => {
    const world = furnished();

    for (const code of PASSING) {
      it(`${code} again and again before it is ready: a bounded number of identifies, then the reason`, async () => {
        world.stage.discord.voice.links.closeOnIdentify = code;
        const count = world.identifies();
        await assert.rejects(world.stage.join(), { name: 'LineLostError' });
        const made = world.identifies() - count;
        assert.ok(made >= 2 && made <= 6, `${made} identifies`);
      });
    }
  });

  describe('a voice connection that is closed again and again while recovering', { concurrency: 1 }, () => {
    const world = furnished();

    for (const code of PASSING) {
      it(`${code} again and again while recovering: a bounded number of identifies, then the reason`, async () => {
        const ear = await world.join();
        const count = world.identifies();
        world.stage.discord.voice.links.closeOnIdentify = code;
        world.stage.discord.voice.sever(world.stage.seat, 4006);
        assert.notEqual(await ear.ended, 'closed');
        const made = world.identifies() - count;
        assert.ok(made >= 2 && made <= 6, `${made} identifies`);
      });
    }
  });

  describe('a voice connection that is closed for good', { concurrency: 1 }, () => {
    const world = furnished();

    for (const [code, reason] of FINAL) {
      it(`${code} before it is ready: no second try`, async () => {
        world.stage.discord.voice.links.closeOnIdentify = code;
        const count = world.identifies();
        await assert.rejects(world.stage.join(), reason);
        assert.equal(world.identifies() - count, 1);
      });

      it(`${code} while recovering: no further try, and the reason`, async () => {
        const ear = await world.join();
        const count = world.identifies();
        world.stage.discord.voice.links.closeOnIdentify = code;
        world.stage.discord.voice.sever(world.stage.seat, 4006);
        assert.match(await ear.ended, reason);
        await quietFor(300);
        assert.equal(world.identifies() - count, 1);
      });
    }

    it('4014 before it is ready: no second try', async () => {
      world.stage.discord.voice.links.closeOnIdentify = 4014;
      const count = world.identifies();
      await assert.rejects(world.stage.join(), /took me out/);
      assert.equal(world.identifies() - count, 1);
    });
  });

  describe('the place in a voice channel', { concurrency: 1 }, () => {
    const world = furnished();

    it('kicked: leaves, says so, never rejoins', async () => {
      const ear = await world.join();
      const count = world.identifies();
      world.stage.guild.kickBot();
      assert.match(await ear.ended, /disconnected me/);
      await quietFor(700);
      assert.equal(world.identifies(), count);
      assert.equal(world.stage.guild.botVoiceChannelId, null);
    });

    it('4014 and no word from the gateway: leaves, never rejoins', async () => {
      const ear = await world.join();
      const count = world.identifies();
      world.stage.discord.voice.sever(world.stage.seat, 4014);
      assert.match(await ear.ended, /took me out/);
      assert.equal(world.identifies(), count);
    });

    it('the voice server moves: goes along, and hears again', async () => {
      const ear = await world.join();
      world.stage.guild.reallocateVoiceServer(100);
      await ear.event('recovered');
      assert.ok(await ear.hears(world.anna));
    });

    it('moved by a moderator: goes along; the people are those of the new channel', async () => {
      const ear = await world.join();
      const ben = world.stage.guild.addPerson({ name: 'Ben' });
      await ben.join(world.stage.otherId);
      await ear.hears(world.anna);
      world.stage.guild.moveBot(world.stage.otherId);
      assert.deepEqual(await ear.event('moved'), { type: 'moved', channelId: world.stage.otherId });
      await ear.event('recovered');
      assert.equal(ear.line.channelId, world.stage.otherId);
      assert.ok(await ear.hears(ben));
      assert.ok(ear.events.some((event) => event.type === 'left' && event.userId === world.anna.userId));
      assert.ok(ear.events.some((event) => event.type === 'joined' && event.userId === ben.userId));
      await ben.leave();
    });

    it('a lost IP discovery datagram: sends it again and gets in', async () => {
      world.stage.discord.voice.links.loseDiscoveries = 2;
      const ear = await world.join();
      assert.equal(world.stage.discord.voice.links.loseDiscoveries, 0);
      assert.ok(await ear.hears(world.anna));
    });

    for (const way of ['udp', 'websocket'] as const) {
      it(`a dead ${way}: noticed and recovered while the other way still lives`, async () => {
        const ear = await world.join();
        await quietFor(500);
        world.stage.discord.voice.halfOpen(world.stage.seat, way);
        const { cause } = await ear.event('recovered');
        assert.equal(cause, 'lost');
        assert.ok(await ear.hears(world.anna));
      });
    }

    it('the gateway gives a new session: joins anew instead of using the old one', async () => {
      const ear = await world.join();
      world.stage.discord.gateway.invalidate();
      await ear.event('recovered', 15_000);
      assert.ok(await ear.hears(world.anna));
    });

    it('kicked while the gateway is away for a moment, and its session is resumed: never rejoins, and says so', async () => {
      const ear = await world.join();
      const count = world.identifies();
      world.stage.discord.gateway.drop();
      world.stage.guild.kickBot();
      assert.match(await ear.ended, /Somebody disconnected me/);
      await quietFor(300);
      assert.equal(world.identifies(), count);
      assert.equal(world.stage.guild.botVoiceChannelId, null);
    });

    it('the gateway resumes (op 7): the voice connection is not touched', async () => {
      const ear = await world.join();
      const count = world.identifies();
      world.stage.discord.gateway.askToReconnect();
      await quietFor(800);
      assert.ok(await ear.hears(world.anna));
      assert.equal(world.identifies(), count);
    });

    it('the channel is deleted: says that it was', async () => {
      const doomed = world.stage.guild.createVoiceChannel({ name: 'Doomed' });
      const ear = await world.join();
      world.stage.guild.moveBot(doomed);
      await ear.event('recovered');
      world.stage.guild.deleteChannel(doomed);
      assert.match(await ear.ended, /was deleted/);
    });

    it('the right to connect is lost and the bot is disconnected: says which right', async () => {
      const channel = world.stage.guild.channels.get(world.stage.channelId);
      assert.ok(channel);
      const ear = await world.join();
      const before = [...channel.overwrites];
      channel.overwrites.push({ id: world.stage.seat.userId, type: 1, allow: 0n, deny: 1n << 20n });
      world.stage.guild.channelChanged(channel);
      world.stage.guild.kickBot();
      assert.match(await ear.ended, /right to connect/);
      channel.overwrites.splice(0, channel.overwrites.length, ...before);
      world.stage.guild.channelChanged(channel);
      await wait(50);
    });

    it('muted and deafened by a moderator: stays, and tells both when they come and go', async () => {
      const ear = await world.join();
      world.stage.guild.hinderBot({ mute: true });
      assert.deepEqual(await ear.event('hindered'), { type: 'hindered', by: 'mute', hindered: true });
      world.stage.guild.hinderBot({ mute: false, deaf: true });
      await ear.event('hindered', 2_000, 2);
      assert.deepEqual(
        ear.events.filter((event) => event.type === 'hindered').map(({ by, hindered }) => `${by} ${hindered}`),
        ['mute true', 'deaf true', 'mute false'],
      );
    });

    it('somebody sends packets that cannot be decoded: joins anew once, and hears them', async () => {
      const ear = await world.join();
      assert.ok(await ear.hears(world.anna));
      const { ssrc } = world.stage.discord.voice.packets.findLast(({ userId }) => userId === world.anna.userId) ?? {};
      assert.ok(ssrc);
      const packet = Buffer.alloc(120, 7);
      packet.writeUInt16BE(0x8078, 0);
      packet.writeUInt32BE(ssrc, 8);
      const garbage = setInterval(() => {
        packet.writeUInt16BE((packet.readUInt16BE(2) + 1) & 0xffff, 2);
        void world.stage.discord.voice.inject(world.stage.seat, packet, 'server').catch(() => {});
      }, 20);
      try {
        assert.equal((await ear.event('recovered')).cause, 'deaf');
        await quietFor(1_500);
      } finally {
        clearInterval(garbage);
      }
      assert.equal(ear.events.filter((event) => event.type === 'recovered').length, 1);
      assert.ok(await ear.hears(world.anna));
    });

    it('Discord does not say whose the packets are: their key does', async () => {
      const { links } = world.stage.discord.voice;
      links.withholdSpeaking = true;
      try {
        const ear = await world.join();
        assert.ok(await ear.hears(world.anna));
        assert.deepEqual(new Set(ear.frames.map(({ userId }) => userId)), new Set([world.anna.userId]));
        assert.deepEqual(
          ear.events.filter(({ type }) => type === 'recovered'),
          [],
        );
      } finally {
        links.withholdSpeaking = false;
      }
    });

    it('somebody who may not be heard speaks: nothing is heard of them and nothing is done, also when the voice server moves', async () => {
      let may = false;
      const ear = await world.join({ mayHear: () => may });
      const say = () =>
        world.anna.voice.speak({ pcm: tone({ hz: 300, ms: 2_500, rate: 48000 }), sampleRate: 48000, channels: 1 });
      const count = world.identifies();
      await say();
      assert.equal(world.identifies(), count, 'the bot did not join anew to hear them');
      world.stage.guild.reallocateVoiceServer(100);
      await ear.event('recovered');
      await say();
      assert.equal(world.identifies(), count + 1);
      assert.equal(ear.frames.length, 0);
      assert.equal(ear.events.filter(({ type }) => type === 'unheard').length, 0);
      may = true;
      ear.line.consentChanged(world.anna.userId);
      assert.ok(await ear.hears(world.anna));
    });

    it('somebody is silent, with the microphone open: nothing is done', async () => {
      const ear = await world.join();
      assert.ok(await ear.hears(world.anna));
      const count = world.identifies();
      await quietFor(2_500);
      assert.equal(world.identifies(), count);
    });

    it('an outage of the server: stays as long as the voice connection does', async () => {
      const ear = await world.join();
      world.stage.discord.outage(world.stage.guild);
      assert.ok(await ear.hears(world.anna));
      world.stage.discord.outageOver(world.stage.guild);
      await quietFor(100);
      assert.ok(await ear.hears(world.anna));
    });
  });

  describe('packets of which nothing says whose they are', { concurrency: 1 }, () => {
    it('joins anew once, then says that somebody cannot be heard, without a name', async () => {
      const stage = await LinkStage.start({ dave: false });
      stage.discord.voice.links.withholdSpeaking = true;
      try {
        const anna = await stage.person('Anna');
        const ear = await stage.join();
        const speaking = (async () => {
          while (!ear.events.some(({ type }) => type === 'unheard') && !ear.isOver) await ear.hears(anna);
        })();
        assert.equal((await ear.event('recovered')).cause, 'deaf');
        assert.equal((await ear.event('unheard')).userId, null);
        await speaking;
        assert.deepEqual(ear.frames, []);
        await ear.line.close();
      } finally {
        await stage.close();
      }
    });
  });

  describe('the place in a voice channel while the gateway is unreachable', { concurrency: true }, () => {
    /** The gateway is away for 2.5 s, and has a new session then: the library never resumes after a failed attempt. */
    async function absence(meanwhile: (stage: LinkStage) => void, then: (stage: LinkStage, ear: Listener) => unknown) {
      const stage = await LinkStage.start();
      const { gateway } = stage.discord;
      try {
        const anna = await stage.person('Anna');
        const ear = await stage.join({ patience: { recoverMs: 20_000, attempts: 100 } });
        assert.ok(await ear.hears(anna));
        gateway.unreachable = true;
        gateway.drop();
        // Longer than a dropped session needs to take the voice connection along.
        await wait(1_800);
        meanwhile(stage);
        await wait(700);
        gateway.unreachable = false;
        await then(stage, ear);
        await ear.line.close();
      } finally {
        await stage.close();
      }
    }
    const staysOut = async (stage: LinkStage, ear: Listener): Promise<void> => {
      const count = stage.discord.voice.identifies;
      assert.match(await ear.ended, /no connection to Discord for a moment, and meanwhile I was taken out/);
      assert.equal(stage.discord.voice.identifies, count);
      assert.equal(stage.guild.botVoiceChannelId, null);
    };

    it('kicked meanwhile: never rejoins, and says what it knows', async () => {
      await absence((stage) => stage.guild.kickBot(), staysOut);
    });

    it('kicked meanwhile, and the voice connection broken before: never rejoins, and says what it knows', async () => {
      await absence((stage) => {
        stage.discord.voice.sever(stage.seat, 4006);
        stage.guild.kickBot();
      }, staysOut);
    });

    it('the voice connection broken, too: finds its place again and hears', async () => {
      await absence(
        (stage) => stage.discord.voice.sever(stage.seat, 4006),
        async (stage, ear) => {
          await ear.event('recovered', 15_000);
          const [anna] = stage.guild.people;
          assert.ok(anna && (await ear.hears(anna)));
        },
      );
    });
  });

  describe('the place in a server that the bot is thrown out of', { concurrency: 1 }, () => {
    it('ends with that reason, and never comes back', async () => {
      const stage = await LinkStage.start();
      try {
        await stage.person('Anna');
        const ear = await stage.join();
        stage.discord.removeGuild(stage.guild);
        assert.match(await ear.ended, /no longer a member/);
      } finally {
        await stage.close();
      }
    });
  });
});
