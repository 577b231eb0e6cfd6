import type { Announcement } from '../../ports/conversation.ts';
import type { UserId } from '../../ports/voice.ts';

/** What the bot is to say of its own accord: each is settled once, when it was heard or when it cannot be any more. */
export class Announcements {
  readonly #waiting = new Map<Announcement, { turnId: number | null; readonly settle: (heard: boolean) => void }>();
  #closed = false;

  /** True once a reply to it has sounded, false when the conversation ended before. */
  add(announcement: Announcement): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(announcement, { turnId: null, settle: resolve });
    return promise;
  }

  /** The model was given it as this turn. */
  given(announcement: Announcement, turnId: number): void {
    const waiting = this.#waiting.get(announcement);
    if (waiting) waiting.turnId = turnId;
  }

  /** A reply to these turns was heard, or read. */
  answered(turnIds: readonly number[]): void {
    for (const [announcement, { turnId, settle }] of this.#waiting) {
      if (turnId === null || !turnIds.includes(turnId)) continue;
      this.#waiting.delete(announcement);
      settle(true);
    }
  }

  /** Nothing is heard any more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.giveUp();
  }

  /** What the model was not given yet of this person is not said any more. */
  withdraw(userId: UserId): void {
    for (const [announcement, { turnId, settle }] of this.#waiting) {
      if (turnId !== null || announcement.about !== userId) continue;
      this.#waiting.delete(announcement);
      settle(false);
    }
  }

  /** None of those that wait is said any more. */
  giveUp(): void {
    for (const { settle } of this.#waiting.values()) settle(false);
    this.#waiting.clear();
  }
}
