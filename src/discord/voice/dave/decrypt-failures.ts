import type { UserId } from '../../../ports/voice.ts';
import { GrowingPause } from '../link/growing-pause.ts';

/** So many packets of one person in a row that could not be opened, over at least so long, are no accident of a transition. */
const PACKETS = 36;
const LASTING_MS = 2_000;
/** Between two recoveries: garbage cannot deafen the bot, also where a good packet comes now and then. */
const PAUSE = { firstMs: 5_000, longestMs: 300_000, stableMs: 60_000 };

interface Streak {
  packets: number;
  readonly since: number;
}

/** Counts each person's packets that end-to-end decryption refused in a row, and decides when to join the group anew. */
export class DecryptFailures {
  readonly #streaks = new Map<UserId, Streak>();
  readonly #pause = new GrowingPause(PAUSE);

  /** A sealed packet of this person was opened (silence is never sealed and proves nothing). */
  opened(userId: UserId): void {
    if (this.#streaks.size > 0) this.#streaks.delete(userId);
  }

  /** Whether the last sealed packet of this person was refused. */
  isFailing(userId: UserId): boolean {
    return this.#streaks.size > 0 && this.#streaks.has(userId);
  }

  /** A packet of this person was refused. True: it is time to recover. */
  failed(userId: UserId, now: number): boolean {
    const streak = this.#streaks.get(userId) ?? { packets: 0, since: now };
    streak.packets += 1;
    this.#streaks.set(userId, streak);
    const isLasting = streak.packets >= PACKETS && now - streak.since >= LASTING_MS;
    if (!isLasting || !this.#pause.trouble(now)) return false;
    for (const failing of this.#streaks.values()) failing.packets = 0;
    this.#pause.attempted(now);
    return true;
  }

  /** The person is gone. */
  evict(userId: UserId): void {
    this.#streaks.delete(userId);
  }

  /** Another connection: what failed over the old one does not count, but how often it was mended does. */
  reset(): void {
    this.#streaks.clear();
    this.#pause.excuse();
  }
}
