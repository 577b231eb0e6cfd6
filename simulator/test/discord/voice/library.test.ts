// The unmodified @discordjs/voice against the simulated voice server, with DAVE.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import {
  createAudioPlayer,
  createAudioResource,
  type DiscordGatewayAdapterCreator,
  EndBehaviorType,
  entersState,
  joinVoiceChannel,
  StreamType,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import { seededRandom } from '../../../src/discord/faults.ts';
import type { VoiceClient } from '../../../src/discord/voice/client.ts';
import { decodeTimeline, encodeSound } from '../../../src/discord/voice/opus-packets.ts';
import { VoiceServer } from '../../../src/discord/voice/server.ts';
import { ENCRYPTION_MODES } from '../../../src/discord/voice/transport.ts';
import { ANNA, admission, BEN, BOT, CHANNEL, CLEO, GUILD, join, pitch, tone, until } from './support.ts';

/** Stands for the main gateway: answers a voice state update as Discord does. */
function adapter(server: VoiceServer): DiscordGatewayAdapterCreator {
  return (library) => ({
    destroy: () => {},
    sendPayload: ({ d }: { d: { channel_id: string | null } }) => {
      if (d.channel_id === null) {
        server.dismiss({ guildId: GUILD, userId: BOT });
        return true;
      }
      const place = admission(BOT, { channelId: d.channel_id, bot: true });
      const token = server.admit(place);
      const state = { guild_id: GUILD, channel_id: d.channel_id, user_id: BOT, session_id: place.sessionId };
      setImmediate(() => {
        library.onVoiceStateUpdate(state as Parameters<typeof library.onVoiceStateUpdate>[0]);
        library.onVoiceServerUpdate({ token, guild_id: GUILD, endpoint: server.endpoint });
      });
      return true;
    },
  });
}

let groups = 0;

async function joinBot(server: VoiceServer, channelId = CHANNEL): Promise<VoiceConnection> {
  const connection = joinVoiceChannel({
    guildId: GUILD,
    channelId,
    group: `test-${groups++}`,
    selfDeaf: false,
    adapterCreator: adapter(server),
  });
  connection.on('error', (error) => assert.fail(error));
  await entersState(connection, VoiceConnectionStatus.Ready, 5000);
  return connection;
}

/** Keeps the Opus packets of one person. */
function listen(connection: VoiceConnection, userId: string): Buffer[] {
  const packets: Buffer[] = [];
  const stream = connection.receiver.subscribe(userId, { end: { behavior: EndBehaviorType.Manual } });
  stream.on('data', (packet: Buffer) => packets.push(packet));
  stream.on('error', (error) => assert.fail(error));
  return packets;
}

function decode(packets: readonly Buffer[]): Int16Array {
  return decodeTimeline(packets.map((opus, i) => ({ at: i * 960, opus })));
}

async function play(connection: VoiceConnection, hertz: number): Promise<void> {
  const player = createAudioPlayer();
  connection.subscribe(player);
  player.play(createAudioResource(Readable.from(encodeSound(tone(hertz, 600))), { inputType: StreamType.Opus }));
  await once(player, 'idle');
}

function daveReady(connection: VoiceConnection): boolean {
  const networking = connection.state.status === VoiceConnectionStatus.Ready ? connection.state.networking : undefined;
  const state = networking?.state;
  return state !== undefined && 'dave' in state && state.dave?.session?.ready === true;
}

describe('@discordjs/voice', () => {
  let server: VoiceServer;
  before(async () => {
    server = await VoiceServer.start();
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), server.certificate]);
  });
  after(() => server.close());

  test('joins with DAVE, hears a person, and is heard, while a third comes and goes', async () => {
    const anna = await join(server, ANNA);
    const bot = await joinBot(server);
    await until(() => daveReady(bot), 'the bot has a group');
    const fromAnna = listen(bot, ANNA);
    const speech = anna.speak(tone(440, 1500));
    await until(() => fromAnna.length > 10, 'the bot hears Anna');
    const cleo = await join(server, CLEO);
    await until(() => fromAnna.length > 40, 'the bot goes on hearing Anna');
    await cleo.disconnect();
    await speech;
    await until(() => fromAnna.length === 75 + 5, 'every frame and the silence at its end');
    assert.ok(Math.abs(pitch(decode(fromAnna)) - 440) < 5, `${pitch(decode(fromAnna))} Hz`);

    await play(bot, 660);
    await until(() => anna.heard.length >= 30, 'Anna hears the bot');
    assert.ok(Math.abs(pitch(anna.heardPcm({ userId: BOT })) - 660) < 5, `${pitch(anna.heardPcm({ userId: BOT }))} Hz`);
    assert.deepEqual(server.refused, { malformed: 0, strangers: 0, unauthentic: 0, unannounced: 0 });
    bot.destroy();
    await anna.disconnect();
  });

  test('joins again after it left, and hears and is heard', async () => {
    const anna = await join(server, ANNA);
    const first = await joinBot(server);
    await until(() => daveReady(first), 'a group');
    first.destroy();
    await until(() => server.connected(CHANNEL).length === 1, 'the bot is gone');
    const bot = await joinBot(server);
    await until(() => daveReady(bot), 'a group again');
    const fromAnna = listen(bot, ANNA);
    await anna.speak(tone(500, 400));
    await until(() => fromAnna.length === 25, 'the bot hears Anna');
    assert.ok(Math.abs(pitch(decode(fromAnna)) - 500) < 10);
    await play(bot, 300);
    await until(() => anna.heard.length >= 30, 'Anna hears the bot');
    bot.destroy();
    await anna.disconnect();
  });

  test('resumes after its websocket broke, with what was said meanwhile', async () => {
    const anna = await join(server, ANNA);
    const bot = await joinBot(server);
    await until(() => daveReady(bot), 'a group');
    const states: string[] = [];
    const { networking } = bot.state as { networking: NodeJS.EventEmitter };
    networking.on('stateChange', (_, now) => states.push(String((now as { code: number }).code)));
    server.sever({ guildId: GUILD, userId: BOT });
    const ben = await join(server, BEN); // its group change reaches the bot by the replay
    await until(() => states.includes('5') && states.at(-1) === '4', 'resumed');
    await until(() => ben.heard.length === 0 && server.connected(CHANNEL).length === 3, 'three are there');
    const fromBen = listen(bot, BEN);
    await ben.speak(tone(600, 400));
    await until(() => fromBen.length === 25, 'the bot hears the one who came meanwhile');
    assert.ok(Math.abs(pitch(decode(fromBen)) - 600) < 10);
    bot.destroy();
    await Promise.all([anna.disconnect(), ben.disconnect()]);
  });

  test('is moved to another channel of the same server', async () => {
    const elsewhere = '200000000000000002';
    const anna = await join(server, ANNA);
    const ben = await join(server, BEN, { admission: { channelId: elsewhere } });
    const bot = await joinBot(server);
    await until(() => daveReady(bot), 'a group');
    bot.rejoin({ channelId: elsewhere, selfDeaf: false, selfMute: false });
    await until(() => server.connected(elsewhere).includes(BOT), 'the bot is in the other channel');
    await until(() => daveReady(bot), 'a group there');
    assert.deepEqual(server.connected(CHANNEL), [ANNA]);
    const fromBen = listen(bot, BEN);
    await ben.speak(tone(600, 300));
    await until(() => fromBen.length === 20, 'the bot hears those who are there');
    bot.destroy();
    await Promise.all([anna.disconnect(), ben.disconnect()]);
  });

  test('outlives a crowd that comes and goes, its own broken websockets included, and hears whoever stayed', async () => {
    const bot = await joinBot(server);
    const random = seededRandom(3, 'crowd');
    // Undefined: put out in the middle of joining, as half of the leavers may be.
    const present = new Map<string, Promise<VoiceClient | undefined>>();
    const gone: Promise<unknown>[] = [];
    for (let step = 0; step < 60; step++) {
      const userId = String(400000000000000000n + BigInt(Math.floor(random() * 6)));
      const person = present.get(userId);
      if (!person) {
        const joining = join(server, userId).catch(() => undefined);
        present.set(userId, joining);
      } else {
        present.delete(userId);
        if (random() < 0.5) server.dismiss({ guildId: GUILD, userId });
        gone.push(person.then((client) => client?.disconnect()));
      }
      if (random() < 0.05) server.sever({ guildId: GUILD, userId: BOT });
      await sleep(random() < 0.5 ? 0 : 30 * random());
    }
    const anna = await join(server, ANNA);
    const people = (await Promise.all(present.values())).map((person) => person as VoiceClient);
    await Promise.all(gone);
    const fromAnna = listen(bot, ANNA);
    await anna.speak(tone(440, 400));
    await until(() => fromAnna.length === 25, 'the bot hears Anna');
    await until(() => people.every(({ heard }) => heard.filter((p) => p.userId === ANNA).length === 25), 'all do');
    bot.destroy();
    await Promise.all([anna, ...people].map((person) => person.disconnect()));
  });

  test('is put out with 4014 and stays out', async () => {
    const bot = await joinBot(server);
    server.dismiss({ guildId: GUILD, userId: BOT });
    await entersState(bot, VoiceConnectionStatus.Disconnected, 2000);
    assert.equal((bot.state as { closeCode?: number }).closeCode, 4014);
    await sleep(50);
    assert.equal(bot.state.status, VoiceConnectionStatus.Disconnected);
    bot.destroy();
  });
});

describe('@discordjs/voice, one transport mode', () => {
  for (const mode of ENCRYPTION_MODES) {
    test(`${mode}: both directions`, async () => {
      const server = await VoiceServer.start({ encryptionModes: [mode] });
      const anna = await join(server, ANNA);
      const bot = await joinBot(server);
      await until(() => daveReady(bot), 'a group');
      const fromAnna = listen(bot, ANNA);
      await Promise.all([anna.speak(tone(440, 600)), play(bot, 880)]);
      await until(() => fromAnna.length === 35 && anna.heard.length >= 30, 'both heard');
      assert.ok(Math.abs(pitch(decode(fromAnna)) - 440) < 5);
      assert.ok(Math.abs(pitch(anna.heardPcm()) - 880) < 5);
      bot.destroy();
      await anna.disconnect();
      await server.close();
    });
  }
});
