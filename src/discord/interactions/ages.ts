import { SnowflakeUtil } from 'discord.js';

/** https://docs.discord.com/developers/interactions/receiving-and-responding#responding-to-an-interaction */
const LIMIT_MS = 3_000;
/** An interaction is as long on its way as others, give or take this. */
const DOUBT_MS = 1_000;
/** Clocks run apart: what was seen longer ago says nothing. */
const REMEMBERED_MS = 600_000;
const MOST = 32;

/**
 * Tells interactions that nobody can answer any more. Their age is seen by the time in their ids beside that in others':
 * the machine's clock may be wrong.
 */
export class InteractionAges {
  #seen: { readonly at: number; readonly aheadMs: number }[] = [];

  /** Whether Discord's 3 s for the interaction of this id (a snowflake) are over. `now`: performance.now(). */
  isOver(id: string, now: number): boolean {
    const aheadMs = SnowflakeUtil.timestampFrom(id) - now;
    this.#seen = [...this.#seen.filter(({ at }) => now - at < REMEMBERED_MS).slice(1 - MOST), { at: now, aheadMs }];
    const newest = Math.max(...this.#seen.map((one) => one.aheadMs));
    return newest - aheadMs > LIMIT_MS + DOUBT_MS;
  }
}
