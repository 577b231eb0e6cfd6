// A voice client with DAVE that shares no code with Parley, its simulator or @discordjs/voice: Dysnomia.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeTimeline, encodeSound } from '../../src/discord/voice/opus-packets.ts';
import { VoiceServer } from '../../src/discord/voice/server.ts';
import { ENCRYPTION_MODES, type EncryptionMode } from '../../src/discord/voice/transport.ts';
import { ANNA, admission, BEN, BOT, GUILD, join, pitch, tone, until } from './voice/support.ts';

/** What of Dysnomia's VoiceConnection is used here; it takes what its Client would have got from the main gateway. */
interface Connection extends NodeJS.EventEmitter {
  readonly ready: boolean;
  readonly daveSession: { readonly ready: boolean } | null;
  connect(place: Record<'channel_id' | 'endpoint' | 'session_id' | 'token' | 'user_id', string>): void;
  disconnect(): void;
  receive(type: 'opus'): NodeJS.EventEmitter;
  setSpeaking(flags: number): void;
  sendAudioFrame(opus: Buffer): void;
}
type ConnectionClass = new (guildId: string, options: { opusOnly: boolean; ws: { ca: string } }) => Connection;

const { VoiceConnection } = createRequire(import.meta.url)('@projectdysnomia/dysnomia') as {
  VoiceConnection: ConnectionClass;
};

async function joinDysnomia(server: VoiceServer): Promise<Connection> {
  const connection = new VoiceConnection(GUILD, { opusOnly: true, ws: { ca: server.certificate } });
  connection.on('error', (error) => assert.fail(error));
  connection.on('warn', () => {});
  const place = admission(BOT, { bot: true });
  connection.connect({
    channel_id: place.channelId,
    endpoint: server.endpoint,
    session_id: place.sessionId,
    token: server.admit(place),
    user_id: BOT,
  });
  await until(() => connection.ready, 'Dysnomia is ready');
  return connection;
}

/** What it receives of one user. */
function listen(connection: Connection, userId: string): { opus: Buffer; sequence: number }[] {
  const packets: { opus: Buffer; sequence: number }[] = [];
  connection.receive('opus').on('data', (opus: Buffer, from: string, _timestamp: number, sequence: number) => {
    if (from === userId) packets.push({ opus, sequence });
  });
  return packets;
}

async function play(connection: Connection, hertz: number): Promise<void> {
  connection.setSpeaking(1);
  for (const opus of encodeSound(tone(hertz, 600))) {
    await sleep(20);
    connection.sendAudioFrame(opus);
  }
  connection.setSpeaking(0);
}

describe('Dysnomia', () => {
  let server: VoiceServer;
  before(async () => {
    server = await VoiceServer.start();
  });
  after(() => server.close());

  for (const mode of ENCRYPTION_MODES) {
    test(`joins a channel with DAVE and exchanges sound with a person, ${mode}`, () => exchange(mode));
  }

  test('stays in the group while others come and go', async () => {
    const anna = await join(server, ANNA);
    const dysnomia = await joinDysnomia(server);
    await until(() => dysnomia.daveSession?.ready === true, 'a group');
    const fromAnna = listen(dysnomia, ANNA);
    const speech = anna.speak(tone(440, 1200));
    await until(() => fromAnna.length > 5, 'it hears Anna');
    const ben = await join(server, BEN);
    await until(() => fromAnna.length > 30, 'it goes on hearing Anna');
    await ben.disconnect();
    await speech;
    await until(() => fromAnna.length === 65, 'all of it');
    assert.ok(Math.abs(pitch(decodeTimeline(fromAnna.map(({ opus }, i) => ({ at: i * 960, opus })))) - 440) < 5);
    dysnomia.disconnect();
    await anna.disconnect();
  });
});

async function exchange(mode: EncryptionMode): Promise<void> {
  const server = await VoiceServer.start({ encryptionModes: [mode] });
  const anna = await join(server, ANNA);
  const dysnomia = await joinDysnomia(server);
  await until(() => dysnomia.daveSession?.ready === true, 'a group');
  const fromAnna = listen(dysnomia, ANNA);
  await anna.speak(tone(440, 600));
  await until(() => fromAnna.length === 35, 'it hears Anna');
  assert.ok(
    fromAnna.every(({ sequence }, i) => i === 0 || sequence === ((fromAnna[i - 1]?.sequence ?? 0) + 1) % 65536),
  );
  assert.ok(Math.abs(pitch(decodeTimeline(fromAnna.map(({ opus }, i) => ({ at: i * 960, opus })))) - 440) < 5);
  await play(dysnomia, 660);
  await until(() => anna.heard.length >= 30, 'Anna hears it');
  assert.ok(Math.abs(pitch(anna.heardPcm()) - 660) < 5, `${pitch(anna.heardPcm())} Hz`);
  dysnomia.disconnect();
  await anna.disconnect();
  await server.close();
}
