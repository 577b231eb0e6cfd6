import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { LinkStage, type Listener } from '../support/doubles/link.ts';
import { tone } from '../support/sound/sound.ts';
import { eventually } from '../support/time/eventually.ts';
import { quietFor } from '../support/time/quiet-for.ts';

const STATE = 'VOICE_STATE_UPDATE';
const SERVER = 'VOICE_SERVER_UPDATE';

/** A stage for the tests of one block, with Anna in the channel and the bot not yet. */
function furnished() {
  let stage: LinkStage;
  let anna: SimulatedPerson;
  let listener: Listener | undefined;
  before(async () => {
    stage = await LinkStage.start();
    anna = await stage.person('Anna');
  });
  afterEach(async () => {
    stage.discord.gateway.events.clear();
    stage.discord.voice.links.again.clear();
    stage.discord.voice.links.lateMs.clear();
    await listener?.line.close();
    listener = undefined;
    await eventually(
      'the channel is left',
      () => stage.guild.botVoiceChannelId === null && stage.knownChannelId === null,
    );
  });
  after(() => stage.close());
  return {
    get stage() {
      return stage;
    },
    get anna() {
      return anna;
    },
    get events() {
      return stage.discord.gateway.events;
    },
    get voice() {
      return stage.discord.voice;
    },
    async join(patience = {}): Promise<Listener> {
      listener = await stage.join({ patience });
      return listener;
    },
    /** An event of the bot's place as the gateway tells it. */
    tell(event: string, payload: object): void {
      const scope = { guildId: stage.guild.id };
      stage.discord.gateway.dispatch(event, { guild_id: stage.guild.id, ...payload }, scope);
    },
    /** The voice state of the bot as it is, changed. */
    state(change: object): object {
      const place = stage.guild.places.of(stage.seat.userId);
      const member = {
        user: { id: stage.seat.userId, username: 'Parley', bot: true },
        roles: [],
        joined_at: '2021-06-01T00:00:00.000Z',
      };
      return {
        user_id: stage.seat.userId,
        member,
        channel_id: place?.channelId ?? null,
        session_id: place?.sessionId,
        mute: false,
        deaf: false,
        self_mute: false,
        self_deaf: false,
        suppress: false,
        ...change,
      };
    },
    /** One message of the voice gateway to the bot. */
    voiceTells(op: number, d: object): void {
      stage.discord.voice.injectMessage(stage.seat, JSON.stringify({ op, d }));
    },
  };
}

const recoveries = (ear: Listener): number => ear.events.filter(({ type }) => type === 'recovered').length;

describe('events of a voice place in any order', { concurrency: true }, () => {
  describe('state and server', { concurrency: 1 }, () => {
    const world = furnished();

    for (const [late, first] of [
      [STATE, 'server'],
      [SERVER, 'state'],
    ] as const) {
      it(`joins at once, with one identify, where the ${first} is told first`, async () => {
        world.events.lateMs.set(late, 200);
        const count = world.voice.identifies;
        // Nothing is asked again within the test.
        const ear = await world.join({ stepMs: 60_000 });
        assert.equal(world.voice.identifies - count, 1);
        assert.ok(await ear.hears(world.anna));
      });

      it(`goes along with a move where the ${first} is told first`, async () => {
        const ear = await world.join({ stepMs: 60_000 });
        const ben = world.stage.guild.addPerson({ name: 'Ben' });
        await ben.join(world.stage.otherId);
        world.events.lateMs.set(late, 200);
        world.stage.guild.moveBot(world.stage.otherId);
        await ear.event('moved');
        await ear.event('recovered');
        assert.equal(ear.line.channelId, world.stage.otherId);
        assert.ok(await ear.hears(ben));
        await ben.leave();
      });
    }

    it('keeps a living connection when either is told again, soon or late', async () => {
      world.events.again.set(SERVER, [0, 400]);
      world.events.again.set(STATE, [0, 300]);
      const count = world.voice.identifies;
      const ear = await world.join();
      await quietFor(700);
      assert.ok(await ear.hears(world.anna));
      assert.equal(world.voice.identifies - count, 1);
      assert.deepEqual(
        ear.events.filter(({ type }) => type !== 'joined'),
        [],
      );
    });

    it('follows to another server, with one identify', async () => {
      const ear = await world.join();
      const count = world.voice.identifies;
      const { guild, seat } = world.stage;
      const place = guild.places.of(seat.userId);
      assert.ok(place);
      const { channelId, sessionId } = place;
      const token = world.voice.admit({ guildId: guild.id, channelId, userId: seat.userId, sessionId, bot: true });
      world.tell(SERVER, { token, endpoint: world.voice.endpoint });
      await ear.event('recovered');
      assert.equal(world.voice.identifies - count, 1);
      assert.ok(await ear.hears(world.anna));
    });

    it('keeps the connection to a new server when the old one is said to be gone only after', async () => {
      const ear = await world.join();
      const count = world.voice.identifies;
      world.tell(SERVER, { token: '', endpoint: null });
      await quietFor(400);
      assert.ok(await ear.hears(world.anna));
      assert.equal(world.voice.identifies, count);
      assert.equal(recoveries(ear), 0);
    });

    it('waits for another server where the one that is gone closes the connection, too', async () => {
      const ear = await world.join();
      world.stage.guild.reallocateVoiceServer(600);
      await ear.event('recovered');
      assert.ok(await ear.hears(world.anna));
    });

    it('takes a state that changes flags alone for that', async () => {
      const ear = await world.join();
      const count = world.voice.identifies;
      world.tell(STATE, world.state({ mute: true }));
      await ear.event('hindered');
      assert.equal(world.voice.identifies, count);
      assert.equal(recoveries(ear), 0);
    });

    it('does not take the late echo of its own leaving, and of its last join, for a hand of somebody', async () => {
      const first = await world.join();
      world.events.lateMs.set(STATE, 250);
      world.stage.guild.moveBot(world.stage.otherId);
      await first.event('moved');
      await first.line.close();
      const ear = await world.join();
      await quietFor(600);
      assert.equal(ear.isOver, false);
      assert.equal(ear.line.channelId, world.stage.channelId);
      assert.equal(world.stage.guild.botVoiceChannelId, world.stage.channelId);
      assert.ok(await ear.hears(world.anna));
    });

    it('ends with a word where another process with its token takes the place', async () => {
      const ear = await world.join();
      world.tell(STATE, world.state({ session_id: 'somebody-elses', channel_id: world.stage.otherId }));
      assert.match(await ear.ended, /Another process with my token/);
    });

    it('keeps its connection when a resume brings again what it knows', async () => {
      const ear = await world.join();
      world.stage.guild.moveBot(world.stage.otherId);
      await ear.event('recovered');
      world.stage.guild.moveBot(world.stage.channelId);
      await ear.event('recovered', 8_000, 1);
      const count = world.voice.identifies;
      world.events.repeated = 20;
      world.stage.discord.gateway.drop();
      await eventually(
        'the gateway session is resumed',
        () => (world.stage.discord.gateway.sessions[0]?.resumes ?? 0) !== 0,
      );
      await quietFor(400);
      assert.ok(await ear.hears(world.anna));
      assert.equal(world.voice.identifies, count);
      assert.equal(ear.events.filter(({ type }) => type === 'moved').length, 2);
    });

    it('rejoins without waiting where a new session of the gateway tells the server first', async () => {
      const ear = await world.join();
      world.events.lateMs.set(STATE, 300);
      world.stage.discord.gateway.invalidate();
      await ear.event('recovered', 15_000);
      assert.ok(await ear.hears(world.anna));
    });
  });

  describe('the end of a place', { concurrency: 1 }, () => {
    for (const late of [STATE, 'CHANNEL_DELETE']) {
      it(`says that the channel was deleted where ${late} comes late`, async () => {
        const stage = await LinkStage.start();
        try {
          await stage.person('Anna');
          const ear = await stage.join();
          stage.discord.gateway.events.lateMs.set(late, 100);
          stage.guild.deleteChannel(stage.channelId);
          assert.match(await ear.ended, /was deleted/);
        } finally {
          await stage.close();
        }
      });
    }

    it('says that the channel was deleted where its voice state is never told', async () => {
      const stage = await LinkStage.start();
      try {
        await stage.person('Anna');
        const ear = await stage.join();
        stage.discord.gateway.events.lost.add(STATE);
        stage.guild.deleteChannel(stage.channelId);
        assert.match(await ear.ended, /was deleted/);
      } finally {
        await stage.close();
      }
    });
  });

  describe('people', { concurrency: 1 }, () => {
    const world = furnished();
    const sound = (ms: number) => ({
      pcm: tone({ hz: 400, ms, rate: 48000 }),
      sampleRate: 48000,
      channels: 1 as const,
    });

    it('hears somebody through when the end of their old device is told while they speak', async () => {
      const ear = await world.join();
      assert.ok(await ear.hears(world.anna));
      await quietFor(300);
      const before = ear.frames.length;
      const speaking = world.anna.voice.speak(sound(1_000));
      for (const at of [200, 400]) {
        await wait(at === 200 ? 200 : 200);
        world.voiceTells(13, { user_id: world.anna.userId });
      }
      await speaking;
      await quietFor(200);
      assert.ok(ear.frames.length - before >= 50, `${ear.frames.length - before} frames of 50`);
      assert.deepEqual(
        ear.events.filter(({ type }) => type === 'left'),
        [],
      );
      assert.ok(await ear.hears(world.anna));
    });

    it('tells once that somebody left, whichever of the two gateways says so first', async () => {
      const ear = await world.join();
      for (const late of [0, 300]) {
        world.events.lateMs.set(STATE, late);
        const ben = world.stage.guild.addPerson({ name: `Ben ${late}` });
        world.events.clear();
        await ben.join(world.stage.channelId);
        assert.ok(await ear.hears(ben));
        world.events.lateMs.set(STATE, late);
        world.voice.links.again.set(13, [100]);
        await ben.leave();
        await eventually('Ben left', () =>
          ear.events.some((event) => event.type === 'left' && event.userId === ben.userId),
        );
        await quietFor(300);
        const told = ear.events.filter((event) => event.type === 'left' && event.userId === ben.userId);
        assert.equal(told.length, 1);
        world.voice.links.again.clear();
      }
    });

    it('makes nothing of the leaving of somebody whom nobody knows', async () => {
      const ear = await world.join();
      world.voiceTells(13, { user_id: '42' });
      world.voiceTells(11, { user_ids: [world.anna.userId] });
      await quietFor(100);
      assert.ok(await ear.hears(world.anna));
      assert.deepEqual(
        ear.events.map(({ type }) => type),
        ['joined'],
      );
    });

    it('hears somebody on whose former SSRC a late word insists', async () => {
      const ear = await world.join();
      assert.ok(await ear.hears(world.anna));
      const former = world.anna.voice.ssrc;
      await world.anna.leave();
      await world.anna.join(world.stage.channelId);
      assert.notEqual(world.anna.voice.ssrc, former);
      world.voiceTells(5, { user_id: world.anna.userId, ssrc: former, speaking: 1, delay: 0 });
      assert.ok(await ear.hears(world.anna));
      const before = ear.frames.length;
      const speaking = world.anna.voice.speak(sound(600));
      await wait(200);
      world.voiceTells(5, { user_id: world.anna.userId, ssrc: former, speaking: 1, delay: 0 });
      await speaking;
      await quietFor(200);
      assert.ok(ear.frames.length - before >= 30, `${ear.frames.length - before} frames of 30`);
    });

    for (const [op, what] of [
      [2, 'Ready'],
      [4, 'Session Description'],
      [5, 'Speaking'],
      [11, 'Clients Connect'],
      [21, 'DAVE Prepare Transition'],
      [22, 'DAVE Execute Transition'],
      [24, 'DAVE Prepare Epoch'],
      [25, 'DAVE External Sender'],
      [27, 'DAVE Proposals'],
      [29, 'DAVE Announce Commit'],
      [30, 'DAVE Welcome'],
    ] as const) {
      it(`hears everybody where op ${op} (${what}) comes again, soon and late`, async () => {
        world.voice.links.again.set(op, [0, 150]);
        const ear = await world.join();
        const ben = world.stage.guild.addPerson({ name: 'Ben' });
        await ben.join(world.stage.channelId);
        assert.ok(await ear.hears(world.anna));
        assert.ok(await ear.hears(ben));
        await ben.leave();
        await quietFor(100);
        assert.ok(await ear.hears(world.anna));
        assert.equal(recoveries(ear), 0);
      });
    }

    for (const op of [5, 11, 22, 24, 25, 27, 29, 30]) {
      it(`hears everybody where op ${op} comes late`, async () => {
        world.voice.links.lateMs.set(op, 250);
        const ear = await world.join();
        const ben = world.stage.guild.addPerson({ name: 'Ben' });
        await ben.join(world.stage.channelId);
        assert.ok(await ear.hears(world.anna));
        assert.ok(await ear.hears(ben));
        await ben.leave();
        assert.ok(await ear.hears(world.anna));
        assert.equal(recoveries(ear), 0);
      });
    }
  });
});
