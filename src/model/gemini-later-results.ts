import type { ToolResult } from '../bridge/ports.ts';
import { resultNote } from './label.ts';
import { merged } from './turn-ids.ts';

interface Waiting {
  readonly text: string;
  readonly turnIds: readonly number[];
  readonly silent: boolean;
}

/**
 * Results that a model gets in words, because it takes no second response to a call. They wait for the request that
 * brings them in, or for the label of the next turn.
 */
export class GeminiLaterResults {
  #waiting: Waiting[] = [];

  add(result: ToolResult, turnIds: readonly number[]): void {
    this.#waiting.push({ text: resultNote(result), turnIds, silent: result.delivery === 'silent' });
  }

  /** Whether something is to be answered now. `labels`: the next turn has a label, for which what is silent can wait. */
  isDue(labels: boolean): boolean {
    return this.#waiting.some(({ silent }) => !silent || !labels);
  }

  /** The turns behind the calls of everything that waits. */
  get turnIds(): readonly number[] {
    return this.#waiting.map(({ turnIds }) => turnIds).reduce(merged, []);
  }

  /** Everything that waits, as one text each. */
  takeTexts(): readonly string[] {
    return this.#waiting.splice(0).map(({ text }) => text);
  }
}
