import type { Logger } from 'pino';
import type { UserId } from './bridge/ports.ts';
import type { Room } from './bridge/room-ports.ts';

/** How often those who wait are looked at: nobody waits for more than some seconds. Ms. */
const LOOK_MS = 1_000;
/** Of so many Discord is asked at a time, in turn. */
const MOST_ASKED = 5;

/** What the people who wait are watched with. */
export interface WaitingPeopleParts {
  readonly room: Pick<Room, 'guildId' | 'isMember' | 'isSilenced' | 'refreshMembers'>;
  /** Whose speech or typed words wait for the floor. */
  readonly waiting: () => readonly UserId[];
  /** What waits of this person is thrown away. */
  readonly drop: (userId: UserId) => void;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Sees to it that nobody is answered any more who was muted, timed out, kicked or banned while what they said waited for
 * its turn. Whoever made it closes it.
 */
export class WaitingPeople {
  readonly #parts: WaitingPeopleParts;
  /** Of whom Discord was asked, the longest ago first. */
  #asked: readonly UserId[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(parts: WaitingPeopleParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const waiting = this.#parts.waiting();
    for (const userId of waiting) this.#judge(userId);
    const never = waiting.filter((userId) => !this.#asked.includes(userId));
    const again = this.#asked.filter((userId) => waiting.includes(userId));
    const asked = [...never, ...again].slice(0, MOST_ASKED);
    this.#asked = [...again.filter((userId) => !asked.includes(userId)), ...asked];
    for (const userId of asked) void this.#ask(userId);
  }

  async #ask(userId: UserId): Promise<void> {
    // Where Discord does not answer, what they may do is asked again before anything is done for them.
    const { room } = this.#parts;
    const asked = room.refreshMembers?.([userId]).then(
      () => true,
      () => false,
    );
    if (await asked) this.#judge(userId, room.isMember?.(userId) === false);
  }

  #judge(userId: UserId, isGone = false): void {
    const { room, waiting, drop, log } = this.#parts;
    if (!isGone && !room.isSilenced?.(userId)) return;
    if (!waiting().includes(userId)) return;
    log.info(
      { guildId: room.guildId, userId, gone: isGone },
      'what somebody said is not answered: they may not speak any more',
    );
    drop(userId);
  }
}
