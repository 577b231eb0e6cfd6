import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import OpusScript from 'opusscript';
import { OpusCodecs } from '../../../../src/discord/voice/receive/opus.ts';
import { type MediaKeys, Receiver } from '../../../../src/discord/voice/receive/receiver.ts';
import { parseRtp } from '../../../../src/discord/voice/receive/rtp.ts';
import type { Frame, LineEvent } from '../../../../src/ports/voice.ts';
import { tone } from '../../../support/sound/sound.ts';

const KEY = randomBytes(32);
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
type Mode = 'aead_aes256_gcm_rtpsize' | 'aead_xchacha20_poly1305_rtpsize';

/** A datagram as Discord's rtpsize modes make it, by this test's own hand. */
function datagram(options: {
  sequence: number;
  media: Buffer;
  ssrc?: number;
  timestamp?: number;
  mode?: Mode;
  csrcs?: number;
  extension?: Buffer;
  padding?: number;
  profile?: number;
  nonce?: number;
}): Buffer {
  const { sequence, media, ssrc = 1, csrcs = 0, extension, padding = 0, mode = 'aead_aes256_gcm_rtpsize' } = options;
  const header = Buffer.alloc(12 + csrcs * 4 + (extension ? 4 : 0));
  header[0] = 0x80 | csrcs | (extension ? 0x10 : 0) | (padding ? 0x20 : 0);
  header[1] = 0x78;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((options.timestamp ?? sequence * 960) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  if (extension) {
    header.writeUInt16BE(options.profile ?? 0xbede, header.length - 4);
    header.writeUInt16BE(extension.length / 4, header.length - 2);
  }
  const pad = Buffer.alloc(padding);
  if (padding) pad[padding - 1] = padding;
  const plain = Buffer.concat([extension ?? Buffer.alloc(0), media, pad]);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(options.nonce ?? sequence);
  if (mode === 'aead_aes256_gcm_rtpsize') {
    const cipher = createCipheriv('aes-256-gcm', KEY, Buffer.concat([counter, Buffer.alloc(8)]));
    cipher.setAAD(header);
    return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag(), counter]);
  }
  const nonce = Buffer.concat([counter, Buffer.alloc(20)]);
  return Buffer.concat([header, xchacha20poly1305(KEY, nonce, header).encrypt(plain), counter]);
}

function packets(count: number): Buffer[] {
  const encoder = new OpusCodecs().lease(24000);
  const made = Array.from({ length: count }, (_, i) =>
    encoder.encode(tone({ hz: 440, ms: 20, rate: 24000, offset: i * 480 })),
  );
  encoder.release();
  return made;
}

/** The i-th packet of a tone at 48 kHz. */
function opus48(ms: number, channels: number, i: number): Buffer {
  const codec = new OpusScript(48000, channels as 1 | 2, OpusScript.Application.AUDIO);
  const mono = tone({ hz: 440, ms, rate: 48000, offset: i * ms * 48 });
  const pcm = channels === 1 ? mono : Int16Array.from({ length: mono.length * 2 }, (_, at) => mono[at >> 1] as number);
  const packet = codec.encode(Buffer.from(pcm.buffer), mono.length);
  codec.delete();
  return packet;
}

/** opusscript has one heap for all: decoders are given back after each test. */
const made: Receiver[] = [];
afterEach(() => {
  for (const receiver of made.splice(0)) receiver.reset();
});

function scene(keys: Partial<MediaKeys> = {}) {
  const events: LineEvent[] = [];
  const codecs = new OpusCodecs();
  const clock = { now: 0 };
  const receiver = new Receiver({
    mayHear: () => true,
    codecs,
    rate: 24000,
    emit: (event) => events.push(event),
    now: () => clock.now,
  });
  receiver.keys = { encryptionMode: 'aead_aes256_gcm_rtpsize', secretKey: KEY, dave: undefined, ...keys };
  made.push(receiver);
  const frames = (): Frame[] => events.filter((event): event is Frame => event.type === 'frame');
  return { receiver, events, frames, clock, codecs };
}

describe('Receiver', () => {
  it('gives each packet of a named SSRC as 20 ms of that person, in both transport modes', () => {
    for (const mode of ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'] as const) {
      const { receiver, frames } = scene({ encryptionMode: mode });
      receiver.name(1, 'anna');
      for (const [i, media] of packets(5).entries()) receiver.receive(datagram({ sequence: i, media, mode }));
      assert.deepEqual(
        frames().map((frame) => [frame.userId, frame.pcm.length, frame.gapMs]),
        Array(5).fill(['anna', 480, 0]),
      );
    }
  });

  it('reads CSRCs, header extension and padding by RFC 3550', () => {
    const { receiver, frames } = scene();
    receiver.name(1, 'anna');
    const [media] = packets(1) as [Buffer];
    const extension = Buffer.from([0x51, 0x80, 0, 0, 0, 0, 0, 0]);
    receiver.receive(datagram({ sequence: 1, media, csrcs: 2 }));
    receiver.receive(datagram({ sequence: 2, media, extension }));
    receiver.receive(datagram({ sequence: 3, media, padding: 7 }));
    receiver.receive(datagram({ sequence: 4, media, csrcs: 3, extension, padding: 4 }));
    assert.equal(frames().length, 4);
    assert.equal(receiver.counts.undecryptable, 0);
  });

  it('holds packets that overtook the message which names their sender', () => {
    const { receiver, frames, clock } = scene();
    const [a, b] = packets(2) as [Buffer, Buffer];
    receiver.receive(datagram({ sequence: 0, media: a }));
    receiver.receive(datagram({ sequence: 1, media: b }));
    clock.now = 400;
    receiver.tick(400);
    receiver.name(1, 'anna');
    assert.equal(frames().length, 2);
    receiver.receive(datagram({ sequence: 9, media: a, ssrc: 7 }));
    receiver.tick(1000);
    receiver.name(7, 'ben');
    assert.equal(frames().length, 2, 'after 500 ms they are given up');
    assert.equal(receiver.counts.unnamed, 1);
  });

  it('never lets an SSRC speak for its old owner', () => {
    const { receiver, frames } = scene();
    const [media] = packets(1) as [Buffer];
    receiver.name(1, 'anna');
    receiver.receive(datagram({ sequence: 0, media }));
    receiver.name(1, 'ben');
    receiver.receive(datagram({ sequence: 5000, media }));
    receiver.name(2, 'ben');
    receiver.receive(datagram({ sequence: 5001, media }));
    receiver.left('ben');
    receiver.receive(datagram({ sequence: 5002, media, ssrc: 2 }));
    assert.deepEqual(
      frames().map((frame) => frame.userId),
      ['anna', 'ben'],
    );
  });

  it('conceals a lost packet after 60 ms, up to 100 ms, and tells silence as a gap', () => {
    const { receiver, frames, clock } = scene();
    receiver.name(1, 'anna');
    const media = packets(12);
    receiver.receive(datagram({ sequence: 0, media: media[0] as Buffer }));
    receiver.receive(datagram({ sequence: 2, media: media[2] as Buffer }));
    clock.now = 59;
    receiver.tick(59);
    assert.equal(frames().length, 1);
    receiver.tick(60);
    assert.deepEqual(
      frames().map((frame) => [frame.concealed, frame.pcm.length]),
      [
        [false, 480],
        [true, 480],
        [false, 480],
      ],
    );
    receiver.receive(datagram({ sequence: 3, media: media[3] as Buffer, timestamp: 3 * 960 + 48 * 500 }));
    assert.equal(frames().at(-1)?.gapMs, 500);
    receiver.receive(datagram({ sequence: 12, media: media[4] as Buffer, timestamp: 12 * 960 + 48 * 500 }));
    receiver.tick(1000);
    assert.equal(frames().at(-2)?.pcm.length, 2400, 'eight lost: 100 ms guessed');
    assert.equal(frames().at(-1)?.gapMs, 60, 'the rest of them is silence');
  });

  it('loses only the packet itself when one was forged, and decodes nothing that is still sealed', () => {
    const { receiver, frames } = scene();
    receiver.name(1, 'anna');
    const [media] = packets(1) as [Buffer];
    const forged = datagram({ sequence: 0, media });
    forged[20] = (forged[20] as number) ^ 1;
    receiver.receive(forged);
    receiver.receive(datagram({ sequence: 1, media: Buffer.concat([media, Buffer.from([0xfa, 0xfa])]) }));
    receiver.receive(datagram({ sequence: 2, media }));
    assert.equal(frames().length, 1);
    assert.equal(receiver.counts.undecryptable, 2);
  });

  it('opens end-to-end encryption per person, and lets the silence at the end of a spurt pass', () => {
    const seen: string[] = [];
    const dave = (userId: string, packet: Buffer): Buffer => {
      seen.push(userId);
      if (packet.length < 10) throw new Error('no key');
      return packet.subarray(5);
    };
    const { receiver, frames } = scene({ dave });
    receiver.name(1, 'anna');
    const [media] = packets(1) as [Buffer];
    receiver.receive(datagram({ sequence: 0, media: Buffer.concat([Buffer.from('seal.'), media]) }));
    receiver.receive(datagram({ sequence: 1, media: SILENCE }));
    receiver.receive(datagram({ sequence: 2, media: Buffer.from('bad') }));
    assert.equal(frames().length, 2);
    assert.deepEqual(seen, ['anna', 'anna']);
    receiver.tick(500);
    assert.equal(receiver.counts.undecryptable, 1);
  });

  it('knows by their key who speaks under an SSRC that nobody named, and loses nothing of it', () => {
    const seal = (owner: string, media: Buffer): Buffer =>
      Buffer.concat([Buffer.from(owner.padEnd(5)), media, Buffer.from([0xfa, 0xfa])]);
    const used = new Set<string>();
    const dave = (userId: string, packet: Buffer): Buffer => {
      const name = packet.toString('latin1');
      if (packet.subarray(0, 5).toString() !== userId.padEnd(5) || used.has(name)) throw new Error('not theirs');
      used.add(name);
      return packet.subarray(5, -2);
    };
    const { receiver, frames, clock } = scene({ dave, members: () => ['anna', 'ben'] });
    const media = packets(30);
    for (const [i, one] of media.entries()) {
      clock.now = i * 20;
      receiver.receive(datagram({ sequence: i, media: seal('ben', one), ssrc: 7 }));
      receiver.receive(datagram({ sequence: i, media: seal('cleo', one), ssrc: 8 }));
      receiver.tick(clock.now);
    }
    assert.deepEqual(
      frames().map(({ userId, concealed }) => [userId, concealed]),
      Array(30).fill(['ben', false]),
    );
  });

  it('takes nothing that is not sealed for a proof of who sent it', () => {
    const { receiver, frames, clock } = scene({ dave: (_, packet) => packet, members: () => ['anna'] });
    const marked = Buffer.concat([packets(1)[0] as Buffer, Buffer.from([0xfa, 0xfa])]);
    for (const [i, media] of [...packets(2), marked].entries())
      receiver.receive(datagram({ sequence: i, media, ssrc: 7 + i }));
    clock.now = 300;
    receiver.tick(300);
    assert.equal(frames().length, 0);
  });

  it('keeps packets that overtook the key which opens them, and gives them in order once it is there', () => {
    let key = false;
    const dave = (_: string, packet: Buffer): Buffer => {
      if (!key) throw new Error('no key yet');
      return packet.subarray(5);
    };
    const { receiver, frames, clock } = scene({ dave });
    receiver.name(1, 'anna');
    for (const [i, media] of packets(5).entries()) {
      receiver.receive(datagram({ sequence: i, media: Buffer.concat([Buffer.from('seal.'), media]) }));
    }
    receiver.receive(datagram({ sequence: 5, media: SILENCE }));
    assert.equal(frames().length, 0);
    key = true;
    clock.now = 300;
    receiver.tick(300);
    assert.equal(frames().length, 6);
    assert.equal(receiver.counts.undecryptable, 0);
  });

  it('does not let a packet that nobody can open hold up those behind it', () => {
    const dave = (_: string, packet: Buffer): Buffer => {
      if (packet.subarray(0, 5).toString() !== 'seal.') throw new Error('not ours');
      return packet.subarray(5);
    };
    const { receiver, frames } = scene({ dave });
    receiver.name(1, 'anna');
    const [a, b] = packets(2) as [Buffer, Buffer];
    receiver.receive(datagram({ sequence: 0, media: Buffer.concat([Buffer.from('seal.'), a]) }));
    receiver.receive(datagram({ sequence: 1, media: Buffer.from('something else') }));
    receiver.receive(datagram({ sequence: 2, media: Buffer.concat([Buffer.from('seal.'), b]) }));
    receiver.tick(60);
    assert.deepEqual(
      frames().map((frame) => frame.concealed),
      [false, true, false],
    );
    assert.equal(receiver.counts.undecryptable, 1);
  });

  it('gives the decoder of a person back who is silent for 3 s', () => {
    const { receiver, codecs, clock } = scene();
    receiver.name(1, 'anna');
    receiver.receive(datagram({ sequence: 0, media: packets(1)[0] as Buffer }));
    assert.equal(codecs.live, 1);
    clock.now = 3000;
    receiver.tick(3000);
    assert.equal(codecs.live, 0);
  });

  it('takes a packet once, however often it is sent again, and a forged one does not move the window', () => {
    const { receiver, frames } = scene();
    receiver.name(1, 'anna');
    const sent = packets(300).map((media, sequence) => datagram({ sequence, media }));
    for (const one of sent) receiver.receive(one);
    assert.equal(frames().length, 300);
    for (const one of [sent[0], sent[20], sent[299], sent[299]]) receiver.receive(one as Buffer);
    const forged = Buffer.from(sent[299] as Buffer);
    forged.writeUInt16BE(20_000, 2);
    receiver.receive(forged);
    receiver.receive(datagram({ sequence: 300, media: (packets(1) as [Buffer])[0] }));
    assert.equal(frames().length, 301);
    assert.deepEqual(
      { replayed: receiver.counts.replayed, undecryptable: receiver.counts.undecryptable },
      { replayed: 4, undecryptable: 1 },
    );
  });

  it('hears a sender that begins anew far from its last sequence number, without a gap made of its new clock', () => {
    const { receiver, frames, clock } = scene();
    receiver.name(1, 'anna');
    const [a, b, c] = packets(3) as [Buffer, Buffer, Buffer];
    receiver.receive(datagram({ sequence: 40_000, media: a, timestamp: 1000 }));
    clock.now = 320;
    receiver.receive(datagram({ sequence: 50_000, media: b, timestamp: 0x7000_0000 }));
    receiver.receive(datagram({ sequence: 50_001, media: c, timestamp: 0x7000_0000 + 960 }));
    // No key says that it is still anna, so it waits for word of another owner.
    clock.now = 820;
    receiver.tick(clock.now);
    assert.deepEqual(
      frames().map((frame) => frame.gapMs),
      [0, 300, 0],
    );
  });

  it('tells RTCP, keep-alives and IP discovery apart from malformed datagrams', () => {
    const { receiver } = scene();
    const rtcp = Buffer.alloc(60);
    rtcp[0] = 0x81;
    for (const type of [200, 201, 202, 203, 204]) {
      rtcp[1] = type;
      receiver.receive(rtcp);
    }
    receiver.receive(Buffer.alloc(8));
    const discovery = Buffer.alloc(74);
    discovery.writeUInt16BE(2, 0);
    receiver.receive(discovery);
    receiver.receive(Buffer.alloc(9));
    receiver.receive(Buffer.alloc(0));
    assert.deepEqual(
      { control: receiver.counts.control, malformed: receiver.counts.malformed },
      { control: 7, malformed: 2 },
    );
  });

  it('takes an extension by its X bit, whatever its profile is, and none without the bit', () => {
    const { receiver, frames } = scene();
    receiver.name(1, 'anna');
    const [media] = packets(1) as [Buffer];
    receiver.receive(datagram({ sequence: 1, media, extension: Buffer.alloc(8), profile: 0x1000 }));
    receiver.receive(datagram({ sequence: 2, media, extension: Buffer.alloc(0), profile: 0x1234 }));
    const looksLikeOne = Buffer.concat([Buffer.from([0xbe, 0xde, 0, 1]), media]);
    receiver.receive(datagram({ sequence: 3, media: looksLikeOne }));
    assert.deepEqual(
      frames()
        .slice(0, 2)
        .map((frame) => frame.pcm.length),
      [480, 480],
    );
    assert.equal(receiver.counts.malformed + receiver.counts.undecryptable, 0);
  });

  it('does not credit what the old owner of an SSRC still had on its way to the new one', () => {
    const { receiver, frames, clock } = scene();
    const media = packets(4);
    receiver.name(1, 'anna');
    receiver.receive(datagram({ sequence: 10, media: media[0] as Buffer }));
    receiver.left('anna');
    receiver.receive(datagram({ sequence: 11, media: media[1] as Buffer }));
    receiver.name(1, 'ben');
    receiver.receive(datagram({ sequence: 12, media: media[2] as Buffer }));
    receiver.receive(datagram({ sequence: 30_000, media: media[3] as Buffer }));
    assert.deepEqual(
      frames().map((frame) => frame.userId),
      ['anna', 'ben'],
    );
    clock.now = 500;
    receiver.tick(500);
    receiver.receive(datagram({ sequence: 30_001, media: media[1] as Buffer }));
    assert.equal(frames().length, 3);
    assert.equal(receiver.counts.unnamed, 2);
  });

  it('lets the key say whose a packet is that came while its SSRC changed hands', () => {
    const dave = (userId: string, packet: Buffer): Buffer => {
      if (packet.subarray(0, 5).toString() !== `${userId}.`.padEnd(5, '.')) throw new Error('not theirs');
      return packet.subarray(5);
    };
    const { receiver, frames } = scene({ dave });
    const [a, b, c] = packets(3) as [Buffer, Buffer, Buffer];
    receiver.name(1, 'anna');
    receiver.receive(datagram({ sequence: 0, media: Buffer.concat([Buffer.from('anna.'), a]) }));
    receiver.receive(datagram({ sequence: 700, media: Buffer.concat([Buffer.from('ben..'), b]) }));
    receiver.name(1, 'ben');
    receiver.receive(datagram({ sequence: 701, media: Buffer.concat([Buffer.from('ben..'), c]) }));
    assert.deepEqual(
      frames().map((frame) => frame.userId),
      ['anna', 'ben', 'ben'],
    );
  });

  it('asks to join the group anew after 36 failures of one person over 2 s, and then less and less often', () => {
    let recoveries = 0;
    const dave = (userId: string, packet: Buffer): Buffer => {
      if (userId === 'ben') throw new Error('no key');
      return packet;
    };
    const { receiver, clock, frames } = scene({
      dave,
      recover: () => {
        recoveries += 1;
      },
    });
    receiver.name(1, 'anna');
    receiver.name(2, 'ben');
    const [media] = packets(1) as [Buffer];
    const seen: number[] = [];
    for (let i = 0; i < 2000; i += 1) {
      clock.now = i * 20;
      const before = recoveries;
      receiver.receive(datagram({ sequence: i, media }));
      receiver.receive(datagram({ sequence: i, media, ssrc: 2, nonce: 100_000 + i }));
      receiver.tick(clock.now);
      if (recoveries > before) seen.push(clock.now);
    }
    assert.deepEqual(seen, [2000, 7000, 17_000, 37_000]);
    assert.equal(frames().length, 2000, 'the others are heard all the while');
    assert.equal(receiver.counts.recoveries, 4);
  });

  it('asks to join the group anew for somebody who only ever says short things: the silence after them proves nothing', () => {
    let recoveries = 0;
    const { receiver, clock } = scene({
      dave: () => {
        throw new Error('no key fits');
      },
      recover: () => {
        recoveries += 1;
      },
    });
    receiver.name(1, 'anna');
    const sealed = Buffer.concat([randomBytes(40), Buffer.from([0xfa, 0xfa])]);
    let sequence = 0;
    for (let spurt = 0; spurt < 3; spurt += 1) {
      for (let i = 0; i < 25; i += 1) {
        receiver.receive(datagram({ sequence, media: i < 20 ? sealed : SILENCE }));
        receiver.tick(clock.now);
        sequence += 1;
        clock.now += 20;
      }
      clock.now += 1_000;
      receiver.tick(clock.now);
      assert.equal(receiver.refuses('anna'), true, 'the silence was heard, the speech was not');
    }
    assert.equal(recoveries, 1);
  });

  it('frees the SSRC of who leaves at once: the next owner has all of it, even what came before the name', () => {
    const { receiver, frames, clock } = scene();
    const media = packets(4);
    receiver.name(1, 'anna');
    for (const [i, one] of media.entries()) receiver.receive(datagram({ sequence: i, media: one }));
    receiver.left('anna');
    for (const [i, one] of media.entries()) {
      receiver.receive(datagram({ sequence: 30_000 + i, media: one, timestamp: i * 960, nonce: 100 + i }));
    }
    clock.now += 60;
    receiver.name(1, 'ben');
    assert.deepEqual(
      frames().map(({ userId }) => userId),
      ['anna', 'anna', 'anna', 'anna', 'ben', 'ben', 'ben', 'ben'],
    );
  });

  it('without end-to-end encryption, does not credit the old owner with what the new one says before op 5 comes', () => {
    const { receiver, frames, clock } = scene();
    const media = packets(10);
    receiver.name(1, 'anna');
    for (const [i, one] of media.entries()) receiver.receive(datagram({ sequence: i, media: one }));
    for (const [i, one] of [...media, SILENCE].entries()) {
      receiver.receive(datagram({ sequence: 30_000 + i, media: one, timestamp: i * 960, nonce: 100 + i }));
      clock.now += 20;
      receiver.tick(clock.now);
    }
    receiver.name(1, 'ben');
    receiver.receive(datagram({ sequence: 30_011, media: media[0] as Buffer, timestamp: 11 * 960, nonce: 120 }));
    assert.deepEqual(
      frames().map(({ userId }) => userId),
      [...Array(10).fill('anna'), ...Array(12).fill('ben')],
    );
  });

  it('conceals at most five packets, and goes over to what really comes without a click', () => {
    const media = packets(30);
    const hear = (lost: readonly number[]): Frame[] => {
      const { receiver, frames, clock } = scene();
      receiver.name(1, 'anna');
      for (const [i, one] of media.entries()) {
        clock.now = i * 20;
        if (!lost.includes(i)) receiver.receive(datagram({ sequence: i, media: one }));
        receiver.tick(clock.now);
      }
      receiver.reset();
      return frames();
    };
    const steepest = (pcm: readonly number[]): number =>
      pcm.reduce((most, sample, i) => (i === 0 ? 0 : Math.max(most, Math.abs(sample - (pcm[i - 1] as number)))), 0);
    const sound = (heard: Frame[]): number[] => heard.flatMap((frame) => [...frame.pcm]);
    const whole = sound(hear([])).slice(480 * 5);
    for (let lost = 6; lost < 26; lost += 1) {
      const one = sound(hear([lost])).slice(480 * 5);
      assert.equal(one.length, whole.length);
      assert.ok(
        steepest(one) < 1.5 * steepest(whole),
        `a step of ${steepest(one)}, ${steepest(whole)} in the tone itself`,
      );
    }
    const eight = hear([10, 11, 12, 13, 14, 15, 16, 17]);
    assert.deepEqual(
      eight.filter((frame) => frame.concealed).map((frame) => frame.pcm.length),
      [2400],
    );
    assert.ok(steepest(sound(eight.slice(5))) < 1.5 * steepest(whole));
  });

  it('hears packets of 2.5 to 120 ms, mono and stereo, and several frames in one', () => {
    for (const { ms, channels } of [2.5, 5, 10, 20, 40, 60].flatMap((ms) =>
      [1, 2].map((channels) => ({ ms, channels })),
    )) {
      const { receiver, frames } = scene();
      receiver.name(1, 'anna');
      for (let i = 0; i < 6; i += 1) {
        receiver.receive(datagram({ sequence: i, timestamp: i * ms * 48, media: opus48(ms, channels, i) }));
      }
      assert.deepEqual(
        frames().map((frame) => [frame.pcm.length, frame.gapMs]),
        Array(6).fill([ms * 24, 0]),
        `${ms} ms, ${channels} channels`,
      );
    }
    const { receiver, frames } = scene();
    receiver.name(1, 'anna');
    const [single] = packets(1) as [Buffer];
    // Code 3 (RFC 6716 §3.2.5): several frames of any size; here three of 20 ms, each with its length but the last.
    const frame = single.subarray(1);
    const length =
      frame.length < 252
        ? Buffer.from([frame.length])
        : Buffer.from([252 + (frame.length & 3), (frame.length - 252 - (frame.length & 3)) >> 2]);
    const three = Buffer.concat([
      Buffer.from([(single[0] as number) | 3, 0x80 | 3]),
      length,
      length,
      frame,
      frame,
      frame,
    ]);
    receiver.receive(datagram({ sequence: 0, media: three }));
    const six = Buffer.concat([
      Buffer.from([(single[0] as number) | 3, 0x80 | 6]),
      ...Array(5).fill(length),
      ...Array(6).fill(frame),
    ]);
    receiver.receive(datagram({ sequence: 1, media: six, timestamp: 2880 }));
    assert.deepEqual(
      frames().map((one) => [one.pcm.length, one.gapMs]),
      [
        [1440, 0],
        [2880, 0],
      ],
    );
  });

  it('begins a talk spurt with a fresh decoder: nothing of the one before is in it', () => {
    const media = packets(10);
    const hear = (before: readonly Buffer[]): Int16Array => {
      const { receiver, frames } = scene();
      receiver.name(1, 'anna');
      let sequence = 0;
      for (const one of [...before, media[0] as Buffer]) {
        receiver.receive(datagram({ sequence, media: one }));
        sequence += 1;
      }
      return (frames().at(-1) as Frame).pcm;
    };
    assert.deepEqual(hear([...media.slice(1), SILENCE, SILENCE, SILENCE, SILENCE, SILENCE]), hear([]));
    assert.notDeepEqual(hear(media.slice(1)), hear([]));
  });

  it('counts for each person what became of their packets', () => {
    const { receiver, clock } = scene();
    receiver.name(1, 'anna');
    receiver.name(2, 'ben');
    const media = packets(50);
    for (const [i, one] of media.entries()) {
      clock.now = i * 20;
      const ben = datagram({ sequence: i, media: one, ssrc: 2, nonce: 1000 + i });
      receiver.receive(datagram({ sequence: i, media: one }));
      if (i % 10 !== 5) receiver.receive(ben);
      if (i % 10 === 7) receiver.receive(ben);
      receiver.tick(clock.now);
    }
    assert.deepEqual(receiver.reception, [
      {
        userId: 'anna',
        received: 50,
        lost: 0,
        late: 0,
        replayed: 0,
        undecryptable: 0,
        undecodable: 0,
        concealedMs: 0,
        recentLoss: 0,
      },
      {
        userId: 'ben',
        received: 45,
        lost: 5,
        late: 0,
        replayed: 5,
        undecryptable: 0,
        undecodable: 0,
        concealedMs: 100,
        recentLoss: 0.1,
      },
    ]);
  });

  it('never throws, whatever datagram comes', () => {
    const { receiver } = scene();
    receiver.name(1, 'anna');
    const valid = datagram({ sequence: 5, media: packets(1)[0] as Buffer, extension: Buffer.alloc(8) });
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length)).map(([at, value, length]) => {
      const copy = Buffer.from(valid);
      copy[at] = value;
      return copy.subarray(0, length);
    });
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutated, random), (bytes) => {
        parseRtp(bytes);
        receiver.receive(bytes);
      }),
      { numRuns: 3000 },
    );
  });
});
