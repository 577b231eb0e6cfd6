import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import type { Frame, LineEvent } from '../../src/bridge/ports.ts';
import { OpusCodecs } from '../../src/discord/opus.ts';
import { type MediaKeys, Receiver } from '../../src/discord/receiver.ts';
import { parseRtp } from '../../src/discord/rtp.ts';
import { tone } from '../fakes/sound.ts';

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
}): Buffer {
  const { sequence, media, ssrc = 1, csrcs = 0, extension, padding = 0, mode = 'aead_aes256_gcm_rtpsize' } = options;
  const header = Buffer.alloc(12 + csrcs * 4 + (extension ? 4 : 0));
  header[0] = 0x80 | csrcs | (extension ? 0x10 : 0) | (padding ? 0x20 : 0);
  header[1] = 0x78;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((options.timestamp ?? sequence * 960) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  if (extension) {
    header.writeUInt16BE(0xbede, header.length - 4);
    header.writeUInt16BE(extension.length / 4, header.length - 2);
  }
  const pad = Buffer.alloc(padding);
  if (padding) pad[padding - 1] = padding;
  const plain = Buffer.concat([extension ?? Buffer.alloc(0), media, pad]);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(sequence);
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

function scene(keys: Partial<MediaKeys> = {}) {
  const events: LineEvent[] = [];
  const codecs = new OpusCodecs();
  const clock = { now: 0 };
  const receiver = new Receiver({ codecs, rate: 24000, emit: (event) => events.push(event), now: () => clock.now });
  receiver.keys = { encryptionMode: 'aead_aes256_gcm_rtpsize', secretKey: KEY, dave: undefined, ...keys };
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
    receiver.receive(datagram({ sequence: 1, media }));
    receiver.name(2, 'ben');
    receiver.receive(datagram({ sequence: 2, media }));
    receiver.left('ben');
    receiver.receive(datagram({ sequence: 3, media, ssrc: 2 }));
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
    receiver.receive(datagram({ sequence: 1, media: Buffer.concat([Buffer.from('seal.'), b]) }));
    assert.equal(frames().length, 2, 'at once');
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
