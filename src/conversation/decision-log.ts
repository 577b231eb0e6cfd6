import { wallClock } from '../clock/wall-clock.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { TurnStory } from '../ports/conversation.ts';
import type { ForgottenBeside } from '../ports/personal-data.ts';
import type { Decision } from '../ports/tools.ts';
import type { UserId } from '../ports/voice.ts';
import { TurnLog } from './turn-log.ts';

/** As much as a person reads. */
const KEPT = 50;

/** A decision, and when it was made: `at` in ms since 1970. `only`: who alone may read of it. */
interface DatedDecision {
  readonly at: number;
  readonly decision: Decision;
  readonly only?: UserId;
}

/** What was decided while the conversation was in one voice channel. */
interface Stay {
  readonly channelId: string;
  readonly decisions: readonly DatedDecision[];
  readonly turns: readonly TurnStory[];
}

interface Remembered {
  readonly channelId: string;
  readonly decisions: DatedDecision[];
  turns: TurnLog;
}

/** As often as a moderator moves the bot within what people still ask about. */
const STAYS = 8;

/**
 * What was decided in the last conversation of each guild, for `/why`, by the channel in which it was: whoever could not
 * have listened there is told nothing of it. The oldest decisions are dropped.
 */
export class DecisionLog {
  readonly #now: () => number;
  /** One list for each guild that had a conversation since the start; oldest first, at least one. */
  readonly #guilds = new Map<string, Remembered[]>();

  /** `now`: ms since 1970; only tests need another. */
  constructor(now: () => number = () => wallClock.now()) {
    this.#now = now;
  }

  /** A conversation begins in this channel: what was decided in the one before is forgotten. */
  begin(guildId: string, channelId: string): void {
    this.#guilds.set(guildId, [{ channelId, decisions: [], turns: new TurnLog() }]);
  }

  /** Takes in what happened in the guild's conversation. */
  observe(event: BridgeEvent, guildId: string): void {
    const stays = this.#guilds.get(guildId);
    const present = stays?.at(-1);
    if (!stays || !present) return;
    if (event.type === 'moved') {
      stays.push({ channelId: event.channelId, decisions: [], turns: new TurnLog() });
      if (stays.length > STAYS) stays.shift();
      return;
    }
    // What still comes of turns of before is theirs; who speaks and cuts in is here.
    const isHere = event.type === 'turn-began' || event.type === 'interrupted';
    for (const { turns } of isHere ? [present] : stays) turns.observe(event, this.#now());
    if (event.type !== 'decided') return;
    const { decision, channelId, only } = event;
    const { decisions } = stays.findLast((stay) => stay.channelId === channelId) ?? present;
    decisions.push({ at: this.#now(), decision, ...(only !== undefined && { only }) });
    if (decisions.length > KEPT) decisions.shift();
  }

  /** Nothing that this person wanted, alone or with others, is told any more, nor of turns so far: they name each other. */
  erase(guildId: string, userId: UserId): void {
    for (const stay of this.#guilds.get(guildId) ?? []) {
      const { decisions } = stay;
      const kept = decisions.filter(({ decision }) => !decision.askers.some((asker) => asker.userId === userId));
      decisions.splice(0, decisions.length, ...kept);
      stay.turns = new TurnLog();
    }
  }

  /** Nor what others wanted in their words, with whichever arguments it was. */
  eraseBeside({ calls }: ForgottenBeside): void {
    const gone = (what: string): boolean =>
      calls.some(({ name, arguments: args }) => {
        const begin = `${name.slice(0, 100)} `;
        return what.startsWith(begin) && args.trim().startsWith(what.slice(begin.length));
      });
    for (const stay of [...this.#guilds.values()].flat()) {
      const kept = stay.decisions.filter(({ decision }) => !gone(decision.what));
      stay.decisions.splice(0, stay.decisions.length, ...kept);
    }
  }

  /** The guild's last conversation: its last turns and decisions, by where it was, oldest first; empty: there was none. */
  of(guildId: string): readonly Stay[] {
    return (this.#guilds.get(guildId) ?? []).map(({ channelId, decisions, turns }) => {
      return { channelId, decisions, turns: turns.stories };
    });
  }
}
