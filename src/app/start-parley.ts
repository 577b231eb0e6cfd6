import { LoginError } from '../discord/client/login-error.ts';
import { readPrices } from '../usage/price-file.ts';
import { Bot } from './bot.ts';
import { toolsOfFolder } from './custom-tools.ts';
import type { Parley, ParleyOptions } from './parley.ts';
import { RESTARTING, STOP_LIMIT_MS } from './shutdown.ts';
import { Storage } from './storage.ts';

const TAKEN_OVER =
  'Another process serves this bot now: this one stood still for so long that it seemed dead. It stops.';
const NOT_STARTED = 'I could not start. Whoever runs me finds the reason in my log.';

/**
 * Puts the parts together and logs in. Rejects with StoreError, LoginError (one line for the operator each), having
 * closed what was open.
 */
export async function startParley(options: ParleyOptions): Promise<Parley> {
  const { config, log } = options;
  const prices = await readPrices(config.pricesFile);
  const ownTools = await toolsOfFolder({ folder: config.toolsFolder, tell: (problem) => log.warn(problem) });
  const { signal = new AbortController().signal } = options;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const onLost = () => options.onDead?.(new LoginError(TAKEN_OVER));
  const opening = Storage.open({ config, log, onLost });
  // Another program may hold the database for long.
  const storage = await Promise.race([opening, aborted.promise]).catch((error: unknown) => {
    if (signal.aborted) opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  const bot = new Bot({ ...options, prices, ownTools, storage });
  try {
    await Promise.race([bot.start(), aborted.promise]);
  } catch (error) {
    const stopped = bot.stop(signal.aborted ? RESTARTING : NOT_STARTED);
    // Whatever hangs, the error is told.
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return bot;
}
