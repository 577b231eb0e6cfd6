import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnowflakeUtil } from 'discord.js';
import { InteractionAges } from '../../../src/discord/interactions/ages.ts';

const DISCORD = Date.parse('2026-11-30T10:00:00Z');
/** Typed at this ms of Discord's clock. */
const typed = (ms: number): string => String(SnowflakeUtil.generate({ timestamp: DISCORD + ms }));

describe('InteractionAges', () => {
  it('knows what came with the rest of a minute and a half from what was just typed', () => {
    const ages = new InteractionAges();
    assert.equal(ages.isOver(typed(0), 500_080), false);
    const over = [10_000, 50_000, 88_000, 91_000].map((ms) => ages.isOver(typed(ms), 500_000 + 92_000));
    assert.deepEqual(over, [true, true, false, false]);
    assert.equal(ages.isOver(typed(95_000), 595_150), false);
  });

  it('holds the first to be in time, whatever time it is by it', () => {
    for (const ms of [-1e9, 0, 1e12]) assert.equal(new InteractionAges().isOver(typed(ms), 5), false);
  });

  it('is not deceived by clocks that run apart, nor by a machine that slept', () => {
    const ages = new InteractionAges();
    // 200 ms a minute, for a day.
    for (let minute = 0; minute < 1_440; minute += 1) {
      assert.equal(ages.isOver(typed(minute * 60_000), minute * 60_200), false, `minute ${minute}`);
    }
    const awake = 1_440 * 60_200;
    assert.equal(ages.isOver(typed(1_440 * 60_000 + 3_600_000), awake), false);
    assert.equal(ages.isOver(typed(1_440 * 60_000 + 3_590_000), awake + 5), true);
  });
});
