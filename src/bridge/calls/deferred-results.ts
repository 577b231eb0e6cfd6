import type { ToolResult } from '../../ports/tool-calls.ts';
import type { UserId } from '../../ports/voice.ts';
import type { BotState } from '../turns/floor-decision.ts';
import type { Waiting } from '../turns/patience.ts';

/** What decides when a result may come in. */
export interface Moment {
  /** Nobody has the floor or waits for it. */
  readonly floorQuiet: boolean;
  readonly bot: BotState;
  /** The model waits for a call and can take nothing else. */
  readonly modelWaits: boolean;
}

/** Results of calls that the model did not wait for, until their moment has come. Pure. */
export class DeferredResults {
  #waiting: { readonly result: ToolResult; readonly askers: readonly UserId[]; readonly since: number }[] = [];

  /** `askers`: for whom the call was. `since`: when it came. */
  add(result: ToolResult, askers: readonly UserId[] = [], since = Number.POSITIVE_INFINITY): void {
    this.#waiting.push({ result, askers, since });
  }

  /** Those who wait for the model to speak about a result. */
  get waiting(): Waiting[] {
    return this.#waiting.flatMap(({ askers, since }) => {
      const people: readonly (UserId | null)[] = askers.length > 0 ? askers : [null];
      return people.map((userId) => ({ userId, since }));
    });
  }

  /** What this person asked for does not come in. */
  erase(userId: UserId): void {
    this.#waiting = this.#waiting.filter(({ askers }) => !askers.includes(userId));
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Those that are only to be added, at once. */
  takeSilent(): readonly ToolResult[] {
    return this.#take(({ delivery }) => delivery === 'silent');
  }

  /** Those that the model should speak about now. While the bot speaks, only such that cut in on it. */
  takeDue({ floorQuiet, bot, modelWaits }: Moment): readonly ToolResult[] {
    // A reply that is on its way is not to be lost: a moment later it can be cut properly.
    if (!floorQuiet || modelWaits || bot === 'preparing') return [];
    return this.#take(({ delivery }) => delivery === 'interrupt' || (delivery === 'when-idle' && bot === 'silent'));
  }

  #take(due: (result: ToolResult) => boolean): readonly ToolResult[] {
    const taken = this.#waiting.filter(({ result }) => due(result));
    this.#waiting = this.#waiting.filter(({ result }) => !due(result));
    return taken.map(({ result }) => result);
  }
}
