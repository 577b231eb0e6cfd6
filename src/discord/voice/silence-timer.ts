import type { UserId } from '../../ports/voice.ts';

interface Signs {
  /** The first sign of speech since the last sound of this person. */
  since: number;
  /** Packets of theirs came; undefined: only the flag says that they speak. */
  lastPacketAt: number | undefined;
  packets: number;
  speaking: boolean;
}

/** Packets that stopped this long ago: the person is silent now. What they said unheard before that still counts … */
const STALE_MS = 2_000;
/** … until this much later. People wait for an answer before they say it again. */
const FORGOTTEN_MS = 60_000;
/** Half a second of speech; fewer packets may be the end of something. */
const LEAST_PACKETS = 25;

/** Notices people who speak and are not heard. Pure: the line tells what came, and when. */
export class SilenceTimer {
  readonly #deafMs: number;
  readonly #signs = new Map<UserId, Signs>();

  constructor(deafMs: number) {
    this.#deafMs = deafMs;
  }

  /** op 5 of a person. */
  flag(userId: UserId, speaking: boolean, now: number): void {
    if (speaking) this.#of(userId, now).speaking = true;
    else if (this.#signs.get(userId)?.lastPacketAt === undefined) this.evict(userId);
  }

  /** A media packet of a person, whatever becomes of it. */
  packet(userId: UserId, now: number): void {
    const signs = this.#of(userId, now);
    signs.lastPacketAt = now;
    signs.packets += 1;
  }

  /** Sound of this person came out, or they are gone. */
  evict(userId: UserId): void {
    this.#signs.delete(userId);
  }

  /** A new connection: what came over the old one says nothing. */
  reset(): void {
    this.#signs.clear();
  }

  /** Who has been speaking unheard for long enough. `silent`: muted people and bots, who cannot be heard anyway. */
  unheard(now: number, silent: (userId: UserId) => boolean): readonly UserId[] {
    const found: UserId[] = [];
    for (const [userId, signs] of this.#signs) {
      const { since, lastPacketAt } = signs;
      const silentMs = lastPacketAt === undefined ? 0 : now - lastPacketAt;
      if (silent(userId) || silentMs > FORGOTTEN_MS) this.#signs.delete(userId);
      else if (now - since >= this.#deafMs && speaksNow(signs, silentMs)) found.push(userId);
    }
    return found;
  }

  #of(userId: UserId, now: number): Signs {
    let signs = this.#signs.get(userId);
    if (!signs) {
      signs = { since: now, lastPacketAt: undefined, packets: 0, speaking: false };
      this.#signs.set(userId, signs);
    }
    return signs;
  }
}

function speaksNow({ lastPacketAt, packets, speaking }: Signs, silentMs: number): boolean {
  return lastPacketAt === undefined ? speaking : silentMs <= STALE_MS && packets >= LEAST_PACKETS;
}
