// npm run live-check: speaks to the bot through real Discord and real models, with a second bot, and says what is wrong.
// Exit code 0: all is well; 1: something is not; 2: it was not checked, or not to its end.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, liveCheckToken, readConfig } from '../../config/config.ts';
import type { ModelConfig } from '../../config/providers.ts';
import { ConfigError } from '../../ports/errors.ts';
import { readPrices } from '../../usage/price-file.ts';
import type { Prices } from '../../usage/prices.ts';
import { cents, expectedCost, MOST_USD, priceName } from './cost.ts';
import { Masking } from './masking.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { preflight, Unfit } from './preflight.ts';
import { type ProviderReport, reportOf } from './report.ts';
import { Session } from './session.ts';
import { rowOf } from './step.ts';
import { Stopped } from './stopped.ts';

const NOT_CHECKED = 2;
const WAIT_MS = 5_000;

const masking = new Masking();
const stop = new AbortController();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function onSignal(): void {
  // Whoever insists is obeyed: the two other processes end by themselves when this one is gone.
  if (stop.signal.aborted) process.exit(NOT_CHECKED);
  print('Stopping: both bots leave the channel.');
  stop.abort(new Stopped('It was stopped by hand.'));
}

/** Gives the exit code. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    print(USAGE);
    return 0;
  }
  const config = readConfig();
  const secondToken = liveCheckToken();
  if (secondToken === null) {
    throw new Unfit(
      'LIVE_CHECK_TOKEN is not set: put the token of a second bot into .env. docs/live-check.md says how to make it.',
    );
  }
  hideSecrets(config, secondToken);
  const { discord } = config;
  const ids = await preflight({ ...discord, ...options, secondToken });
  const prices = await readPrices(config.pricesFile);
  const came = (who: 'person' | 'bot') =>
    new Stopped(
      who === 'person'
        ? 'Somebody came into the channel; nothing of them was heard.'
        : 'Another bot came into the channel.',
    );
  const tell = (step: Parameters<typeof rowOf>[0]) => print(masking.mask(rowOf(step)));
  const session = new Session({ options, config, prices, secondToken, ids, masking, print, tell, stop, came });
  try {
    await session.prepare();
    const models = options.providers ? config.models : [config.model];
    await announce({ models, config, prices, yes: options.yes });
    return await checkAll(session, models, options);
  } finally {
    await session.close();
  }
}

function hideSecrets({ secrets, discord, dataKey, models }: Config, secondToken: string): void {
  masking.hide([...secrets, discord.token, secondToken]);
  if (dataKey) masking.hide([Buffer.from(dataKey).toString('base64'), Buffer.from(dataKey).toString('hex')]);
  for (const model of models) {
    if (model.provider === 'azure') masking.hide([new URL(model.baseUrl).host, model.deployment]);
    if (model.provider === 'vertex') masking.hide([model.project]);
  }
}

/** Says what it costs, and leaves time to think better of it. */
async function announce(of: {
  readonly models: readonly ModelConfig[];
  readonly config: Config;
  readonly prices: Prices;
  readonly yes: boolean;
}): Promise<void> {
  print('Two bots talk for about a minute with each model, at your expense:');
  for (const model of of.models) {
    const expected = expectedCost(model, of.prices, of.config.transcriber);
    print(masking.mask(`  ${model.provider}, ${priceName(model)}: about ${cents(expected)}`));
  }
  print(`The bot leaves by itself as soon as ${cents(MOST_USD)} are spent with one.`);
  if (of.yes) return;
  print('It begins in 5 s; Ctrl-C stops it.');
  await sleep(WAIT_MS, undefined, { signal: stop.signal }).catch(() => {});
  if (stop.signal.aborted) throw stop.signal.reason;
}

async function checkAll(session: Session, models: readonly ModelConfig[], options: Options): Promise<number> {
  const reports: ProviderReport[] = [];
  let stopped: Error | undefined;
  for (const model of models) {
    print(masking.mask(`\n${model.provider}, ${priceName(model)}`));
    const checked = await session.check(model, reports.length === 0);
    reports.push(checked.report);
    stopped = checked.stopped;
    if (stopped) break;
  }
  const failed = reports.flatMap(({ steps }) => steps).filter(({ verdict }) => verdict === 'failed').length;
  const verdict = failed === 0 ? 'All is well.' : `${failed} step${failed === 1 ? '' : 's'} failed.`;
  const end = stopped ? `Not checked to the end: ${stopped.message}` : verdict;
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, reportOf({ end, providers: reports, mask: (text) => masking.mask(text) }), {
    mode: 0o600,
  });
  print(`\n${masking.mask(end)} The report is in ${options.out}: no keys, ids or names are in it.`);
  return stopped ? NOT_CHECKED : Number(failed > 0);
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof UsageError;
  const expected = usage || error instanceof ConfigError || error instanceof Unfit || error instanceof Stopped;
  if (!expected) throw error;
  process.stderr.write(`${masking.maskSecrets(error.message)}\n${usage ? `\n${USAGE}\n` : ''}`);
  process.exitCode = NOT_CHECKED;
}
// What hangs in a library must not hold it up.
setTimeout(() => process.exit(), 1_000).unref();
