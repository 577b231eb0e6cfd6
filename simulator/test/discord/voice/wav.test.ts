import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readWav, writeWav } from '../../../src/shared/wav.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

describe('WAV files', () => {
  test('what was written is read again, mono and stereo', () => {
    const pcm = Int16Array.from([0, 1, -1, 32767, -32768, 256]);
    for (const channels of [1, 2] as const) {
      assert.deepEqual(readWav(writeWav({ pcm, sampleRate: 16000, channels })), { pcm, sampleRate: 16000, channels });
    }
  });

  test('the header says what other programs need', () => {
    const file = writeWav({ pcm: Int16Array.from([1, 2, 3, 4]), sampleRate: 24000, channels: 2 });
    assert.equal(file.length, 52);
    assert.equal(
      file.subarray(0, 44).toString('hex'),
      '524946462c00000057415645666d7420100000000100020' + '0c05d0000007701000400100064617461' + '08000000',
    );
  });

  test('chunks it does not know are skipped, odd lengths with their padding', () => {
    const file = writeWav({ pcm: Int16Array.from([7, 8]), sampleRate: 8000, channels: 1 });
    const list = Buffer.concat([Buffer.from('LIST'), Buffer.from([3, 0, 0, 0]), Buffer.from('abc\0')]);
    const longer = Buffer.concat([file.subarray(0, 36), list, file.subarray(36)]);
    assert.deepEqual([...readWav(longer).pcm], [7, 8]);
  });

  test('a file that was cut off gives the samples that are there', () => {
    const file = writeWav({ pcm: Int16Array.from([7, 8, 9]), sampleRate: 8000, channels: 1 });
    assert.deepEqual([...readWav(file.subarray(0, file.length - 3)).pcm], [7]);
  });

  test('anything else is refused', () => {
    const file = writeWav({ pcm: new Int16Array(2), sampleRate: 8000, channels: 1 });
    const float = Buffer.from(file);
    float.writeUInt16LE(3, 20);
    assert.throws(() => readWav(Buffer.from('hello, this is text')), TypeError);
    assert.throws(() => readWav(float), TypeError);
    assert.throws(() => readWav(file.subarray(0, 30)), TypeError);
    assert.throws(() => readWav(file.subarray(0, 36)), TypeError);
  });

  test('the speech fixtures are mono, 24 kHz, and neither silent nor clipped', () => {
    const files = readdirSync(FIXTURES).filter((name) => name.endsWith('.wav'));
    assert.ok(files.length >= 6);
    for (const name of files) {
      const { pcm, sampleRate, channels } = readWav(readFileSync(new URL(name, FIXTURES)));
      const peak = pcm.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
      assert.deepEqual({ name, sampleRate, channels }, { name, sampleRate: 24000, channels: 1 });
      assert.ok(peak > 16000 && peak < 17000, `${name}: peak ${peak}`);
    }
  });
});
