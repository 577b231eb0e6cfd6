import type { REST } from 'discord.js';

/** A clock that is looked at a few times a second does not run away by this much unless it is set. */
const STEP_MS = 200;

/** How far the machine's clock was ahead of the monotonic one when it was last looked at, in ms. */
const seen = new WeakMap<REST, number>();

/**
 * Moves the library's rate limits along with the machine's clock, by as much as that was set since the last call for this
 * client. @discordjs/rest 2.6 notes until when a limit holds by that clock (`reset`, `globalReset`): set back by an hour,
 * every request after the next fifty would wait for an hour; set back by forty years, it would look a thousand times a
 * second, for ever. Limits are moved and not dropped: a request that waits in one is found by nobody afterwards.
 */
export function followClock(rest: REST): void {
  const ahead = Date.now() - performance.now();
  const stepMs = ahead - (seen.get(rest) ?? ahead);
  seen.set(rest, ahead);
  if (Math.abs(stepMs) <= STEP_MS) return;
  if (rest.globalReset > 0) rest.globalReset += stepMs;
  rest.globalDelay = null;
  for (const handler of rest.handlers.values()) {
    const limit = handler as unknown as { reset?: unknown };
    if (typeof limit.reset === 'number' && limit.reset > 0) limit.reset += stepMs;
  }
}
