import type { RecordedUtterance, RecordReader } from '../ports/record.ts';
import type { UserId } from '../ports/voice.ts';

/** What it goes by. `mayHear`: whether this person wants to be heard, now. */
export interface ConsentedLinesDeps {
  readonly record: Pick<RecordReader, 'turnOwners'>;
  mayHear(userId: UserId): boolean;
}

/**
 * What may be told on, or go to a model: nothing of who does not want to be heard (any more), and none of the bot's
 * answers to them, since it may repeat their words. One for each question that is answered: it remembers whose turns are.
 */
export class ConsentedLines {
  readonly #deps: ConsentedLinesDeps;
  /** By conversation. */
  readonly #owners = new Map<number, Promise<ReadonlyMap<number, UserId | null>>>();

  constructor(deps: ConsentedLinesDeps) {
    this.#deps = deps;
  }

  /** Rejects with StoreError. */
  async has({ by, userId, turnIds, conversationId }: RecordedUtterance): Promise<boolean> {
    if (by === 'person') return userId !== null && this.#deps.mayHear(userId);
    if (turnIds.length === 0) return true;
    const known = this.#owners.get(conversationId) ?? this.#deps.record.turnOwners(conversationId);
    this.#owners.set(conversationId, known);
    const owners = await known;
    return turnIds.every((turnId) => {
      const owner = owners.get(turnId);
      // Of a turn that was taken back or deleted nothing is known any more. null: it is nobody's.
      return owner !== undefined && (owner === null || this.#deps.mayHear(owner));
    });
  }
}
