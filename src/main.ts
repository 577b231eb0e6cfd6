import { ConfigError, readConfig } from './config.ts';
import { StartError } from './discord/start-error.ts';
import { createLog } from './log.ts';
import { type Parley, startParley } from './parley.ts';
import { StoreError } from './store/database.ts';

/** An operator's mistake is a line on stderr and exit 1; a stack would only hide it. */
function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ level: config.logLevel, redact: config.secrets });
  let parley: Parley | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    // Whatever hangs, the process is gone within 5 s.
    setTimeout(() => process.exit(), 4_800).unref();
    void parley?.stop().then(() => process.exit());
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const parent = process.ppid;
  if (config.startedByNpm) setInterval(() => process.ppid !== parent && stop(), 500).unref();
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody listened'));
  parley = await startParley({
    config,
    log,
    onDead: (error) => {
      fail(error.message);
      stop();
    },
  });
  // Asked to stop while it was still starting.
  if (stopping) await parley.stop().then(() => process.exit());
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof StartError || error instanceof StoreError;
  if (expected) fail(error.message);
  else throw error;
});
