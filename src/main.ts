// First, so that the process's dispatcher is Node's own.
import './discord/rest/node-dispatcher.ts';
import { startParley } from './app/start-parley.ts';
import { readConfig } from './config/config.ts';
import { Ending } from './process/ending.ts';
import { createLog } from './process/log.ts';

const ending = new Ending();

async function main(): Promise<void> {
  // A terminal that is gone must not end the process; the log looks after stdout.
  process.stderr.on('error', () => {});
  const config = readConfig();
  const log = createLog({ level: config.logLevel, redact: config.secrets });
  ending.log = log;
  const stop = (): void => ending.asked();
  // SIGHUP: its terminal was closed (Node takes no notice of nohup). SIGBREAK: Ctrl+Break on Windows.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'] as const) {
    const early = process.listeners(signal);
    process.on(signal, stop);
    // Those of start.js, from while this was loaded. Not before: a signal that waits is dropped with its last listener.
    for (const listener of early) process.off(signal, listener);
  }
  const parent = process.ppid;
  if (config.startedByNpm) setInterval(() => process.ppid !== parent && stop(), 500).unref();
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody listened'));
  const stopping = new AbortController();
  const starting = startParley({ config, log, signal: stopping.signal, onDead: (error) => ending.failed(error) });
  ending.stop = () => {
    stopping.abort();
    return starting.then(
      (parley) => parley.stop(),
      // Asked to stop while it was still starting, or it could not start: it has closed what was open.
      () => {},
    );
  };
  await starting;
}

process.on('uncaughtException', (error) => ending.failed(error));
main().catch((error: unknown) => ending.failed(error));
