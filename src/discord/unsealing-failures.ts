import type { UserId } from '../bridge/ports.ts';

/** So many packets of one person in a row that could not be opened, over at least so long, are no accident of a transition. */
const PACKETS = 36;
const LASTING_MS = 2_000;
/** Between two recoveries; doubled each time until somebody who failed is heard again, so that garbage cannot deafen the bot. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

interface Streak {
  packets: number;
  readonly since: number;
}

/** Counts each person's packets that end-to-end decryption refused in a row, and decides when to join the group anew. */
export class UnsealingFailures {
  readonly #streaks = new Map<UserId, Streak>();
  #blamed: UserId | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  #pauseMs = FIRST_PAUSE_MS;

  /** A sealed packet of this person was opened (silence is never sealed and proves nothing). */
  opened(userId: UserId): void {
    if (this.#streaks.size > 0) this.#streaks.delete(userId);
    if (this.#blamed !== userId) return;
    this.#blamed = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
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
    if (streak.packets < PACKETS || now - streak.since < LASTING_MS || now < this.#notBefore) return false;
    for (const failing of this.#streaks.values()) failing.packets = 0;
    this.#blamed = userId;
    this.#notBefore = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    return true;
  }

  /** The person is gone. */
  forget(userId: UserId): void {
    this.#streaks.delete(userId);
  }

  /** Another connection: nothing of the old one counts. */
  reset(): void {
    this.#streaks.clear();
    this.#blamed = undefined;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
