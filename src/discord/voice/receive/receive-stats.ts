import type { UserId } from '../../../ports/voice.ts';

/** Shares are of about so many packets: half a minute of speech. */
const RECENT = 1_500;

/** What became of one person's packets since they came. */
export interface PersonReception {
  readonly userId: UserId;
  readonly received: number;
  readonly lost: number;
  readonly late: number;
  readonly replayed: number;
  readonly undecryptable: number;
  readonly undecodable: number;
  readonly concealedMs: number;
  /** Packets that are missing in what is heard, 0…1 of the last half minute of speech. */
  readonly recentLoss: number;
}

type Counts = Omit<PersonReception, 'userId' | 'recentLoss'>;

/** Counts one person's packets, over all their SSRCs on this line. */
export class ReceptionCount {
  readonly #userId: UserId;
  #counts = { received: 0, lost: 0, late: 0, replayed: 0, undecryptable: 0, undecodable: 0, concealedMs: 0 };
  #recentHeard = 0;
  #recentMissing = 0;

  constructor(userId: UserId) {
    this.#userId = userId;
  }

  get reception(): PersonReception {
    const all = this.#recentHeard + this.#recentMissing;
    return { userId: this.#userId, ...this.#counts, recentLoss: all === 0 ? 0 : this.#recentMissing / all };
  }

  /** So many packets (or ms, for `concealedMs`) became this. */
  add(what: keyof Counts, count = 1): void {
    this.#counts[what] += count;
    if (what === 'received') this.#recentHeard += count;
    else if (what === 'lost' || what === 'undecryptable') this.#recentMissing += count;
    if (this.#recentHeard + this.#recentMissing < RECENT) return;
    this.#recentHeard /= 2;
    this.#recentMissing /= 2;
  }

  /** Whoever is not listened to is not badly received. */
  forgetRecent(): void {
    this.#recentHeard = 0;
    this.#recentMissing = 0;
  }

  get counts(): Counts {
    return this.#counts;
  }
}
