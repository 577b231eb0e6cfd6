import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import type { Step } from './step.ts';

/** One provider's part of the report. */
export interface ProviderReport {
  readonly title: string;
  readonly steps: readonly Step[];
  /** The bot's log, oldest first. */
  readonly log: readonly string[];
}

/** What a report says. `end`: in one sentence how it ended. */
export interface ReportParts {
  readonly end: string;
  readonly providers: readonly ProviderReport[];
  readonly mask: (text: string) => string;
}

/** What a failure may depend on. */
const PACKAGES = [
  'discord.js',
  '@discordjs/voice',
  '@snazzah/davey',
  'opusscript',
  '@noble/ciphers',
  'openai',
  '@google/genai',
  'undici',
  'ws',
  'sqlite3',
];
const MOST_LOG_LINES = 1_500;
const WORD = { ok: 'ok', failed: '**failed**', note: 'note', skipped: 'skipped' } as const;

/** The report as Markdown, to be attached to an issue: without keys, ids and names. */
export function reportOf({ end, providers, mask }: ReportParts): string {
  const lines = [
    '# Live check',
    '',
    end,
    '',
    `${new Date().toISOString().slice(0, 16)} UTC · Node ${process.versions.node} · ${platform()} ${release()} ${arch()} · OpenSSL ${process.versions.openssl}`,
    '',
    versions().join(' · '),
    ...providers.flatMap(providerPart),
  ];
  return `${mask(lines.join('\n'))}\n`;
}

function providerPart({ title, steps, log }: ProviderReport): string[] {
  const shown = log.slice(-MOST_LOG_LINES);
  const left = log.length - shown.length;
  return [
    '',
    `## ${title}`,
    '',
    '| step | measured | expected | |',
    '| --- | --- | --- | --- |',
    ...steps.map(({ name, measured, expected, verdict, advice }) => {
      const hint = advice && verdict !== 'ok' ? `${WORD[verdict]}: ${advice}` : WORD[verdict];
      return `| ${[name, measured, expected, hint].map(cell).join(' | ')} |`;
    }),
    '',
    `The bot's log${left > 0 ? `, without the first ${left} lines` : ''}:`,
    '',
    '```',
    ...shown.map((line) => line.replaceAll('```', "'''")),
    '```',
  ];
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

function versions(): string[] {
  const versionOf = (path: string): string => {
    try {
      return JSON.parse(readFileSync(new URL(`../../../${path}package.json`, import.meta.url), 'utf8')).version;
    } catch {
      return '?';
    }
  };
  return [`Parley ${versionOf('')}`, ...PACKAGES.map((name) => `${name} ${versionOf(`node_modules/${name}/`)}`)];
}
