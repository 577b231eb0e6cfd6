import type { BridgeEvent } from './bridge-ports.ts';
import type { UserId } from './ports.ts';
import type { Decision } from './room-ports.ts';

/** As much as a person reads. */
const KEPT = 50;

/** A decision, and when it was made: `at` in ms since 1970. */
export interface DatedDecision {
  readonly at: number;
  readonly decision: Decision;
}

/** What was decided in the last conversation of each guild, for `/why`; the oldest decisions are dropped. */
export class DecisionLog {
  readonly #now: () => number;
  /** One list for each guild that had a conversation since the start. */
  readonly #guilds = new Map<string, { readonly channelId: string; readonly decisions: DatedDecision[] }>();

  /** `now`: ms since 1970; only tests need another. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A conversation begins in this channel: what was decided in the one before is forgotten. */
  begin(guildId: string, channelId: string): void {
    this.#guilds.set(guildId, { channelId, decisions: [] });
  }

  /** Takes in what happened in the guild's conversation. */
  observe(event: BridgeEvent, guildId: string): void {
    if (event.type !== 'decided') return;
    const decisions = this.#guilds.get(guildId)?.decisions;
    decisions?.push({ at: this.#now(), decision: event.decision });
    if (decisions && decisions.length > KEPT) decisions.shift();
  }

  /** Nothing that this person wanted, alone or with others, is told any more. */
  forget(guildId: string, userId: UserId): void {
    const decisions = this.#guilds.get(guildId)?.decisions;
    const kept = decisions?.filter(({ decision }) => !decision.askers.some((asker) => asker.userId === userId));
    if (decisions && kept) decisions.splice(0, decisions.length, ...kept);
  }

  /** The decisions of the guild's last conversation, oldest first, and where it is or was; undefined: there was none. */
  of(guildId: string): { readonly channelId: string; readonly decisions: readonly DatedDecision[] } | undefined {
    return this.#guilds.get(guildId);
  }
}
