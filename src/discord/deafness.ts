import type { UserId } from '../bridge/ports.ts';

interface Signs {
  /** The first sign of speech since the last sound of this person. */
  since: number;
  /** Packets of theirs came; undefined: only the flag says that they speak. */
  lastPacketAt: number | undefined;
  speaking: boolean;
}

/** Packets that stopped this long ago are no sign of speech any more. */
const STALE_MS = 2_000;

/** Notices people who speak and are not heard. Pure: the line tells what came, and when. */
export class Deafness {
  readonly #deafMs: number;
  readonly #signs = new Map<UserId, Signs>();

  constructor(deafMs: number) {
    this.#deafMs = deafMs;
  }

  /** op 5 of a person. */
  flag(userId: UserId, speaking: boolean, now: number): void {
    if (speaking) this.#of(userId, now).speaking = true;
    else this.forget(userId);
  }

  /** A media packet of a person, whatever becomes of it. */
  packet(userId: UserId, now: number): void {
    const signs = this.#of(userId, now);
    // Whoever was silent for a while begins anew.
    if (signs.lastPacketAt !== undefined && now - signs.lastPacketAt > STALE_MS) signs.since = now;
    signs.lastPacketAt = now;
  }

  /** Sound of this person came out, or they are gone. */
  forget(userId: UserId): void {
    this.#signs.delete(userId);
  }

  /** A new connection: what came over the old one says nothing. */
  reset(): void {
    this.#signs.clear();
  }

  /** Who has been speaking unheard for long enough. `silent`: muted people and bots, who cannot be heard anyway. */
  unheard(now: number, silent: (userId: UserId) => boolean): readonly UserId[] {
    const found: UserId[] = [];
    for (const [userId, { since, lastPacketAt, speaking }] of this.#signs) {
      if (silent(userId)) this.#signs.delete(userId);
      else if (lastPacketAt === undefined ? !speaking : now - lastPacketAt > STALE_MS) this.#signs.delete(userId);
      else if (now - since >= this.#deafMs) found.push(userId);
    }
    return found;
  }

  #of(userId: UserId, now: number): Signs {
    let signs = this.#signs.get(userId);
    if (!signs) {
      signs = { since: now, lastPacketAt: undefined, speaking: false };
      this.#signs.set(userId, signs);
    }
    return signs;
  }
}
