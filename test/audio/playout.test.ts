import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Playout } from '../../src/audio/playout.ts';

const ramp = (length: number, from = 1): Int16Array => Int16Array.from({ length }, (_, i) => from + i);
function playout() {
  const told: string[] = [];
  const player = new Playout({
    onStart: (replyId) => told.push(`start ${replyId}`),
    onEnd: (replyId, heardMs) => told.push(`end ${replyId} ${heardMs}`),
  });
  return { player, told };
}

describe('Playout', () => {
  it('gives frames of 20 ms in order over uneven pieces, without losing a sample', () => {
    const { player } = playout();
    player.push('r', 'i', ramp(100));
    assert.equal(player.ready, false);
    player.push('r', 'i', ramp(700, 101));
    player.push('r', 'i', ramp(160, 801));
    player.finish('r');
    const out = [...(player.pull() as Int16Array), ...(player.pull() as Int16Array)];
    assert.deepEqual(out, [...ramp(960)]);
    assert.equal(player.pull(), undefined);
  });

  it('pads and plays a last partial frame, and counts only what was sound', () => {
    const { player, told } = playout();
    player.push('r', 'i', ramp(600));
    player.finish('r');
    player.pull();
    const last = player.pull() as Int16Array;
    assert.deepEqual([...last.subarray(118, 122)], [599, 600, 0, 0]);
    assert.deepEqual(told, ['start r', 'end r 25']);
  });

  it('fills an underrun with silence that does not count as heard', () => {
    const { player } = playout();
    player.push('r', 'i', ramp(480));
    player.pull();
    assert.deepEqual(player.pull(), new Int16Array(480));
    player.push('r', 'i', ramp(480));
    player.pull();
    assert.deepEqual(
      player.clear().map((heard) => heard.heardMs),
      [40],
    );
  });

  it('ends the talk spurt when the model stalls for more than a second, and goes on with its next sound', () => {
    const { player } = playout();
    player.push('r', 'i', ramp(480));
    for (let i = 0; i < 51; i += 1) assert.ok(player.pull(), `frame ${i}`);
    assert.equal(player.pull(), undefined);
    assert.equal(player.active, true);
    player.push('r', 'i', ramp(480));
    assert.deepEqual(player.pull(), ramp(480));
  });

  it('does not begin with silence: nothing is given before the first whole frame', () => {
    const { player } = playout();
    player.push('r', 'i', ramp(479));
    assert.equal(player.pull(), undefined);
  });

  it('clears at once and tells what was heard of each item, none of what never sounded', () => {
    const { player } = playout();
    player.push('a', 'a1', ramp(480));
    player.push('a', 'a2', ramp(960));
    player.push('b', 'b1', ramp(480));
    player.pull();
    player.pull();
    assert.deepEqual(player.clear(), [
      {
        replyId: 'a',
        items: [
          { itemId: 'a1', heardMs: 20 },
          { itemId: 'a2', heardMs: 20 },
        ],
        heardMs: 40,
        producedMs: 60,
      },
      { replyId: 'b', items: [{ itemId: 'b1', heardMs: 0 }], heardMs: 0, producedMs: 20 },
    ]);
    assert.equal(player.pull(), undefined);
    assert.equal(player.active, false);
  });

  it('ducks by 15 dB within one frame and comes back to full level without losing a sample', () => {
    const { player } = playout();
    player.push('r', 'i', new Int16Array(480 * 5).fill(10_000));
    player.duck(true);
    const down = player.pull() as Int16Array;
    assert.ok((down[0] as number) > 9_900 && (down[0] as number) < 10_000, 'no step at the edge');
    assert.equal(down[479], 1778);
    assert.deepEqual(player.pull(), new Int16Array(480).fill(1778));
    player.duck(false);
    player.pull();
    assert.deepEqual(player.pull(), new Int16Array(480).fill(10_000));
    assert.deepEqual(
      player.clear().map((heard) => heard.heardMs),
      [80],
    );
  });

  it('does not overflow on saturated sound', () => {
    const { player } = playout();
    player.push('r', 'i', new Int16Array(480 * 2).fill(-32768));
    player.duck(true);
    player.pull();
    assert.equal((player.pull() as Int16Array)[0], -5827);
  });

  it('plays two replies one after the other and ends each', () => {
    const { player, told } = playout();
    player.push('a', 'a1', ramp(480));
    player.finish('a');
    player.push('b', 'b1', ramp(480));
    player.finish('b');
    player.pull();
    player.pull();
    assert.deepEqual(told, ['start a', 'end a 20', 'start b', 'end b 20']);
  });
});
