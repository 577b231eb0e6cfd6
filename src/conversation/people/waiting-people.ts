import type { Logger } from 'pino';
import type { Room } from '../../ports/room.ts';
import type { UserId } from '../../ports/voice.ts';

/** How often those who wait are looked at: nobody waits for more than some seconds. Ms. */
const LOOK_MS = 1_000;
/** Nobody is asked about more often than this. Ms. */
const AGAIN_MS = 2_000;
/** So many questions to Discord may come at once... */
const BURST = 5;
/** ...and one more in this time: at most 15 in any minute, however many wait. Ms. */
const REFILL_MS = 6_000;

/** What the people who wait are watched with. */
export interface WaitingPeopleDeps {
  readonly room: Pick<Room, 'guildId' | 'isMember' | 'isSilenced' | 'refreshMembers'>;
  /** Whose speech or typed words wait for the floor, the next one first. */
  readonly waiting: () => readonly UserId[];
  /** Whether they can be answered now. Nobody is asked about while not: they are when their answer can come. */
  readonly answerable: () => boolean;
  /** What waits of this person is thrown away. */
  readonly drop: (userId: UserId) => void;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Sees to it that nobody is answered any more who was muted, timed out, kicked or banned while what they said waited for
 * its turn. What Discord tells of its own accord costs nothing; a ban of somebody who only types is not told, so Discord
 * is asked, within a budget. Whoever made it closes it.
 */
export class WaitingPeople {
  readonly #deps: WaitingPeopleDeps;
  /** When Discord was asked about those who wait, by the monotonic clock. */
  readonly #askedAt = new Map<UserId, number>();
  readonly #timer: NodeJS.Timeout;
  #questions = BURST;
  #filledAt = performance.now();

  constructor(deps: WaitingPeopleDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.#look(performance.now()), LOOK_MS).unref();
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(now: number): void {
    const waiting = this.#deps.waiting();
    for (const userId of waiting) this.#judge(userId);
    for (const userId of this.#askedAt.keys()) if (!waiting.includes(userId)) this.#askedAt.delete(userId);
    this.#refill(now);
    if (!this.#deps.answerable()) return;
    for (const userId of this.#next(waiting, now)) {
      if (this.#questions < 1) return;
      this.#questions -= 1;
      this.#askedAt.set(userId, now);
      void this.#ask(userId);
    }
  }

  #refill(now: number): void {
    this.#questions = Math.min(BURST, this.#questions + (now - this.#filledAt) / REFILL_MS);
    this.#filledAt = now;
  }

  /** Who was never asked about comes first, then whose turn is next, then the others, the longest ago first. */
  #next(waiting: readonly UserId[], now: number): UserId[] {
    const asked = (userId: UserId): number => this.#askedAt.get(userId) ?? Number.NEGATIVE_INFINITY;
    const due = waiting.filter((userId) => now - asked(userId) >= AGAIN_MS);
    const rank = (userId: UserId): number => (this.#askedAt.has(userId) ? (userId === waiting[0] ? 1 : 2) : 0);
    return due.sort((one, other) => rank(one) - rank(other) || asked(one) - asked(other));
  }

  async #ask(userId: UserId): Promise<void> {
    // Where Discord does not answer, what they may do is asked again before anything is done for them.
    const { room } = this.#deps;
    const asked = room.refreshMembers?.([userId]).then(
      () => true,
      () => false,
    );
    if (await asked) this.#judge(userId, room.isMember?.(userId) === false);
  }

  #judge(userId: UserId, isGone = false): void {
    const { room, waiting, drop, log } = this.#deps;
    if (!isGone && !room.isSilenced?.(userId)) return;
    if (!waiting().includes(userId)) return;
    log.info(
      { guildId: room.guildId, userId, gone: isGone },
      'what somebody said is not answered: they may not speak any more',
    );
    drop(userId);
  }
}
