import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { levelDb, SILENCE_DB } from '../../src/audio/level.ts';
import { VoiceDetector } from '../../src/audio/voice-detector.ts';
import { tone } from '../support/sound/sound.ts';

const noise = (amplitude: number, samples = 480): Int16Array => {
  let seed = 7;
  return Int16Array.from({ length: samples }, () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return Math.round((seed / 0x40000000 - 1) * amplitude);
  });
};

describe('levelDb', () => {
  it('measures a full-scale square wave as 0 dBFS, a sine 3 dB lower, and silence as the floor', () => {
    assert.equal(levelDb(new Int16Array(480).fill(-32768)), 0);
    assert.ok(Math.abs(levelDb(tone({ hz: 500, ms: 20, rate: 24000, amplitude: 1 })) + 3.01) < 0.01);
    assert.equal(levelDb(new Int16Array(480)), SILENCE_DB);
    assert.equal(levelDb(new Int16Array(0)), SILENCE_DB);
  });
});

describe('VoiceDetector', () => {
  it('hears a voice from its first frame', () => {
    assert.equal(new VoiceDetector().push(tone({ hz: 300, ms: 20, rate: 24000 }), 20).voiced, true);
  });

  it('does not take digital silence or faint noise for voice', () => {
    const detector = new VoiceDetector();
    assert.equal(detector.push(new Int16Array(480), 20).voiced, false);
    for (let i = 0; i < 100; i += 1) assert.equal(detector.push(noise(20), 20).voiced, false);
  });

  it('learns a steady noise within seconds and still hears a voice over it', () => {
    const detector = new VoiceDetector();
    const fan = noise(300); // about −45 dBFS
    assert.equal(detector.push(fan, 20).voiced, true);
    for (let i = 0; i < 250; i += 1) detector.push(fan, 20);
    assert.equal(detector.push(fan, 20).voiced, false);
    assert.equal(detector.push(tone({ hz: 300, ms: 20, rate: 24000, amplitude: 0.1 }), 20).voiced, true);
  });

  it('does not grow deaf to somebody who speaks for a minute', () => {
    const detector = new VoiceDetector();
    for (let i = 0; i < 3000; i += 1) {
      // Speech: syllables of changing loudness.
      const amplitude = 0.05 + 0.2 * Math.abs(Math.sin(i / 7));
      assert.equal(detector.push(tone({ hz: 200, ms: 20, rate: 24000, amplitude }), 20).voiced, true, `frame ${i}`);
    }
  });

  it('adapts to each person separately: it is one detector a person', () => {
    const quiet = new VoiceDetector();
    for (let i = 0; i < 50; i += 1) quiet.push(noise(5), 20);
    assert.equal(quiet.push(tone({ hz: 200, ms: 20, rate: 24000, amplitude: 0.006 }), 20).voiced, true);
  });
});
