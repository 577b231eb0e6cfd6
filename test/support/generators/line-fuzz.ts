import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SimulatedDiscord, type SimulatedPerson, writeRtpHeader } from '@parley/simulator/discord';
import { Client, GatewayIntentBits } from 'discord.js';
import fc from 'fast-check';
import pino from 'pino';
import { OpusCodecs } from '../../../src/discord/voice/receive/opus.ts';
import type { ReceiveCounts } from '../../../src/discord/voice/receive/receiver.ts';
import { type DiscordVoiceLine, joinVoiceLine } from '../../../src/discord/voice/voice-line.ts';
import { share, tone } from '../sound/sound.ts';
import { mutated, mutation } from './mutations.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Sent before the other side is given a moment: no buffer of the system overflows. */
const BURST = 50;
const RATE = 24000;
const HZ = 500;
const SAID_MS = 600;

const id = fc.bigInt({ min: 1n, max: 2n ** 63n }).map(String);
const odd = fc.oneof(
  fc.constantFrom(null, '', 0, -1, 1.5, 2 ** 40, true),
  fc.string(),
  fc.array(fc.oneof(id, fc.nat(), fc.constant(null)), { maxLength: 4 }),
);
const json = (message: fc.Arbitrary<unknown>): fc.Arbitrary<string> => message.map((one) => JSON.stringify(one));
/** Messages of the voice gateway with any field wrong, and things that are no messages. */
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.json({ maxDepth: 2 }),
  json(fc.record({ op: fc.constantFrom(5, 5, 6, 9, 11, 13, 15, 18, 20, 21, 22, 24, 99), d: odd })),
  json(
    fc.record({
      op: fc.constantFrom(5, 11, 13, 2, 4, 8),
      d: fc.record({
        user_id: fc.oneof(id, odd),
        user_ids: odd,
        ssrc: fc.oneof(fc.nat(), odd),
        ip: odd,
        port: odd,
        modes: odd,
      }),
    }),
  ),
  json(
    fc.record({
      op: fc.constantFrom(21, 22),
      d: fc.record({ transition_id: fc.integer({ min: 1, max: 70_000 }), protocol_version: odd }),
    }),
  ),
);
/** DAVE's binary frames: sequence number, opcode, and what is no MLS message. */
const binary = fc
  .tuple(fc.constantFrom(25, 27, 29, 30, 31, 200), fc.uint8Array({ maxLength: 120 }))
  .map(([op, payload]) => Buffer.concat([Buffer.from([0, 1, op]), payload]));
const frame = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.tuple(binary, mutation).map(([bytes, what]) => mutated(bytes, what)) },
);

/** How much is thrown at a line, and from which seed. */
export interface LineFuzz {
  readonly datagrams: number;
  readonly messages: number;
  readonly seed: number;
}

/** What became of it. */
export interface LineFuzzed {
  readonly counts: ReceiveCounts;
  /** Messages that found no connection. */
  readonly unsent: number;
  /** Live memory from a quarter of the way to the end. */
  readonly grownBytes: number;
  /** Ms of the sentence afterwards that was heard, the share of its pitch 0…1, and how often it had to be said. */
  readonly heardMs: number;
  readonly heardShare: number;
  readonly attempts: number;
}

/** Joins a real line to a simulated Discord, throws it all at it, and lets a person speak. Closes everything. */
export async function fuzzLine(fuzz: LineFuzz): Promise<LineFuzzed> {
  const discord = await SimulatedDiscord.start({ seed: 9 });
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: { api: discord.apiUrl },
  });
  let line: DiscordVoiceLine | undefined;
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
    const guild = discord.createGuild({ name: 'Noise' });
    const channelId = guild.createVoiceChannel({ name: 'Lounge' });
    const ready = new Promise((resolve) => client.once('clientReady', resolve));
    await client.login(discord.token);
    await ready;
    const anna = guild.addPerson({ name: 'Anna' });
    await anna.join(channelId);
    line = await joinVoiceLine({
      mayHear: () => true,
      guildId: guild.id,
      channelId,
      adapterCreator: client.guilds.cache.get(guild.id)?.voiceAdapterCreator as never,
      inputRate: RATE,
      codecs: new OpusCodecs(),
      log: pino({ level: 'silent' }),
      othersAreThere: () => true,
    });
    const ears = new Ears(line, anna);
    await ears.say();
    const target = new Target(discord, line, { guildId: guild.id, userId: discord.botUser.id }, anna.voice.ssrc);
    await target.take({ ...fuzz, datagrams: fuzz.datagrams / 4, messages: fuzz.messages / 4 });
    const before = alive();
    await target.take({
      datagrams: (fuzz.datagrams * 3) / 4,
      messages: (fuzz.messages * 3) / 4,
      seed: fuzz.seed + 1,
    });
    const grownBytes = alive() - before;
    const heard = await ears.heardInTheEnd();
    return { counts: line.counts, unsent: target.unsent, grownBytes, ...heard };
  } finally {
    await line?.close();
    await client.destroy();
    await discord.close();
  }
}

function alive(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A line, from where the network sees it. */
class Target {
  unsent = 0;
  readonly #discord: SimulatedDiscord;
  readonly #line: DiscordVoiceLine;
  readonly #seat: { readonly guildId: string; readonly userId: string };
  readonly #template: Buffer;

  constructor(
    discord: SimulatedDiscord,
    line: DiscordVoiceLine,
    seat: { guildId: string; userId: string },
    ssrc: number,
  ) {
    this.#discord = discord;
    this.#line = line;
    this.#seat = seat;
    const header = writeRtpHeader({ ssrc, sequence: 1, timestamp: 960 });
    this.#template = Buffer.concat([header, Buffer.alloc(90, 0x5a)]);
  }

  async take({ datagrams, messages, seed }: LineFuzz): Promise<void> {
    const datagram = fc.oneof(
      fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
      mutation.map((what) => mutated(this.#template, what)),
    );
    for (const [i, bytes] of fc.sample(datagram, { numRuns: datagrams, seed }).entries()) {
      const from = i % 4 === 0 ? 'stranger' : 'server';
      // While the line comes back there is nobody to send it to: the line's own counts tell what came.
      const sent = this.#discord.voice.inject(this.#seat, bytes, from).catch(() => {});
      if (i % BURST === BURST - 1) {
        await sent;
        await this.#read();
      }
    }
    for (const [i, message] of fc.sample(frame, { numRuns: messages, seed }).entries()) {
      try {
        this.#discord.voice.injectMessage(this.#seat, message);
      } catch {
        this.unsent += 1;
        await wait(20);
      }
      if (i % BURST === BURST - 1) await wait(1);
    }
    await wait(100);
  }

  /** Until nothing more comes out of the socket. */
  async #read(): Promise<void> {
    for (let last = -1; last !== this.#line.counts.datagrams; ) {
      last = this.#line.counts.datagrams;
      await wait(1);
    }
  }
}

/** A person who says the same again and again, and what the line makes of it. */
class Ears {
  readonly #anna: SimulatedPerson;
  #pcm: number[] = [];

  constructor(line: DiscordVoiceLine, anna: SimulatedPerson) {
    this.#anna = anna;
    void (async () => {
      for await (const event of line.events) {
        if (event.type === 'frame' && event.userId === anna.userId) this.#pcm.push(...event.pcm);
      }
    })().catch(() => {});
  }

  async say(): Promise<void> {
    this.#pcm = [];
    const pcm = tone({ hz: HZ, ms: SAID_MS, rate: 48000 });
    await this.#anna.voice.speak({ pcm, sampleRate: 48000, channels: 1 });
    await wait(150);
  }

  /** A group that was broken is joined anew, for which the server takes a moment: it may have to be said up to 12 times. */
  async heardInTheEnd(): Promise<Pick<LineFuzzed, 'heardMs' | 'heardShare' | 'attempts'>> {
    let heardMs = 0;
    let heardShare = 0;
    let attempts = 0;
    while (attempts < 12 && (heardMs < SAID_MS || heardShare < 0.95)) {
      await this.say();
      attempts += 1;
      heardMs = this.#pcm.length / (RATE / 1000);
      heardShare = share(Int16Array.from(this.#pcm.slice(2_400, 12_000)), HZ, RATE);
    }
    return { heardMs, heardShare, attempts };
  }
}
