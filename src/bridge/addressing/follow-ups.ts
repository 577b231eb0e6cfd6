import type { Turn, UserId } from '../../ports/voice.ts';

/** So long after an answer to somebody, what they say is meant for the bot without its name. */
const FOLLOW_UP_MS = 20_000;
/** Turns that are remembered as meant for the bot. */
const REMEMBERED = 400;

/** Who may go on talking to the bot without calling it: whom it answers now, or answered just before. Pure. */
export class FollowUps {
  readonly #meant = new Set<number>();
  /** Replies that sound, and the turns that they answer. */
  readonly #sounding = new Map<string, readonly Turn[]>();
  readonly #until = new Map<UserId, number>();

  /** This turn is meant for the bot: an answer to it opens the window of its speaker. */
  meant(turnId: number): void {
    this.#meant.add(turnId);
    if (this.#meant.size > REMEMBERED) this.#meant.delete(this.#meant.values().next().value as number);
  }

  /** Nobody goes on from anything so far. */
  clear(): void {
    this.#meant.clear();
    this.#sounding.clear();
    this.#until.clear();
  }

  /** A reply to these turns begins to sound. */
  audible(replyId: string, turns: readonly Turn[]): void {
    this.#sounding.set(replyId, turns);
  }

  /** Its sound is over, or was cut: the windows of those whom it answers begin. */
  ended(replyId: string, now: number): void {
    for (const userId of this.#answered(this.#sounding.get(replyId) ?? [])) this.#until.set(userId, now + FOLLOW_UP_MS);
    this.#sounding.delete(replyId);
  }

  /** Whether what this person began to say at this instant is taken for a follow-up. */
  has(userId: UserId | null, startedAt: number): boolean {
    if (userId === null) return false;
    for (const turns of this.#sounding.values()) if (this.#answered(turns).includes(userId)) return true;
    const until = this.#until.get(userId);
    if (until !== undefined && startedAt <= until) return true;
    this.#until.delete(userId);
    return false;
  }

  /** Who was only heard meanwhile is not answered by a reply. */
  #answered(turns: readonly Turn[]): UserId[] {
    return turns.flatMap(({ id, userId }) => (userId !== null && this.#meant.has(id) ? [userId] : []));
  }
}
