import { type Client, RESTEvents, Routes } from 'discord.js';
import type { WallClock } from '../../clock/wall-clock.ts';
import type { Log } from '../../lib/log.ts';
import { followClock } from './limit-clock.ts';

/** How often the clock is looked at: what asks Discord for something meanwhile may be held up by a clock that was set. */
const LOOK_MS = 250;
/** A difference that is told, and told again where it has grown or shrunk by as much. */
const TOLD_MS = 60_000;

/**
 * Takes the time from each answer of Discord's, says in the log where the machine's clock is wrong, and keeps a clock that
 * is set from holding up requests. Returns what ends it.
 */
export function keepTime(client: Pick<Client, 'rest'>, { clock, log }: { clock: WallClock; log: Log }): () => void {
  const { rest } = client;
  let saidMs = 0;
  const onResponse = (_request: unknown, { headers }: { headers: { get(name: string): string | null } }): void => {
    const shown = headers.get('date');
    if (shown === null) return;
    clock.heard(Date.parse(shown));
    const wrongByMs = clock.confirmed ? clock.wrongByMs : saidMs;
    if (Math.abs(wrongByMs - saidMs) <= TOLD_MS) return;
    saidMs = wrongByMs;
    if (wrongByMs === 0) log.info('the clock of this machine is right again');
    else log.warn({ wrongBySeconds: Math.round(wrongByMs / 1000) }, WRONG);
  };
  rest.on(RESTEvents.Response, onResponse);
  const certain = clock.onDoubt(() => void rest.get(Routes.gateway(), { auth: false }).catch(() => {}));
  followClock(rest);
  const looking = setInterval(() => {
    followClock(rest);
    // Asks for the time where that became doubtful.
    clock.now();
  }, LOOK_MS).unref();
  return () => {
    clearInterval(looking);
    rest.off(RESTEvents.Response, onResponse);
    certain();
  };
}

const WRONG = 'the clock of this machine is wrong: I go by Discord’s. Set it, or turn on time synchronisation (NTP)';
