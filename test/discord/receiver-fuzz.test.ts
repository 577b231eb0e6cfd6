import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Transport } from '@parley/simulator/discord';
import fc from 'fast-check';
import { OpusCodecs } from '../../src/discord/voice/receive/opus.ts';
import { Receiver } from '../../src/discord/voice/receive/receiver.ts';
import type { Frame } from '../../src/ports/voice.ts';
import { type Mutation, mutated, mutation } from '../support/generators/mutations.ts';
import { opusTone, sealed } from '../support/sound/sealed-stream.ts';
import { share } from '../support/sound/sound.ts';

const MODE = 'aead_aes256_gcm_rtpsize';
const PER_RUN = 100;
/** Of 100 acts each. */
const RUNS = 1000;
const ALLOWED_GROWTH_BYTES = 8 << 20;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** One thing that comes from outside. `sequence` is relative to the person's own; `who` picks an SSRC. */
type Act =
  | { readonly kind: 'random'; readonly bytes: Uint8Array }
  | { readonly kind: 'forged'; readonly who: number; readonly sequence: number; readonly what: Mutation }
  | { readonly kind: 'authentic'; readonly who: number; readonly sequence: number; readonly what: Mutation }
  | { readonly kind: 'replay'; readonly back: number }
  | { readonly kind: 'message'; readonly op: 5 | 11 | 13; readonly who: number; readonly user: number }
  | { readonly kind: 'time'; readonly ms: number };

const who = fc.nat(5);
const sequence = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -40_000, max: 40_000 }));
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes): Act => ({ kind: 'random', bytes })) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('forged' as const), who, sequence, what: mutation }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('authentic' as const), who, sequence, what: mutation }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replay' as const), back: fc.nat(300) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      op: fc.constantFrom(5 as const, 11 as const, 13 as const),
      who: fc.nat(50),
      user: fc.nat(50),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(700) }) },
);

/** A receiver with everything that a line hands to it. */
class Scene {
  readonly transport: Transport;
  readonly receiver: Receiver;
  readonly media = opusTone({ hz: 700, count: 50 });
  readonly counts = { random: 0, forged: 0, authentic: 0, replay: 0, message: 0, time: 0 };
  readonly heard: Frame[] = [];
  listening = false;
  now = 0;
  readonly #past: Buffer[] = [];
  readonly #sequences = [0, 0, 0, 0, 0, 0];

  constructor() {
    const secretKey = randomBytes(32);
    this.transport = new Transport(MODE, secretKey);
    this.receiver = new Receiver({
      mayHear: () => true,
      codecs: new OpusCodecs(),
      rate: 24000,
      emit: (event) => {
        if (event.type === 'frame' && this.listening) this.heard.push(event);
      },
      now: () => this.now,
    });
    // Like davey: what does not bear the mark is refused; what does is opened.
    const dave = (_: string, packet: Buffer): Buffer => {
      if (packet.length < 3 || packet.readUInt16BE(packet.length - 2) !== 0xfafa) throw new Error('not sealed');
      return packet.subarray(0, packet.length - 2);
    };
    this.receiver.keys = { encryptionMode: MODE, secretKey, dave, recover: () => {} };
  }

  do(one: Act): void {
    this.counts[one.kind] += 1;
    switch (one.kind) {
      case 'random':
        this.receiver.receive(Buffer.from(one.bytes));
        break;
      case 'forged':
        this.receiver.receive(mutated(this.#packet(one.who, one.sequence), one.what));
        break;
      case 'authentic':
        this.receiver.receive(this.#packet(one.who, one.sequence, one.what));
        break;
      case 'replay':
        if (this.#past.length > 0) this.receiver.receive(this.#past[one.back % this.#past.length] as Buffer);
        break;
      case 'message':
        if (one.op === 5) this.receiver.name(one.who, `${one.user}`);
        else if (one.op === 11) this.receiver.joined(`${one.user}`);
        else this.receiver.left(`${one.user}`);
        break;
      case 'time':
        this.now += one.ms;
        this.receiver.tick(this.now);
        break;
      default:
        one satisfies never;
    }
  }

  /** A packet of a person, its sequence moved on by `ahead`; `what` is done to the media before the transport seals it. */
  #packet(person: number, ahead: number, what: Mutation = { kind: 'none' }): Buffer {
    const sequence = ((this.#sequences[person] as number) + 1 + ahead) & 0xffff;
    this.#sequences[person] = sequence;
    const opus = Buffer.concat([mutated(this.media[sequence % 50] as Buffer, what), Buffer.from([0xfa, 0xfa])]);
    const datagram = sealed(this.transport, { ssrc: person, sequence, opus });
    if (this.#past.length < 300) this.#past.push(datagram);
    else this.#past[sequence % 300] = datagram;
    return datagram;
  }

  /** Somebody new speaks for a second; gives what is heard of it. */
  listen(): Frame[] {
    this.receiver.left('99');
    this.receiver.name(99, '99');
    this.listening = true;
    for (const [i, opus] of this.media.entries()) {
      this.now += 20;
      const marked = Buffer.concat([opus, Buffer.from([0xfa, 0xfa])]);
      this.receiver.receive(sealed(this.transport, { ssrc: 99, sequence: i, opus: marked }));
      this.receiver.tick(this.now);
    }
    this.listening = false;
    return this.heard.filter((frame) => frame.userId === '99');
  }
}

describe('Receiver under 100,000 random and mutated datagrams, messages and moments', () => {
  it('never throws, keeps nothing, and hears a person perfectly afterwards', (t) => {
    const scene = new Scene();
    const run = (runs: number, seed: number): void =>
      fc.assert(
        fc.property(fc.array(act, { minLength: PER_RUN, maxLength: PER_RUN, size: 'max' }), (acts) => {
          for (const one of acts) scene.do(one);
        }),
        // The scene lives on: what failed cannot be made smaller, but the seed shows it again.
        { numRuns: runs, seed, endOnFailure: true },
      );
    run(RUNS / 4, 20_261_121);
    collect();
    const before = process.memoryUsage();
    run((RUNS * 3) / 4, 20_261_122);
    collect();
    const after = process.memoryUsage();
    const growth = after.heapUsed + after.external - before.heapUsed - before.external;
    assert.ok(growth < ALLOWED_GROWTH_BYTES, `${(growth / 2 ** 20).toFixed(1)} MiB more after 75,000 acts`);
    const heard = scene.listen();
    assert.equal(heard.length, 50);
    assert.ok(heard.every((frame) => !frame.concealed && frame.gapMs === 0));
    const pcm = Int16Array.from(heard.slice(5).flatMap((frame) => [...frame.pcm]));
    assert.ok(share(pcm, 700, 24000) > 0.95);
    t.diagnostic(`${JSON.stringify(scene.counts)}, ${(growth / 2 ** 20).toFixed(2)} MiB more`);
    t.diagnostic(JSON.stringify(scene.receiver.counts));
    scene.receiver.reset();
  });
});
