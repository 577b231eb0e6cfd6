import type { UserId } from '../../ports/voice.ts';

/** What was on its way when somebody left has come by then. Sound after that is somebody's who is there. Ms. */
const UNDER_WAY_MS = 400;

/**
 * People of whom the voice server said that they disconnected (op 13) while the main gateway shows them in the channel:
 * it may be the late word about a device that they have replaced already. Which of the two is right shows in time.
 */
export class Departures {
  readonly #doubtful = new Map<UserId, number>();

  /** op 13 of somebody who is shown in the channel. */
  noted(userId: UserId, now: number): void {
    this.#doubtful.set(userId, now);
  }

  /** The voice server named them again (op 5 or 11). */
  named(userId: UserId): void {
    this.#doubtful.delete(userId);
  }

  /** A frame of theirs came out. */
  heard(userId: UserId, now: number): void {
    const since = this.#doubtful.get(userId);
    if (since !== undefined && now - since >= UNDER_WAY_MS) this.#doubtful.delete(userId);
  }

  /** Those who left after all. `isHere`: whether the main gateway shows them in the channel. */
  due(isHere: (userId: UserId) => boolean): readonly UserId[] {
    if (this.#doubtful.size === 0) return [];
    const left = [...this.#doubtful.keys()].filter((userId) => !isHere(userId));
    for (const userId of left) this.#doubtful.delete(userId);
    return left;
  }

  /** Another connection: who is there is told anew. */
  clear(): void {
    this.#doubtful.clear();
  }
}
