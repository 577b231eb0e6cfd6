import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpusCodecs } from '../../../../src/discord/voice/receive/opus.ts';
import { share, tone } from '../../../support/sound/sound.ts';

function encodeTone(codecs: OpusCodecs, hz: number, ms: number): Buffer[] {
  const encoder = codecs.lease(24000);
  const packets: Buffer[] = [];
  for (let at = 0; at < ms; at += 20) packets.push(encoder.encode(tone({ hz, ms: 20, rate: 24000, offset: at * 24 })));
  encoder.release();
  return packets;
}
const join = (parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));

describe('OpusCodecs', () => {
  it('decodes directly to 24 kHz and to 16 kHz, the same sound', () => {
    const codecs = new OpusCodecs();
    const packets = encodeTone(codecs, 440, 400);
    for (const rate of [24000, 16000] as const) {
      const decoder = codecs.lease(rate);
      const pcm = join(packets.map((packet) => decoder.decode(packet)));
      assert.equal(pcm.length, (400 * rate) / 1000);
      assert.ok(share(pcm.subarray(rate / 10), 440, rate) > 0.95);
      decoder.release();
    }
  });

  it('lives with 60 streams at once, where the library dies at the 29th, and frees them all', () => {
    const codecs = new OpusCodecs();
    const packets = encodeTone(codecs, 440, 100);
    const decoders = Array.from({ length: 60 }, () => codecs.lease(24000));
    for (const packet of packets) for (const decoder of decoders) assert.equal(decoder.decode(packet).length, 480);
    assert.equal(codecs.live, 48);
    for (const decoder of decoders) decoder.release();
    assert.equal(codecs.live, 0);
  });

  it('guesses lost sound from what came before, of any length', () => {
    const codecs = new OpusCodecs();
    const decoder = codecs.lease(24000);
    for (const packet of encodeTone(codecs, 440, 200)) decoder.decode(packet);
    const guess = decoder.conceal(20);
    assert.equal(guess.length, 480);
    assert.ok(share(guess, 440, 24000) > 0.5, 'it sounds like the tone before');
    assert.equal(decoder.conceal(100).length, 2400);
    decoder.release();
  });
});
