import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AutomaticGain } from '../../src/audio/automatic-gain.ts';
import { levelDb } from '../../src/audio/level.ts';
import { VoiceDetector } from '../../src/audio/voice-detector.ts';
import { share, tone } from '../support/sound/sound.ts';

const RATE = 24_000;

/** Speech-like: 300 ms of tone, 100 ms of near silence, and so on; `ms` in all, at this RMS level. */
function speak(gain: AutomaticGain, db: number, ms: number): Int16Array[] {
  const detector = new VoiceDetector();
  const amplitude = Math.SQRT2 * 10 ** (db / 20);
  return Array.from({ length: ms / 20 }, (_, i) => {
    const quiet = i % 20 >= 15;
    const pcm = tone({ hz: 300, ms: 20, rate: RATE, offset: i * 480, amplitude: quiet ? amplitude / 100 : amplitude });
    return gain.push(pcm, detector.push(pcm, 20), 20);
  });
}
const levels = (frames: Int16Array[]): number[] => frames.map((pcm) => Math.round(levelDb(pcm)));

describe('AutomaticGain', () => {
  it('brings quiet and loud voices to within 4 dB of −20 dBFS, slowly', () => {
    for (const [db, after] of [
      [-34, -24],
      [-42, -24],
      [-46, -28],
      [-9, -16],
      [-6, -16],
    ] as const) {
      const gain = new AutomaticGain();
      const heard = levels(speak(gain, db, 8_000));
      assert.equal(heard[10], db, 'nothing is changed in the first 300 ms');
      const last = heard[383] as number;
      assert.ok(Math.abs(last - after) <= 2, `a voice at ${db} dB comes at ${last}, not ${after}`);
    }
    const rising = new AutomaticGain();
    speak(rising, -42, 1_000);
    assert.ok(rising.gainDb > 1 && rising.gainDb < 5, `${rising.gainDb} dB in the first second`);
  });

  it('hands on the very same samples of a voice near −20 dBFS', () => {
    const gain = new AutomaticGain();
    const pcm = tone({ hz: 300, ms: 20, rate: RATE, amplitude: 0.15 });
    for (let i = 0; i < 200; i += 1) assert.equal(gain.push(pcm, { levelDb: -19.5, voiced: true }, 20), pcm);
  });

  it('does not turn noise up: only voice moves it', () => {
    const gain = new AutomaticGain();
    const noise = tone({ hz: 120, ms: 20, rate: RATE, amplitude: 0.002 });
    for (let i = 0; i < 500; i += 1) assert.equal(gain.push(noise, { levelDb: -57, voiced: false }, 20), noise);
    assert.equal(gain.gainDb, 0);
  });

  it('never clips: a shout after a whisper keeps its shape', () => {
    const gain = new AutomaticGain();
    speak(gain, -46, 8_000);
    assert.equal(gain.gainDb, 18);
    const shout = tone({ hz: 300, ms: 20, rate: RATE, amplitude: 0.9 });
    const out = gain.push(shout, { levelDb: levelDb(shout), voiced: true }, 20);
    assert.ok(Math.max(...out) <= 32_001 && Math.min(...out) >= -32_001);
    assert.ok(share(out, 300, RATE) > 0.98);
  });

  it('makes no steps between frames', () => {
    const gain = new AutomaticGain();
    const sound = Int16Array.from(
      Array.from({ length: 300 }, (_, i) => [
        ...gain.push(
          tone({ hz: 200, ms: 20, rate: RATE, offset: i * 480, amplitude: 0.02 }),
          { levelDb: -37, voiced: true },
          20,
        ),
      ]).flat(),
    );
    let steepest = 0;
    for (let i = 1; i < sound.length; i += 1) {
      steepest = Math.max(steepest, Math.abs((sound[i] as number) - (sound[i - 1] as number)));
    }
    const amplitude = 0.02 * 32767 * 10 ** (gain.gainDb / 20);
    assert.ok(steepest < amplitude * 2 * Math.PI * (200 / RATE) * 1.1);
  });
});
