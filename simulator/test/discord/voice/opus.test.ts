import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeTimeline, encodeSound } from '../../../src/discord/voice/opus-packets.ts';
import { pitch, tone } from './support.ts';

describe('Opus packets of people', () => {
  test('are 20 ms of 48 kHz stereo, the last one filled up', () => {
    const packets = encodeSound(tone(440, 110));
    assert.equal(packets.length, 6);
    // RFC 6716 section 3.1: bit 2 of the first byte is stereo, bits 0 and 1 say one frame per packet.
    assert.ok(packets.every((packet) => ((packet[0] as number) & 0x07) === 0x04));
  });

  for (const [sampleRate, channels] of [
    [16000, 1],
    [22050, 1],
    [24000, 2],
    [48000, 1],
    [48000, 2],
  ] as const) {
    test(`keep pitch and loudness of ${sampleRate} Hz with ${channels} channel(s)`, () => {
      const pcm = new Int16Array(sampleRate * channels);
      for (let i = 0; i < pcm.length; i++) {
        pcm[i] = 8192 * Math.sin((2 * Math.PI * 440 * Math.floor(i / channels)) / sampleRate);
      }
      const packets = encodeSound({ pcm, sampleRate, channels });
      const decoded = decodeTimeline(packets.map((opus, i) => ({ at: i * 960, opus })));
      assert.equal(decoded.length, 48000);
      assert.ok(Math.abs(pitch(decoded) - 440) < 3, `${pitch(decoded)} Hz`);
      const middle = decoded.subarray(12000, 36000);
      const rms = Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
      assert.ok(rms > 5000 && rms < 6500, `rms ${rms}, a sine of 8192 has 5793`);
    });
  }

  test('are made once per sound, and for more sounds than opusscript can have codecs', () => {
    assert.equal(encodeSound(tone(300, 40)), encodeSound(tone(300, 40)));
    for (let i = 0; i < 40; i++) decodeTimeline([{ at: 0, opus: encodeSound(tone(500 + i, 20))[0] as Buffer }]);
  });

  test('leave silence where none is, and for what is not Opus', () => {
    const [opus] = encodeSound(tone(440, 20)) as [Buffer];
    const pcm = decodeTimeline([
      { at: 960, opus },
      { at: 3840, opus: Buffer.from([0xf8, 0xff, 0xfe]) },
    ]);
    assert.equal(pcm.length, 4800);
    assert.ok(pcm.subarray(0, 960).every((sample) => sample === 0));
    assert.ok(pcm.subarray(960, 1920).some((sample) => sample !== 0));
    assert.ok(pcm.subarray(1920).every((sample) => sample === 0));
    assert.equal(decodeTimeline([]).length, 0);
  });
});
