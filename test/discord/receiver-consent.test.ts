import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { OpusCodecs } from '../../src/discord/voice/receive/opus.ts';
import { type MediaKeys, Receiver } from '../../src/discord/voice/receive/receiver.ts';
import type { Frame, LineEvent } from '../../src/ports/voice.ts';
import { tone } from '../support/sound/sound.ts';

const KEY = new Uint8Array(32).fill(7);
const encoder = new OpusCodecs().lease(24000);
/** The end-to-end mark; what stands before it is opened by taking it away. */
const MARK = Buffer.from([0xfa, 0xfa]);

function datagram(ssrc: number, sequence: number, media: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x8078, 0);
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(sequence * 960, 4);
  header.writeUInt32BE(ssrc, 8);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(ssrc * 10_000 + sequence);
  const cipher = createCipheriv('aes-256-gcm', KEY, Buffer.concat([counter, Buffer.alloc(8)]));
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(media), cipher.final(), cipher.getAuthTag(), counter]);
}

const packet = (i: number): Buffer => encoder.encode(tone({ hz: 440, ms: 20, rate: 24000, offset: i * 480 }));

const made: Receiver[] = [];
afterEach(() => {
  for (const receiver of made.splice(0)) receiver.reset();
});

function scene(keys: Partial<MediaKeys> = {}) {
  const events: LineEvent[] = [];
  const codecs = new OpusCodecs();
  const clock = { now: 0 };
  const out = new Set<string>();
  const receiver = new Receiver({
    codecs,
    rate: 24000,
    emit: (event) => events.push(event),
    now: () => clock.now,
    mayHear: (userId) => !out.has(userId),
  });
  receiver.keys = { encryptionMode: 'aead_aes256_gcm_rtpsize', secretKey: KEY, dave: undefined, ...keys };
  made.push(receiver);
  const frames = (): Frame[] => events.filter((event): event is Frame => event.type === 'frame');
  const choose = (userId: string, choice: 'in' | 'out'): void => {
    if (choice === 'out') out.add(userId);
    else out.delete(userId);
    receiver.consentChanged(userId);
  };
  const say = (ssrc: number, from: number, count: number): void => {
    for (let i = from; i < from + count; i += 1) receiver.receive(datagram(ssrc, i, packet(i)));
  };
  return { receiver, frames, codecs, clock, choose, say, out };
}

describe('Receiver, of people who may not be heard', () => {
  it('decodes nothing, makes no decoder, and counts what it withheld', () => {
    const { receiver, frames, codecs, choose, say } = scene();
    receiver.name(1, 'ben');
    choose('ben', 'out');
    say(1, 0, 50);
    receiver.tick(1_000);
    assert.equal(frames().length, 0);
    assert.equal(codecs.live, 0);
    assert.equal(receiver.counts.withheld, 50);
    assert.equal(receiver.counts.undecryptable, 0);
    assert.equal(receiver.busy, false, 'nothing waits');
    assert.deepEqual(
      receiver.reception.map(({ received, lost, recentLoss }) => [received, lost, recentLoss]),
      [[0, 0, 0]],
    );
  });

  it('throws away what waits behind a gap, and gives the decoder back, at once', () => {
    const { receiver, frames, codecs, clock, choose, say } = scene();
    receiver.name(1, 'ben');
    say(1, 0, 3);
    say(1, 4, 2);
    assert.equal(frames().length, 3);
    assert.equal(codecs.live, 1);
    choose('ben', 'out');
    assert.equal(codecs.live, 0);
    clock.now = 500;
    receiver.tick(500);
    receiver.left('ben');
    assert.equal(frames().length, 3);
  });

  it('hears them again at once when they say so, from silence', () => {
    const { receiver, frames, clock, choose, say } = scene();
    receiver.name(1, 'ben');
    say(1, 0, 3);
    choose('ben', 'out');
    say(1, 3, 10);
    clock.now = 300;
    choose('ben', 'in');
    say(1, 13, 5);
    const heard = frames().slice(3);
    assert.equal(heard.length, 5);
    assert.ok(
      heard.every(({ concealed, gapMs }) => !concealed && gapMs === 0),
      'what they did not say is no gap',
    );
  });

  it('does not decode packets whose owner is not known yet', () => {
    const { receiver, frames, codecs, choose, say } = scene();
    choose('ben', 'out');
    say(2, 0, 10);
    assert.equal(codecs.live, 0);
    receiver.name(2, 'ben');
    assert.equal(frames().length, 0);
    assert.equal(codecs.live, 0);
  });

  it('does not hear after a yes what had waited for its owner since before it', () => {
    const { receiver, frames, clock, choose, say } = scene();
    choose('ben', 'out');
    say(2, 0, 10);
    clock.now = 100;
    choose('ben', 'in');
    receiver.name(2, 'ben');
    assert.equal(frames().length, 0);
    say(2, 10, 2);
    assert.equal(frames().length, 2);
  });

  it('goes by the person: another SSRC of theirs is not heard either, and their old one is when it is another’s', () => {
    const { receiver, frames, choose, say } = scene();
    receiver.name(1, 'ben');
    choose('ben', 'out');
    say(1, 0, 5);
    receiver.name(9, 'ben');
    say(9, 0, 5);
    assert.equal(frames().length, 0);
    receiver.name(1, 'anna');
    say(1, 5_000, 5);
    assert.deepEqual(new Set(frames().map(({ userId }) => userId)), new Set(['anna']));
  });

  it('does not take for another’s what they sent before their SSRC changed hands', () => {
    const { receiver, frames, choose, say } = scene();
    receiver.name(1, 'ben');
    choose('ben', 'out');
    say(1, 0, 5);
    receiver.name(1, 'anna');
    say(1, 5, 5);
    assert.equal(frames().length, 0);
  });

  it('does not even undo their end-to-end encryption, and does not mend the group for them', () => {
    let opened = 0;
    let recovered = 0;
    const dave = (_: string, sealed: Buffer): Buffer => {
      opened += 1;
      return sealed.subarray(0, -MARK.length);
    };
    const { receiver, clock, choose } = scene({ dave, recover: () => (recovered += 1) });
    receiver.name(1, 'ben');
    choose('ben', 'out');
    for (let i = 0; i < 200; i += 1) {
      clock.now = i * 20;
      receiver.receive(datagram(1, i, Buffer.concat([packet(i), MARK])));
    }
    assert.equal(opened, 0);
    assert.equal(recovered, 0);
  });
});
