import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joined } from '../../src/audio/frames.ts';

const frame = (...samples: number[]): Int16Array => Int16Array.from(samples);

describe('joined', () => {
  it('puts frames together in order, up to the limit, and loses none', () => {
    const frames = [frame(1, 2), frame(3), frame(4, 5, 6), frame(7)];
    assert.deepEqual(joined(frames, 4), [frame(1, 2, 3), frame(4, 5, 6, 7)]);
    assert.deepEqual(joined(frames, 100), [frame(1, 2, 3, 4, 5, 6, 7)]);
  });

  it('keeps a frame whole that is longer than the limit', () => {
    assert.deepEqual(joined([frame(1), frame(2, 3, 4), frame(5)], 2), [frame(1), frame(2, 3, 4), frame(5)]);
  });

  it('does not copy a single frame, and gives nothing for nothing', () => {
    const one = frame(1, 2, 3);
    assert.equal(joined([one], 2)[0], one);
    assert.deepEqual(joined([], 2), []);
  });
});
