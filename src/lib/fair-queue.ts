/** Who wants something; '' where nobody knows. */
export interface Claimant {
  readonly guildId: string;
  readonly userId: string;
  /** Is called when the turn of somebody who had to wait has come: whether they still may. Rejects where they may not. */
  stillMay?(): Promise<void>;
}

/** Somebody of whom nothing is known: no limit for one person holds. */
export const NOBODY: Claimant = Object.freeze({ guildId: '', userId: '' });

/** How much of it there is, and how much of it one may want. */
export interface FairQueueLimits {
  /** Pieces of work at a time. */
  readonly atOnce: number;
  /** Of these, for one guild; default: all. */
  readonly atOnceForGuild?: number;
  /** Of these, for one person; default: all of their guild's. */
  readonly atOnceForPerson?: number;
  /** Running and waiting for one person, and for one guild; more are turned away. */
  readonly mostForPerson: number;
  readonly mostForGuild: number;
  /** Waiting altogether. */
  readonly mostWaiting: number;
}

interface Waiting {
  readonly who: Claimant;
  readonly go: () => void;
}

/**
 * Something of the whole process that everybody shares: in turn by guild, then by person, so that one guild that wants much
 * has others wait for one piece of work at most. What waits beyond the limits is turned away at once.
 */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  readonly #running: Claimant[] = [];
  #waiting: Waiting[] = [];
  /** When each guild and person had its last turn: a running number. */
  readonly #lastTurn = new Map<string, number>();
  #turns = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
  }

  /**
   * Does the work when it is this person's turn. Rejects with `tooMany()` where they, their guild or all want too much,
   * with the signal's reason while it waits.
   */
  async run<Value>(
    who: Claimant,
    { signal, tooMany, work }: { signal?: AbortSignal; tooMany: () => Error; work: () => Promise<Value> },
  ): Promise<Value> {
    signal?.throwIfAborted();
    if (!this.#takes(who)) throw tooMany();
    const hadToWait = await this.#turn(who, signal);
    try {
      signal?.throwIfAborted();
      if (hadToWait) await who.stillMay?.();
      return await work();
    } finally {
      this.#running.splice(this.#running.indexOf(who), 1);
      this.#next();
    }
  }

  #takes(who: Claimant): boolean {
    const { mostForPerson, mostForGuild, mostWaiting, atOnce } = this.#limits;
    const all = [...this.#running, ...this.#waiting.map((one) => one.who)];
    const ofGuild = all.filter(({ guildId }) => guildId === who.guildId);
    const ofPerson = ofGuild.filter(({ userId }) => userId === who.userId);
    if (who.userId !== '' && ofPerson.length >= mostForPerson) return false;
    return ofGuild.length < mostForGuild && all.length < mostWaiting + atOnce;
  }

  /** Gives whether it had to be waited for. */
  #turn(who: Claimant, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let hadToWait = false;
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        reject(signal?.reason);
      };
      const go = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve(hadToWait);
      };
      const waiting = { who, go };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#next();
      hadToWait = true;
    });
  }

  /** Gives the free places to those who have waited longest for a turn of theirs. */
  #next(): void {
    while (this.#running.length < this.#limits.atOnce) {
      const first = this.#first();
      if (!first) break;
      this.#waiting = this.#waiting.filter((one) => one !== first);
      this.#turns += 1;
      this.#lastTurn.set(first.who.guildId, this.#turns).set(personOf(first.who), this.#turns);
      // Taken here, so that nobody slips in before the one who waited.
      this.#running.push(first.who);
      first.go();
    }
    if (this.#waiting.length === 0 && this.#running.length === 0) this.#lastTurn.clear();
  }

  #first(): Waiting | undefined {
    const { atOnce, atOnceForGuild = atOnce, atOnceForPerson = atOnceForGuild } = this.#limits;
    const turnOf = (key: string): number => this.#lastTurn.get(key) ?? 0;
    const held = (guildId: string): number => this.#running.filter((one) => one.guildId === guildId).length;
    const heldBy = (who: Claimant): number =>
      who.userId === '' ? 0 : this.#running.filter((one) => personOf(one) === personOf(who)).length;
    let best: Waiting | undefined;
    for (const one of this.#waiting) {
      if (held(one.who.guildId) >= atOnceForGuild || heldBy(one.who) >= atOnceForPerson) continue;
      if (!best) best = one;
      else if (one.who.guildId !== best.who.guildId) {
        if (turnOf(one.who.guildId) < turnOf(best.who.guildId)) best = one;
      } else if (turnOf(personOf(one.who)) < turnOf(personOf(best.who))) best = one;
    }
    return best;
  }
}

function personOf({ guildId, userId }: Claimant): string {
  return `${guildId} ${userId}`;
}
