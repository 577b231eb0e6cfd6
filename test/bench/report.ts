import { styleText } from 'node:util';
import type { BotKind } from './bot-process.ts';
import type { Measure, Samples } from './run.ts';
import { median, quantile } from './statistics.ts';

/** One line of the table. Values are NaN where nothing could be measured. */
export interface Row {
  readonly label: string;
  readonly unit: string;
  readonly parley: number;
  readonly plain: number;
  /** Parley / plain. */
  readonly ratio: number;
  readonly goal: string | null;
  /** null: no goal, or nothing measured. */
  readonly met: boolean | null;
  /** How many values are behind Parley's and the plain bridge's figure. */
  readonly counts: readonly [number, number];
}

interface Line {
  readonly label: string;
  readonly unit: string;
  readonly measure: Measure;
  readonly of: (samples: readonly number[]) => number;
  /** Parley's value must not exceed this. */
  readonly limit?: number;
  /** Parley's value must not exceed this share of the plain bridge's. */
  readonly ratioLimit?: number;
}

const p99 = (samples: readonly number[]): number => quantile(samples, 0.99);
const worst = (samples: readonly number[]): number => quantile(samples, 1);

const LINES: readonly Line[] = [
  { label: 'CPU per speaking person, one speaks', unit: '% of a core', measure: 'cpuOne', of: median, ratioLimit: 0.5 },
  {
    label: 'CPU per speaking person, five at once',
    unit: '% of a core',
    measure: 'cpuFive',
    of: median,
    ratioLimit: 0.5,
  },
  { label: 'CPU of the whole process while one speaks', unit: '% of a core', measure: 'cpuOneWhole', of: median },
  { label: 'CPU while the bot speaks', unit: '% of a core', measure: 'cpuSpeaking', of: median },
  { label: 'CPU idle in the channel', unit: '% of a core', measure: 'cpuIdle', of: median },
  { label: 'packet → model, onset of speech, worst', unit: 'ms', measure: 'onset', of: worst, limit: 80 },
  { label: 'packet → model, after it, p50', unit: 'ms', measure: 'steady', of: median, limit: 1 },
  { label: 'packet → model, after it, p99', unit: 'ms', measure: 'steady', of: p99, limit: 5 },
  { label: 'model’s first sound → first packet, p50', unit: 'ms', measure: 'firstAudio', of: median, limit: 5 },
  { label: 'model’s first sound → first packet, worst', unit: 'ms', measure: 'firstAudio', of: worst },
  { label: 'interruption → bot’s last packet, p50', unit: 'ms', measure: 'interrupt', of: median, limit: 160 },
  { label: 'interruption → bot’s last packet, worst', unit: 'ms', measure: 'interrupt', of: worst, limit: 160 },
  { label: 'end of speech → commit, p50', unit: 'ms', measure: 'commit', of: median },
  { label: 'memory with one channel (RSS)', unit: 'MB', measure: 'memoryBase', of: median },
  { label: 'memory per further channel (RSS)', unit: 'MB', measure: 'memoryChannel', of: median },
  { label: 'memory per further channel (live heap and buffers)', unit: 'MB', measure: 'memoryChannelLive', of: median },
];

/** The table's lines from everything that was measured. */
export function rows(samples: Readonly<Record<BotKind, Samples>>): Row[] {
  return LINES.map(({ label, unit, measure, of, limit, ratioLimit }) => {
    const [parley, plain] = [of(samples.parley[measure]), of(samples.plain[measure])];
    const ratio = parley / plain;
    const goals = [
      limit === undefined ? [] : [`≤ ${limit} ${unit}`],
      ratioLimit === undefined ? [] : [`≤ ${ratioLimit} ×`],
    ];
    const missed = parley > (limit ?? Number.POSITIVE_INFINITY) || ratio > (ratioLimit ?? Number.POSITIVE_INFINITY);
    const judged = ratioLimit === undefined ? parley : ratio;
    const goal = goals.flat().join(', ') || null;
    const counts = [samples.parley[measure].length, samples.plain[measure].length] as const;
    return {
      label,
      unit,
      parley,
      plain,
      ratio,
      goal,
      met: goal === null || Number.isNaN(judged) ? null : !missed,
      counts,
    };
  });
}

/** The table as aligned text. */
export function table(lines: readonly Row[]): string {
  const cells = [
    ['', 'Parley', 'plain', 'ratio', 'goal', ''],
    ...lines.map((row) => [
      `${row.label} [${row.unit}]`,
      figure(row.parley),
      figure(row.plain),
      Number.isFinite(row.ratio) ? `${figure(row.ratio)} ×` : '–',
      row.goal ?? '',
      row.met === null ? '' : row.met ? '✓' : '✗',
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => (row[column] as string).length))) ?? [];
  const text = cells.map((row, line) => {
    const padded = row.map((cell, column) => {
      const width = widths[column] as number;
      return column === 0 || column > 3 ? cell.padEnd(width) : cell.padStart(width);
    });
    const joined = padded.join('  ').trimEnd();
    if (line === 0) return styleText('bold', joined);
    return row[5] === '✗' ? styleText('red', joined) : row[5] === '✓' ? styleText('green', joined) : joined;
  });
  return text.join('\n');
}

/** Three significant digits at most, and no more than two decimals. */
function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
