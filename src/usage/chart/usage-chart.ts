import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { UsageDay } from '../../ports/usage.ts';

use([BarChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** Without a canvas echarts guesses too narrow: DejaVu Sans is wide. 0.64 of the font's size a character is its average. */
setPlatformAPI({
  measureText: (text, font) => ({
    width: text.length * 0.64 * Number.parseFloat(/(\d+)px/.exec(font ?? '')?.[1] ?? '12'),
  }),
});

/** What is drawn: every UTC day, oldest first; `budgetUsd` 0: no line. */
export interface UsageChart {
  readonly days: readonly UsageDay[];
  readonly budgetUsd: number;
}

const WIDTH = 900;
const HEIGHT = 420;
const FONT = 'DejaVu Sans';
const TEXT = '#dbdee1';
const FAINT = '#4e5058';
const COLOURS = ['#7289da', '#43b581', '#faa61a', '#f47fff', '#3ba5ff', '#b9bbbe'];
/** More models than these are drawn as one. */
const MOST_MODELS = 5;
const OTHERS = 'other models';

/** Stacked bars by model on Discord's dark grey, as SVG of WIDTH × HEIGHT. */
export function usageSvg({ days, budgetUsd }: UsageChart): string {
  const totals = new Map<string, number>();
  for (const { model, costUsd } of days.flatMap((day) => day.costs)) {
    totals.set(model, (totals.get(model) ?? 0) + (costUsd ?? 0));
  }
  const models = [...totals].sort((a, b) => b[1] - a[1]).map(([model]) => model);
  const named = models.slice(0, MOST_MODELS);
  const shown = models.length > MOST_MODELS ? [...named, OTHERS] : named;
  const costOf = (day: UsageDay, name: string): number =>
    day.costs
      .filter(({ model }) => model === name || (name === OTHERS && !named.includes(model)))
      .reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  const total = [...totals.values()].reduce((sum, cost) => sum + cost, 0);
  const unpriced = days.some((day) => day.costs.some(({ costUsd }) => costUsd === null));
  const note = unpriced ? ' · without what has no known price' : '';
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({
    animation: false,
    backgroundColor: '#2b2d31',
    color: COLOURS,
    textStyle: { fontFamily: FONT, color: TEXT },
    title: {
      text: `Cost per day (UTC), last ${days.length} days: ${dollars(total)}${note}`,
      left: 24,
      top: 16,
      textStyle: { fontFamily: FONT, fontSize: 17, color: TEXT },
    },
    legend: {
      left: 20,
      top: 48,
      itemGap: 14,
      itemWidth: 16,
      itemHeight: 12,
      textStyle: { fontFamily: FONT, fontSize: 13, color: TEXT },
      formatter: (name: string) => (name.length > 36 ? `${name.slice(0, 35)}…` : name),
    },
    grid: { left: 84, right: 36, top: 112, bottom: 44 },
    xAxis: {
      type: 'category',
      data: days.map(({ day }) => label(day)),
      axisLine: { lineStyle: { color: FAINT } },
      axisTick: { show: false },
      axisLabel: { color: TEXT, fontFamily: FONT, fontSize: 12, interval: 4 },
    },
    yAxis: {
      type: 'value',
      max: ({ max }: { max: number }) => Math.max(max, budgetUsd) * 1.08 || 1,
      axisLabel: { color: TEXT, fontFamily: FONT, fontSize: 12, formatter: dollars, showMaxLabel: false },
      splitLine: { lineStyle: { color: '#3f4147' } },
    },
    series: shown.map((name, at) => ({
      name,
      type: 'bar' as const,
      stack: 'cost',
      barCategoryGap: '28%',
      data: days.map((day) => costOf(day, name)),
      ...(at === 0 && budgetUsd > 0 && { markLine: budgetLine(budgetUsd) }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function budgetLine(budgetUsd: number) {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: '#ed4245', type: 'dashed' as const, width: 2 },
    label: {
      formatter: `budget ${dollars(budgetUsd)}`,
      position: 'insideEndTop' as const,
      color: '#ff8a8c',
      fontFamily: FONT,
      fontSize: 12,
    },
    data: [{ yAxis: budgetUsd }],
  };
}

/** Cents where there are any to see, more digits only for less than a cent. */
function dollars(value: number): string {
  if (value === 0) return '$0';
  if (value < 0.1) return `$${value.toFixed(4).replace(/0{1,2}$/, '')}`;
  return value >= 1_000 ? `$${Math.round(value).toLocaleString('en-US')}` : `$${value.toFixed(2)}`;
}

function label(day: string): string {
  const options = { day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(`${day}T00:00:00Z`));
}
