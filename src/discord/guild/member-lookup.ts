import { DiscordAPIError, type Guild, RESTJSONErrorCodes } from 'discord.js';
import type { UserId } from '../../ports/voice.ts';

/** Where Discord could not be asked, it is asked again after this; who is not found is looked up again after the other. */
const RETRY_MS = 5_000;
const AGAIN_MS = 60_000;
const MOST_AT_ONCE = 3;
/** Past it the oldest lookup is forgotten. */
const MOST_REMEMBERED = 500;

/**
 * Looks up, in the background and in bounds, people of whom the gateway told no more than an id. Whoever is found is in
 * the cache of members from then on, or in that of users where they are no member.
 */
export class MemberLookup {
  readonly #guild: Guild;
  /** When each may be asked for again; performance.now(). */
  readonly #nextAt = new Map<UserId, number>();
  #underWay = 0;

  constructor(guild: Guild) {
    this.#guild = guild;
  }

  /** Somebody should be known. Cheap; call it as often as you like. */
  need(userId: UserId): void {
    if (this.#guild.members.cache.has(userId) || this.#underWay >= MOST_AT_ONCE || !/^\d+$/.test(userId)) return;
    const now = performance.now();
    if (now < (this.#nextAt.get(userId) ?? 0)) return;
    this.#remember(userId, now + AGAIN_MS);
    this.#underWay += 1;
    this.#ask(userId)
      .catch(() => this.#remember(userId, performance.now() + RETRY_MS))
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  /** Rejects where Discord cannot be asked now. */
  async #ask(userId: UserId): Promise<void> {
    try {
      await this.#guild.members.fetch({ user: userId });
    } catch (error) {
      if (!isUnknown(error, RESTJSONErrorCodes.UnknownMember)) throw error;
      await this.#guild.client.users.fetch(userId).catch((cause: unknown) => {
        if (!isUnknown(cause, RESTJSONErrorCodes.UnknownUser)) throw cause;
      });
    }
  }

  #remember(userId: UserId, nextAt: number): void {
    this.#nextAt.delete(userId);
    this.#nextAt.set(userId, nextAt);
    if (this.#nextAt.size > MOST_REMEMBERED) this.#nextAt.delete(this.#nextAt.keys().next().value as string);
  }
}

function isUnknown(error: unknown, code: number): boolean {
  return error instanceof DiscordAPIError && error.code === code;
}
