// `npm run bench`: Parley and a plain bridge in the usual tutorial manner, each as a process of its own, in turns, over
// the same simulated Discord and OpenAI. docs/performance.md says what is measured and how.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { BotKind } from './bot-process.ts';
import { SERVER_VAD_SILENCE_MS } from './plain-bridge.ts';
import { rows, table } from './report.ts';
import { MEASURES, noSamples, run } from './run.ts';
import { script } from './scenarios.ts';

const USAGE = `npm run bench -- [--rounds N] [--quick] [--only parley|plain] [--profile]
  --rounds   how often each bot runs (3)
  --quick    one round with shorter speech: a look, not a measurement
  --only     one of the two
  --profile  also writes CPU profiles of one and of five people speaking to out/, and makes the figures a little worse`;
const PARLEY_SILENCE_MS = 600;
const PARLEY_INTERRUPTION_MS = 120;
const OUT = 'out';

interface Options {
  readonly kinds: readonly BotKind[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly profile: boolean;
}

function options(): Options | undefined {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const kinds = (['parley', 'plain'] as const).filter((kind) => values.only === undefined || values.only === kind);
  if (kinds.length === 0 || !Number.isInteger(rounds) || rounds < 1) return undefined;
  return { kinds, rounds, quick: values.quick, profile: values.profile };
}

async function measure({ kinds, rounds, quick, profile }: Options): Promise<boolean> {
  const said = script(quick ? 4_000 : 8_000);
  const samples = { parley: noSamples(), plain: noSamples() };
  const failures: string[] = [];
  const retried: string[] = [];
  const startedAt = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of kinds) {
      const load = loadavg()[0] as number;
      console.log(`round ${round} of ${rounds}: ${kind} (${seconds(startedAt)} s so far, load ${load.toFixed(1)})`);
      const file = profile ? `${OUT}/${kind}-${round}` : undefined;
      const result = await run(kind, said, { exchanges: quick ? 1 : 2, idleMs: quick ? 1_500 : 2_500, profile: file });
      for (const name of MEASURES) samples[kind][name].push(...result.samples[name]);
      const named = (text: string): string => `${kind}, round ${round}, ${text}`;
      failures.push(...result.failures.map(named));
      retried.push(...result.retried.map(named));
    }
  }
  const lines = rows(samples);
  const settings = {
    parley: { turnDetection: 'manual', silenceMs: PARLEY_SILENCE_MS, interruptionMs: PARLEY_INTERRUPTION_MS },
    plain: { turnDetection: 'server_vad', silenceMs: SERVER_VAD_SILENCE_MS, interruption: 'at speech_started' },
  };
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg() };
  const record = {
    at: new Date().toISOString(),
    rounds,
    quick,
    machine,
    settings,
    rows: lines,
    failures,
    retried,
    samples,
  };
  writeFileSync(`${OUT}/bench.json`, `${JSON.stringify(record, null, 1)}\n`);
  console.log(`\n${table(lines)}\n`);
  console.log(
    `Turns end after ${PARLEY_SILENCE_MS} ms of silence (Parley's own detector) and ${SERVER_VAD_SILENCE_MS} ms (plain: server VAD).`,
  );
  console.log(
    `The bot is cut off after ${PARLEY_INTERRUPTION_MS} ms of confirmed speech (Parley), and at the server's speech_started (plain), a cough included.`,
  );
  for (const text of retried) console.log(`measured at the second attempt  ${text}`);
  for (const failure of failures) console.log(`NOT MEASURED  ${failure}`);
  console.log(`${seconds(startedAt)} s, ${OUT}/bench.json`);
  return failures.length === 0;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}

const asked = options();
mkdirSync(OUT, { recursive: true });
if (!asked) {
  console.error(USAGE);
  process.exitCode = 2;
} else if (!(await measure(asked))) process.exitCode = 1;
