import type { ToolResult } from '../../../ports/tool-calls.ts';
import { resultNote } from '../../connection/prompt-text.ts';
import { merged } from '../../connection/turn-ids.ts';

interface Waiting {
  readonly callId: string;
  readonly text: string;
  readonly turnIds: readonly number[];
  readonly silent: boolean;
}

/**
 * Results that a model gets in words, because it takes no second response to a call. They wait for the request that
 * brings them in, or for the label of the next turn.
 */
export class GeminiDeferredResults {
  #waiting: Waiting[] = [];

  add(result: ToolResult, turnIds: readonly number[]): void {
    const { callId, delivery } = result;
    // What was to be said of it before is no news any more.
    this.#waiting = this.#waiting.filter((one) => one.callId !== callId);
    this.#waiting.push({ callId, text: resultNote(result), turnIds, silent: delivery === 'silent' });
  }

  /** Something about a call whose result is not there yet, for the next label. */
  note(callId: string, text: string): void {
    this.#waiting.push({ callId, text, turnIds: [], silent: true });
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
