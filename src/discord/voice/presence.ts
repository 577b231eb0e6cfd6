import type { LineEvent, UserId } from '../../ports/voice.ts';

/** Who is known to be there, over all the connections of a line: a rejoin must not look as if everybody came anew. */
export class Presence {
  readonly #here = new Map<UserId, boolean>();

  /** A new connection: who is not named again has gone meanwhile. */
  unsettle(): void {
    for (const userId of this.#here.keys()) this.#here.set(userId, false);
  }

  /** Whether this event says something new. */
  isNews(event: LineEvent): boolean {
    if (event.type === 'left') return this.#here.delete(event.userId);
    if (event.type !== 'joined') return true;
    const known = this.#here.has(event.userId);
    this.#here.set(event.userId, true);
    return !known;
  }

  /** Those who were not named again since unsettle(). */
  missing(): readonly UserId[] {
    return [...this.#here].filter(([, named]) => !named).map(([userId]) => userId);
  }

  /** Everybody who is there. */
  all(): readonly UserId[] {
    return [...this.#here.keys()];
  }
}
