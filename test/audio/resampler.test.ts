import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Resampler } from '../../src/audio/resampler.ts';

function tone(hz: number, rate: number, samples = rate / 2): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * i) / rate)));
}

function convert(pcm: Int16Array, from: number, to: number, piece = pcm.length): Int16Array {
  const resampler = new Resampler(from, to);
  const pieces: Int16Array[] = [];
  for (let at = 0; at < pcm.length; at += piece) pieces.push(resampler.push(pcm.subarray(at, at + piece)));
  pieces.push(resampler.end());
  return Int16Array.from(pieces.flatMap((one) => [...one]));
}

/** Level in dB against the tone that went in, without the edges. */
function levelDb(pcm: Int16Array): number {
  const middle = pcm.subarray(400, -400);
  const power = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length;
  return 10 * Math.log10(Math.max(power, 1e-9) / (10_000 ** 2 / 2));
}

for (const [from, to] of [
  [16_000, 24_000],
  [24_000, 16_000],
] as const) {
  describe(`the resampler from ${from} to ${to} Hz`, () => {
    it('is flat within 0.5 dB to 7 kHz', () => {
      for (const hz of [50, 300, 1_000, 3_000, 5_000, 6_000, 6_500, 7_000]) {
        const db = levelDb(convert(tone(hz, from), from, to));
        assert.ok(Math.abs(db) < 0.5, `${hz} Hz: ${db.toFixed(2)} dB`);
      }
    });

    it('keeps a tone what it is: the rest is 50 dB below it', () => {
      for (const hz of [300, 1_000, 3_000, 6_000, 7_000]) {
        const got = convert(tone(hz, from), from, to);
        const wanted = tone(hz, to, got.length);
        const rest = got.map((sample, i) => sample - (wanted[i] as number));
        // The gain itself may differ by 0.5 dB, which leaves a rest of -25 dB in the pass band's last corner.
        const limit = hz === 7_000 ? -30 : -50;
        assert.ok(levelDb(rest) < limit, `${hz} Hz: ${levelDb(rest).toFixed(1)} dB`);
      }
    });

    it('gives the same for pieces of any length, and exactly as many samples as that time has', () => {
      const pcm = tone(440, from, 1_001);
      const whole = convert(pcm, from, to);
      assert.equal(whole.length, from === 16_000 ? 1_502 : 668);
      for (const piece of [1, 7, 160, 333, 480]) assert.deepEqual(convert(pcm, from, to, piece), whole);
      assert.equal(convert(pcm.subarray(0, 1), from, to).length, from === 16_000 ? 2 : 1);
      assert.equal(convert(new Int16Array(0), from, to).length, 0);
    });

    it('saturates instead of wrapping', () => {
      const square = Int16Array.from({ length: 2_000 }, (_, i) => (i % 40 < 20 ? 32_767 : -32_768));
      const got = convert(square, from, to);
      const scale = to / from;
      // In the middle of each half period the sign is that of the input.
      for (let half = 5; half < 90; half += 1) {
        const sample = got[Math.round((half * 20 + 10) * scale)] as number;
        assert.ok(half % 2 === 0 ? sample > 25_000 : sample < -25_000, `${sample}`);
      }
      assert.ok(got.includes(32_767) && got.includes(-32_768));
    });
  });
}

describe('the resampler downwards', () => {
  it('lets nothing above 9 kHz come back as something else', () => {
    for (const hz of [9_000, 9_500, 10_000, 11_000, 11_900]) {
      const db = levelDb(convert(tone(hz, 24_000), 24_000, 16_000));
      assert.ok(db < -50, `${hz} Hz: ${db.toFixed(1)} dB`);
    }
  });
});

describe('the resampler upwards', () => {
  it('adds no image of a tone above 9 kHz', () => {
    const got = convert(tone(6_000, 16_000), 16_000, 24_000).subarray(600, 600 + 9_600);
    // 6 kHz has its image at 10 kHz: its share by correlation.
    let re = 0;
    let im = 0;
    got.forEach((sample, i) => {
      re += sample * Math.cos((2 * Math.PI * 10_000 * i) / 24_000);
      im += sample * Math.sin((2 * Math.PI * 10_000 * i) / 24_000);
    });
    const amplitude = (2 * Math.hypot(re, im)) / got.length;
    assert.ok(20 * Math.log10(Math.max(amplitude, 1e-6) / 10_000) < -50, `${amplitude}`);
  });
});
