import type { UserId } from '../../ports/voice.ts';
import type { FloorDecision } from './floor-decision.ts';

type Decision = Extract<FloorDecision, { type: 'duck' | 'unduck' }>;

/** Whether the bot's voice is lowered because somebody may be beginning to speak over it. */
export class Ducking {
  #ducked = false;

  get ducked(): boolean {
    return this.#ducked;
  }

  /** Lowers it, once. */
  begin(userId: UserId): readonly Decision[] {
    if (this.#ducked) return [];
    this.#ducked = true;
    return [{ type: 'duck', userId }];
  }

  /** Raises it again, if it is lowered. */
  end(): readonly Decision[] {
    if (!this.#ducked) return [];
    this.#ducked = false;
    return [{ type: 'unduck' }];
  }

  /** The voice was cut off: nothing is left to be raised. */
  interrupted(): void {
    this.#ducked = false;
  }
}
