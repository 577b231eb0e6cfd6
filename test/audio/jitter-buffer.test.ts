import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JitterBuffer, type JitterOutput, sequenceDistance } from '../../src/audio/jitter-buffer.ts';

const packet = (sequence: number, receivedAt = 0) => ({
  sequence: sequence & 0xffff,
  timestamp: sequence * 960,
  payload: Uint8Array.of(sequence & 0xff),
  receivedAt,
});
const names = (outputs: JitterOutput[]) =>
  outputs.map((output) => {
    if (output.type === 'packet') return output.packet.sequence;
    return output.type === 'lost' ? `lost ${output.count}` : 'restarted';
  });

describe('JitterBuffer', () => {
  it('lets an in-order stream through at once, over the wrap of the sequence number', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    for (const sequence of [65534, 65535, 0, 1]) assert.deepEqual(names(buffer.push(packet(sequence))), [sequence]);
    assert.equal(buffer.waiting, false);
  });

  it('holds what came early until what is missing comes, then gives both in order', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    buffer.push(packet(10));
    assert.deepEqual(names(buffer.push(packet(12, 5))), []);
    assert.deepEqual(names(buffer.push(packet(13, 10))), []);
    assert.deepEqual(names(buffer.push(packet(11, 15))), [11, 12, 13]);
    assert.equal(buffer.counts.reordered, 1);
  });

  it('drops duplicates of what was given out and of what still waits', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    buffer.push(packet(10));
    assert.deepEqual(names(buffer.push(packet(10))), []);
    buffer.push(packet(12));
    assert.deepEqual(names(buffer.push(packet(12))), []);
    assert.deepEqual(names(buffer.push(packet(11))), [11, 12]);
    assert.deepEqual({ late: buffer.counts.late, duplicates: buffer.counts.duplicates }, { late: 1, duplicates: 1 });
  });

  it('gives a gap up after the wait, not before', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    buffer.push(packet(10, 0));
    buffer.push(packet(13, 20));
    assert.deepEqual(names(buffer.tick(79)), []);
    assert.deepEqual(names(buffer.tick(80)), ['lost 2', 13]);
    assert.deepEqual(names(buffer.push(packet(12, 81))), [], 'too late is dropped');
  });

  it('waits longer at once when packets come later than it waited, and never longer than the limit', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 120 });
    buffer.push(packet(10, 0));
    buffer.push(packet(12, 20));
    assert.deepEqual(names(buffer.tick(80)), ['lost 1', 12], '60 ms at first');
    buffer.push(packet(11, 110));
    assert.equal(buffer.counts.late, 1);
    assert.equal(buffer.waitMs, 100, 'it came 90 ms after the one behind it');
    buffer.push(packet(14, 200));
    assert.deepEqual(names(buffer.tick(290)), []);
    assert.deepEqual(names(buffer.push(packet(13, 295))), [13, 14]);
    buffer.push(packet(16, 400));
    assert.deepEqual(names(buffer.tick(515)), ['lost 1', 16]);
    buffer.push(packet(15, 900));
    assert.equal(buffer.waitMs, 120);
  });

  it('waits less and less while nothing comes late, down to 20 ms', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 120 });
    for (let i = 0; i < 1000; i += 1) buffer.push(packet(i, i * 20));
    assert.equal(buffer.waitMs, 20);
    buffer.push(packet(1001, 20_020));
    assert.deepEqual(names(buffer.tick(20_039)), []);
    assert.deepEqual(names(buffer.tick(20_040)), ['lost 1', 1001]);
  });

  it('counts the wait behind a second gap from its own beginning', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    buffer.push(packet(10, 0));
    buffer.push(packet(12, 20));
    buffer.push(packet(14, 60));
    assert.deepEqual(names(buffer.tick(80)), ['lost 1', 12]);
    assert.deepEqual(names(buffer.tick(119)), []);
    assert.deepEqual(names(buffer.tick(120)), ['lost 1', 14]);
  });

  it('starts afresh when the sender jumps, without losing what waited', () => {
    const buffer = new JitterBuffer({ maxWaitMs: 60 });
    buffer.push(packet(10));
    buffer.push(packet(12));
    assert.deepEqual(names(buffer.push(packet(5000))), ['lost 1', 12, 'restarted', 5000]);
    assert.deepEqual(names(buffer.push(packet(5001))), [5001]);
  });

  it('gives every packet at most once and in order, whatever the network does', () => {
    const arrival = fc.record({ step: fc.integer({ min: -6, max: 8 }), wait: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 200 }), fc.integer({ min: 0, max: 65535 }), (arrivals, start) => {
        const buffer = new JitterBuffer({ maxWaitMs: 60 });
        const given: number[] = [];
        let sequence = start;
        let now = 0;
        for (const { step, wait } of arrivals) {
          sequence += step;
          now += wait;
          for (const output of [...buffer.tick(now), ...buffer.push(packet(sequence, now))]) {
            if (output.type === 'packet') given.push(output.packet.sequence);
          }
        }
        for (const output of buffer.drain()) if (output.type === 'packet') given.push(output.packet.sequence);
        for (let i = 1; i < given.length; i += 1)
          assert.ok(sequenceDistance(given[i] as number, given[i - 1] as number) > 0);
      }),
    );
  });
});
