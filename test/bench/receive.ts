// `node --expose-gc test/bench/receive.ts`: what a packet that comes costs, by part and as a whole, in ns of one core.
// docs/performance.md has the figures.
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DaveGroup, type EncryptionMode, ExternalSender, Transport, VoiceClientDave } from '@parley/simulator/discord';
import { AutomaticGain } from '../../src/audio/automatic-gain.ts';
import { OpusCodecs } from '../../src/discord/voice/receive/opus.ts';
import { Receiver } from '../../src/discord/voice/receive/receiver.ts';
import { mediaOf, parseRtp, type RtpHeader } from '../../src/discord/voice/receive/rtp.ts';
import { transportOpener } from '../../src/discord/voice/receive/transport.ts';
import { opusTone, sealed } from '../support/sound/sealed-stream.ts';
import { tone } from '../support/sound/sound.ts';

const { values } = parseArgs({
  options: { packets: { type: 'string', default: '5000' }, rounds: { type: 'string', default: '7' } },
});
const PACKETS = Number(values.packets);
const ROUNDS = Number(values.rounds);
const SSRC = 7;
const CHANNEL = '223456789012345678';
const ANNA = '323456789012345678';
const BOT = '323456789012345679';
const KEY = randomBytes(32);
const MODES: readonly EncryptionMode[] = ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'];
const media = opusTone({ hz: 300, count: 50 });
const opus = (i: number): Buffer => media[i % media.length] as Buffer;

/** Anna and the bot in a group of their own. */
async function group(): Promise<{ anna: VoiceClientDave; bot: VoiceClientDave; close: () => void }> {
  const server = new DaveGroup(CHANNEL, await ExternalSender.create());
  const join = (userId: string, other: string): VoiceClientDave => {
    const uplink = {
      send: (_: number, payload: unknown) => server.ready(userId, (payload as { transition_id: number }).transition_id),
      sendBinary: (op: number, payload: Buffer) => {
        // The first key package is sent before anybody is connected.
        queueMicrotask(() => (op === 26 ? server.keyPackage(userId, payload) : server.commitWelcome(userId, payload)));
      },
    };
    const client = new VoiceClientDave({ userId, channelId: CHANNEL }, uplink, () => {});
    client.joined([other]);
    server.connect({
      userId,
      send: (op, payload) => client.receive(op, payload as Record<string, unknown>),
      sendBinary: (op, payload) => client.receiveBinary(op, payload),
    });
    return client;
  };
  const [anna, bot] = [join(ANNA, BOT), join(BOT, ANNA)];
  await Promise.all([anna.whenSettled(), bot.whenSettled()]);
  return { anna, bot, close: () => [server, anna, bot].map((one) => one.close()) };
}

/** Least of all rounds, which other load of the machine disturbs least, in ns per packet; what `prepare` does is not measured, and no packet is used twice. */
async function measure<T>(
  name: string,
  prepare: (round: number) => T[],
  act: (one: T, i: number) => void,
): Promise<void> {
  const perPacket: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const prepared = prepare(round);
    globalThis.gc?.();
    await wait(20);
    const from = process.hrtime.bigint();
    for (const [i, one] of prepared.entries()) act(one, i);
    const ns = Number(process.hrtime.bigint() - from) / prepared.length;
    // The first is for the compiler.
    if (round > 0) perPacket.push(ns);
  }
  console.log(
    `${name.padEnd(44)} ${Math.round(Math.min(...perPacket))
      .toString()
      .padStart(7)} ns`,
  );
}

const list = <T>(make: (i: number) => T): T[] => Array.from({ length: PACKETS }, (_, i) => make(i));
const codecs = new OpusCodecs();
const decoder = codecs.lease(24000);
const gain = new AutomaticGain();
const quiet = tone({ hz: 300, ms: 20, rate: 24000, amplitude: 0.03 });
const dave = await group();

await measure(
  'header (RFC 3550)',
  () =>
    list((i) =>
      sealed(new Transport('aead_aes256_gcm_rtpsize', KEY), { ssrc: SSRC, sequence: i & 0xffff, opus: opus(i) }),
    ),
  (one) => parseRtp(one),
);
for (const mode of MODES) {
  const transport = new Transport(mode, KEY);
  const open = transportOpener(mode, KEY);
  await measure(
    `transport: ${mode}`,
    () => list((i) => sealed(transport, { ssrc: SSRC, sequence: i & 0xffff, opus: opus(i) })),
    (one) => {
      const header = parseRtp(one) as RtpHeader;
      mediaOf(open(one, header.headerBytes), header);
    },
  );
}
await measure(
  'end-to-end: DAVE',
  () => list((i) => dave.anna.seal(opus(i))),
  (one) => dave.bot.open(ANNA, one),
);
await measure(
  'Opus to 24 kHz mono',
  () => list(opus),
  (one) => decoder.decode(one),
);
await measure(
  'automatic gain, working',
  () => list(() => quiet),
  (one) => gain.push(one, { voiced: true, levelDb: -34 }, 20),
);

for (const isSealed of [false, true]) {
  let receiver: Receiver | undefined;
  const transport = new Transport('aead_aes256_gcm_rtpsize', KEY);
  let now = 0;
  let frames = 0;
  const prepare = (round: number): Buffer[] => {
    receiver?.reset();
    receiver = new Receiver({
      mayHear: () => true,
      codecs,
      rate: 24000,
      emit: (event) => {
        if (event.type === 'frame') frames += 1;
      },
      now: () => now,
    });
    const unseal = (_: string, packet: Buffer): Buffer => dave.bot.open(ANNA, packet) as Buffer;
    receiver.keys = { encryptionMode: 'aead_aes256_gcm_rtpsize', secretKey: KEY, dave: isSealed ? unseal : undefined };
    receiver.name(SSRC, ANNA);
    frames = 0;
    const sequence = (i: number): number => (i + round) & 0xffff;
    return list((i) =>
      sealed(transport, {
        ssrc: SSRC,
        sequence: sequence(i),
        timestamp: i * 960,
        opus: isSealed ? dave.anna.seal(opus(i)) : opus(i),
      }),
    );
  };
  await measure(`the whole receiver, AES-GCM${isSealed ? ' and DAVE' : ''}`, prepare, (one) => {
    now += 20;
    receiver?.receive(one);
  });
  if (frames !== PACKETS) throw new Error(`${frames} frames of ${PACKETS} packets`);
  receiver?.reset();
}
decoder.release();
dave.close();
