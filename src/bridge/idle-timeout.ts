import type { EndReason } from '../ports/bridge-events.ts';
import type { GuildSettings } from '../ports/settings.ts';

/** Whether the bot is still wanted in the channel: it leaves when nobody is there, or nobody spoke for long. Pure. */
export class IdleTimeout {
  #lastSpeechAt: number;
  #aloneSince: number | undefined;

  constructor(now: number) {
    this.#lastSpeechAt = now;
  }

  /** Somebody spoke or wrote, the bot included. */
  spoke(now: number): void {
    this.#lastSpeechAt = now;
  }

  /** `people`: how many are in the channel now. Gives why to leave, if so. */
  check(people: number, patience: Pick<GuildSettings, 'aloneMs' | 'idleMs'>, now: number): EndReason | undefined {
    if (people > 0) this.#aloneSince = undefined;
    else this.#aloneSince ??= now;
    if (this.#aloneSince !== undefined && now - this.#aloneSince >= patience.aloneMs) return { kind: 'alone' };
    return now - this.#lastSpeechAt >= patience.idleMs ? { kind: 'idle' } : undefined;
  }
}
