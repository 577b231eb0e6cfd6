import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Faults, FaultyPath, NO_FAULTS, seededRandom } from '../../../src/discord/faults.ts';

function run(faults: Partial<Faults>, packets: number, seed = 1) {
  const out: number[] = [];
  const counts = { passed: 0, lost: 0, reordered: 0, duplicated: 0 };
  const path = new FaultyPath<number>({
    faults: { ...NO_FAULTS, ...faults },
    counts,
    random: seededRandom(seed, 'anna'),
    deliver: (packet, copies) => {
      for (let i = 0; i < copies; i++) out.push(packet);
    },
  });
  for (let i = 0; i < packets; i++) path.send(i);
  return { out, counts, path };
}

describe('faults', () => {
  test('none: everything passes at once, in order', () => {
    assert.deepEqual(run({}, 5).out, [0, 1, 2, 3, 4]);
  });

  test('strike about as often as they should, and every strike is counted', () => {
    const { out, counts, path } = run({ loss: 0.05, reorder: 0.05, duplicates: 0.02 }, 10_000);
    path.close();
    assert.ok(counts.lost > 400 && counts.lost < 600, `${counts.lost} lost`);
    assert.ok(counts.duplicated > 140 && counts.duplicated < 260, `${counts.duplicated} twice`);
    assert.ok(counts.reordered > 350 && counts.reordered < 600, `${counts.reordered} out of order`);
    assert.equal(new Set(out).size, counts.passed);
    assert.equal(out.length - counts.passed, out.filter((packet, i) => packet === out[i - 1]).length);
    assert.equal(out.filter((packet, i) => packet < (out[i - 1] ?? 0)).length, counts.reordered);
  });

  test('the same seed strikes the same packets, another seed others', () => {
    const first = run({ loss: 0.1 }, 1000);
    assert.deepEqual(run({ loss: 0.1 }, 1000).out, first.out);
    assert.notDeepEqual(run({ loss: 0.1 }, 1000, 2).out, first.out);
  });

  test('switching one on leaves the others’ luck as it is', () => {
    const alone = run({ loss: 0.1 }, 1000).out;
    const withDuplicates = run({ loss: 0.1, duplicates: 0.3 }, 1000).out;
    assert.deepEqual([...new Set(withDuplicates)], alone);
  });

  test('a packet that is held back goes out by itself when its sender falls silent', async () => {
    const { out, counts } = run({ reorder: 1 }, 1);
    assert.deepEqual(out, []);
    while (out.length === 0) await sleep(5);
    assert.deepEqual(out, [0]);
    assert.equal(counts.reordered, 0);
  });

  test('delay and jitter keep the order', async () => {
    const begin = performance.now();
    const { out } = run({ delayMs: 30, jitterMs: 40 }, 50);
    assert.deepEqual(out, []);
    while (out.length < 50) await sleep(5);
    assert.ok(performance.now() - begin >= 29);
    assert.deepEqual(
      out,
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});
