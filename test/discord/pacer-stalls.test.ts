import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FrameClock } from '../../src/discord/voice/send/frame-clock.ts';
import { type FrameEncoder, Pacer } from '../../src/discord/voice/send/pacer.ts';
import { SteppedTime } from '../support/doubles/stepped-time.ts';

const FRAME_MS = 20;
const codec: FrameEncoder = { encode: () => Buffer.from([0]), release: () => {} };

/** A bot that speaks without an end, on a clock under the test's hand. */
function speaking() {
  const time = new SteppedTime();
  const sentAt: number[] = [];
  const paused: number[] = [];
  const sink = {
    ready: true,
    send: (_: Buffer, pausedFrames: number) => {
      sentAt.push(time.now());
      paused.push(pausedFrames);
    },
    setSpeaking: () => {},
  };
  const failed: unknown[] = [];
  const pacer = new Pacer({
    sink,
    codec,
    clock: new FrameClock(time),
    onFailure: (error) => failed.push(error),
  });
  return { time, sink, sentAt, paused, failed, pacer, startedAt: time.now() };
}

/** The largest number of instants in any stretch of this length, its end not included. */
function most(instants: readonly number[], lengthMs: number): number {
  let worst = 0;
  for (let from = 0, to = 0; from < instants.length; from += 1) {
    while (to < instants.length && (instants[to] as number) < (instants[from] as number) + lengthMs) to += 1;
    worst = Math.max(worst, to - from);
  }
  return worst;
}

const stalls = fc.array(
  fc.record({
    runMs: fc.integer({ min: 0, max: 1_500 }),
    stallMs: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 3_000 })),
  }),
  { minLength: 1, maxLength: 25 },
);

describe('Pacer, whatever the event loop does', () => {
  it('never sends more than three packets at once, nor more than one per 20 ms and two late ones in any stretch', () => {
    fc.assert(
      fc.property(stalls, (pattern) => {
        const { time, sentAt, pacer, startedAt } = speaking();
        pacer.play({ pull: () => new Int16Array(480) });
        for (const { runMs, stallMs } of pattern) {
          time.pass(runMs);
          time.stall(stallMs);
        }
        assert.ok(most(sentAt, 1) <= 3, 'at once');
        for (const lengthMs of [100, 1_000, 5_000]) {
          const worst = most(sentAt, lengthMs);
          assert.ok(worst <= lengthMs / FRAME_MS + 2, `${worst} packets in ${lengthMs} ms`);
        }
        assert.ok(sentAt.length <= (time.now() - startedAt + 1) / FRAME_MS + 1, 'ahead of the clock');
      }),
      {
        numRuns: 400,
        // Two stalls a second apart, the latter ending 1 ms before the next packet's time.
        examples: [
          [
            [
              { runMs: 1_257, stallMs: 35 },
              { runMs: 337, stallMs: 51 },
              { runMs: 944, stallMs: 55 },
            ],
          ],
        ],
      },
    );
  });

  it('sends at most 50 packets in the second after a stall of any length beyond what it makes up for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 66, max: 30_000 }), fc.integer({ min: 0, max: 500 }), (stallMs, runMs) => {
        const { time, sentAt, pacer } = speaking();
        pacer.play({ pull: () => new Int16Array(480) });
        time.pass(runMs);
        time.stall(stallMs);
        const from = time.now();
        time.pass(1_000);
        const after = sentAt.filter((at) => at >= from && at < from + 1_000);
        assert.ok(after.length <= 50, `${after.length} packets`);
        assert.ok(after.length >= 48, `only ${after.length} packets`);
      }),
      { numRuns: 200 },
    );
  });

  it('catches up a short delay in full, so that nothing is late for good', () => {
    const { time, sentAt, pacer } = speaking();
    pacer.play({ pull: () => new Int16Array(480) });
    for (let i = 0; i < 100; i += 1) {
      time.pass(70);
      time.stall(30);
    }
    time.pass(1);
    assert.equal(sentAt.length, 501);
  });

  it('tells how long nothing was sent, so that the RTP clock runs on in real time', () => {
    const { time, sentAt, paused, pacer } = speaking();
    let left = 3;
    const source = { pull: () => (left-- > 0 ? new Int16Array(480) : undefined) };
    pacer.play(source);
    time.pass(400);
    left = 2;
    time.pass(1_600);
    pacer.play(source);
    time.pass(400);
    assert.equal(sentAt.length, 8 + 7);
    assert.deepEqual(
      paused.filter((frames) => frames > 0),
      [92],
    );
    left = 1_000;
    pacer.play(source);
    time.pass(100);
    time.stall(1_000);
    time.pass(5_000);
    const sent = sentAt.length;
    const counted = paused.reduce((sum, frames) => sum + frames, 0) + sent;
    const elapsed = ((sentAt.at(-1) as number) - (sentAt[0] as number)) / FRAME_MS + 1;
    // The 40 ms by which the burst after the stall ran ahead are paid back by waiting, which is no pause.
    assert.ok(Math.abs(counted - elapsed) <= 3, `${counted} frames of RTP time in ${elapsed} frames of real time`);
  });

  it('loses a frame to an error of the codec or of the connection, and only that frame', () => {
    const { time, sink, sentAt, failed, pacer } = speaking();
    const send = sink.send;
    let calls = 0;
    sink.send = (opus, frames) => {
      calls += 1;
      if (calls === 5) throw new Error('no key');
      send(opus, frames);
    };
    pacer.play({ pull: () => new Int16Array(480) });
    time.pass(200);
    assert.equal(failed.length, 1);
    assert.equal(sentAt.length, 10);
    pacer.close();
    assert.equal(time.pending, 0);
  });
});
