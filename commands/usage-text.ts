import type { UsageLine } from '../src/ports/usage.ts';
import { PROVIDER_WORDS } from './voice/model.ts';

/** Rows of each part of the table; whoever comes after them is summed up. Two tables fit into one message. */
const MOST_PEOPLE = 4;
const MOST_MODELS = 3;
const NAME_WIDTH = 21;

interface Sum {
  readonly name: string;
  replies: number;
  tokensIn: number;
  tokensOut: number;
  costUsd: number;
  estimated: boolean;
  unpriced: boolean;
}

/** A monospace table for Discord, by person, provider and model, dearest first, with a total; below 950 characters. */
export function usageTable(lines: readonly UsageLine[]): string {
  const people = summed(
    lines,
    ({ userId }) => userId,
    ({ userId, name }) => (userId ? inCode(name) : '(unknown)'),
  );
  const providers = summed(
    lines,
    ({ provider }) => provider,
    ({ provider }) => PROVIDER_WORDS[provider],
  );
  const models = summed(
    lines,
    ({ provider, model }) => `${provider} ${model}`,
    ({ model }) => inCode(model),
  );
  const total = summed(
    lines,
    () => '',
    () => 'Total',
  );
  const rows = [
    row('by person', 'replies', 'in', 'out', 'USD'),
    ...shortened(people, MOST_PEOPLE).map(shown),
    'by provider',
    ...providers.map(shown),
    'by model',
    ...shortened(models, MOST_MODELS).map(shown),
    ...total.map(shown),
  ];
  return `\`\`\`\n${rows.join('\n')}\n\`\`\``;
}

function summed(
  lines: readonly UsageLine[],
  keyOf: (line: UsageLine) => string,
  nameOf: (line: UsageLine) => string,
): Sum[] {
  const sums = new Map<string, Sum>();
  for (const line of lines) {
    const key = keyOf(line);
    const sum = sums.get(key) ?? empty(nameOf(line));
    const { tokens } = line;
    sum.replies += line.replies;
    sum.tokensIn += tokens.textIn + tokens.cachedTextIn + tokens.audioIn + tokens.cachedAudioIn;
    sum.tokensOut += tokens.textOut + tokens.audioOut;
    sum.costUsd += line.costUsd ?? 0;
    sum.estimated ||= line.estimated;
    sum.unpriced ||= line.costUsd === null;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => b.costUsd - a.costUsd || b.tokensIn - a.tokensIn);
}

function shortened(sums: readonly Sum[], most: number): Sum[] {
  if (sums.length <= most) return [...sums];
  const rest = empty(`${sums.length - most} more`);
  for (const sum of sums.slice(most)) {
    rest.replies += sum.replies;
    rest.tokensIn += sum.tokensIn;
    rest.tokensOut += sum.tokensOut;
    rest.costUsd += sum.costUsd;
    rest.estimated ||= sum.estimated;
    rest.unpriced ||= sum.unpriced;
  }
  return [...sums.slice(0, most), rest];
}

function empty(name: string): Sum {
  return { name, replies: 0, tokensIn: 0, tokensOut: 0, costUsd: 0, estimated: false, unpriced: false };
}

function shown({ name, replies, tokensIn, tokensOut, costUsd, estimated, unpriced }: Sum): string {
  const known = unpriced && costUsd === 0 ? '?' : `${costUsd.toFixed(4)}${unpriced ? '+?' : ''}`;
  return row(
    name,
    String(Number(replies.toFixed(1))),
    short(tokensIn),
    short(tokensOut),
    estimated ? `~${known}` : known,
  );
}

function row(name: string, replies: string, tokensIn: string, tokensOut: string, cost: string): string {
  return `${name.padEnd(NAME_WIDTH)}${replies.padStart(8)}${tokensIn.padStart(7)}${tokensOut.padStart(7)}${cost.padStart(11)}`;
}

function short(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** Untrusted text inside a code block: one line, nothing that turns the direction or ends the block. */
function inCode(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('`', "'")
    .trim();
  const letters = Array.from(line);
  return letters.length < NAME_WIDTH ? line : `${letters.slice(0, NAME_WIDTH - 2).join('')}…`;
}
