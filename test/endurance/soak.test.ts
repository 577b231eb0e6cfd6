import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soak } from './soak.ts';
import { assertSound } from './soak-run.ts';
import { trend } from './trend.ts';

describe('a soak in short (the 30 minutes: npm run endurance -- soak)', () => {
  it('gives every word to the one who said it while people come, go, move and speak over a bad network', async () => {
    const result = await soak({ lengthMs: 9_000, memoryEveryMs: 9_000, seed: 3 });
    assertSound(result);
    const { deeds, heard, struck } = result;
    for (const [deed, times] of Object.entries({ spurts: deeds.spurts, joins: deeds.joins, moves: deeds.moves })) {
      assert.ok(times > 0, `no ${deed}`);
    }
    assert.ok(heard.turns >= 5, `${heard.turns} turns`);
    assert.ok((struck.lost ?? 0) > 0 && (struck.reordered ?? 0) > 0 && (struck.duplicated ?? 0) > 0);
  });
});

describe('trend', () => {
  it('finds a rise of 3.6 MB in noise of 2 MB, and none in the noise alone', () => {
    const noise = (i: number): number => Math.sin(i * 12.9898) * 2;
    const samples = (leak: number) =>
      Array.from({ length: 180 }, (_, i) => ({ at: i, value: 60 + noise(i) + leak * i }));
    const flat = trend(samples(0));
    assert.ok(Math.abs(flat.rise) <= 3 * flat.error);
    const leaking = trend(samples(0.02));
    assert.ok(leaking.rise > 3 * leaking.error);
    assert.ok(Math.abs(leaking.rise - 3.6) < 3 * leaking.error);
  });
});
