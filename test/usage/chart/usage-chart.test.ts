import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawUsage } from '../../../src/usage/chart/draw-usage.ts';
import { usageSvg } from '../../../src/usage/chart/usage-chart.ts';

const DAYS = Array.from({ length: 30 }, (_, at) => ({
  day: new Date(Date.UTC(2026, 9, 23 + at)).toISOString().slice(0, 10),
  costs: [] as { model: string; costUsd: number | null }[],
}));
/** The bars of a colour, as heights in pixels. */
const heights = (svg: string, colour: string): number[] =>
  [...svg.matchAll(new RegExp(`<path d="M[\\d.]+ ([\\d.]+)l[\\d.]+ 0l0 (-?[\\d.]+)l[^"]*" fill="${colour}"`, 'g'))]
    .map(([, , height]) => Math.abs(Number(height)))
    .filter((height) => height > 0);

test('bars are as high as days cost, stacked by model, the dearest at the bottom', () => {
  const days = DAYS.map((one, at) => ({
    ...one,
    costs:
      at === 3
        ? [
            { model: 'dear', costUsd: 4 },
            { model: 'cheap', costUsd: 1 },
          ]
        : at === 9
          ? [{ model: 'dear', costUsd: 2 }]
          : [],
  }));
  const svg = usageSvg({ days, budgetUsd: 5 });
  const [high = 0, low = 0] = heights(svg, '#7289da').filter((height) => height > 20);
  const [cheap = 0] = heights(svg, '#43b581').filter((height) => height > 20);
  assert.ok(Math.abs(high / low - 2) < 0.05, `${high} to ${low}`);
  assert.ok(Math.abs(high / cheap - 4) < 0.2, `${high} to ${cheap}`);
  for (const text of ['last 30 days: $7.00', 'budget $5.00', 'dear', 'cheap', '23 Oct'])
    assert.ok(svg.includes(text), text);
});

test('what has no price is said, names are only text, and many models become one', () => {
  const costs = Array.from({ length: 9 }, (_, at) => ({ model: `<b>model ${at}&`, costUsd: at === 0 ? null : at }));
  const svg = usageSvg({ days: DAYS.with(29, { day: '2026-11-21', costs }), budgetUsd: 0 });
  assert.match(svg, /without what has no known price/);
  assert.match(svg, /other models/);
  assert.match(svg, /&lt;b&gt;model 8&amp;/);
  assert.doesNotMatch(svg, /<b>|budget/);
});

test('the picture is a PNG of 900 × 420 with something in it', async () => {
  const png = await drawUsage({
    days: DAYS.with(29, { day: '2026-11-21', costs: [{ model: 'm', costUsd: 1 }] }),
    budgetUsd: 2,
  });
  assert.equal(png.subarray(0, 8).toString('latin1'), '\u0089PNG\r\n\u001a\n');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [900, 420]);
  assert.ok(png.length > 5_000 && png.length < 200_000, String(png.length));
});
