import type { BridgeEvent, TurnStory } from './bridge-ports.ts';
import type { UserId } from './ports.ts';
import type { Decision } from './room-ports.ts';
import { TurnLog } from './turn-log.ts';

/** As much as a person reads. */
const KEPT = 50;

/** A decision, and when it was made: `at` in ms since 1970. */
export interface DatedDecision {
  readonly at: number;
  readonly decision: Decision;
}

interface Remembered {
  readonly channelId: string;
  readonly decisions: DatedDecision[];
  turns: TurnLog;
}

/** What was decided in the last conversation of each guild, for `/why`; the oldest decisions are dropped. */
export class DecisionLog {
  readonly #now: () => number;
  /** One list for each guild that had a conversation since the start. */
  readonly #guilds = new Map<string, Remembered>();

  /** `now`: ms since 1970; only tests need another. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A conversation begins in this channel: what was decided in the one before is forgotten. */
  begin(guildId: string, channelId: string): void {
    this.#guilds.set(guildId, { channelId, decisions: [], turns: new TurnLog() });
  }

  /** Takes in what happened in the guild's conversation. */
  observe(event: BridgeEvent, guildId: string): void {
    const remembered = this.#guilds.get(guildId);
    if (!remembered) return;
    const { decisions, turns } = remembered;
    turns.observe(event, this.#now());
    if (event.type !== 'decided') return;
    decisions.push({ at: this.#now(), decision: event.decision });
    if (decisions.length > KEPT) decisions.shift();
  }

  /** Nothing that this person wanted, alone or with others, is told any more, nor of turns so far: they name each other. */
  forget(guildId: string, userId: UserId): void {
    const remembered = this.#guilds.get(guildId);
    if (!remembered) return;
    const { decisions } = remembered;
    const kept = decisions.filter(({ decision }) => !decision.askers.some((asker) => asker.userId === userId));
    decisions.splice(0, decisions.length, ...kept);
    remembered.turns = new TurnLog();
  }

  /** The guild's last conversation: where it is or was, its last turns and decisions, oldest first; undefined: there was none. */
  of(
    guildId: string,
  ):
    | { readonly channelId: string; readonly decisions: readonly DatedDecision[]; readonly turns: readonly TurnStory[] }
    | undefined {
    const remembered = this.#guilds.get(guildId);
    return remembered && { ...remembered, turns: remembered.turns.stories };
  }
}
