import { stillRunningNote } from '../../connection/prompt-text.ts';
import type { GeminiReplies } from '../replies/replies.ts';
import type { GeminiCalls } from './calls.ts';

/** More calls than ever wait at a time. */
const REMEMBERED = 200;

/**
 * Calls that the service took back because something new came in (ai.google.dev/api/live, BidiGenerateContentToolCall-
 * Cancellation; of gemini-3.8-live its migration page says so of every call that it waits for), and that go on all the
 * same: whoever speaks next would else cost the person before them the answer. Their results are told in words.
 */
export class GeminiLooseCalls {
  readonly #calls: GeminiCalls;
  readonly #replies: GeminiReplies;
  readonly #note: (text: string, callId: string) => void;
  readonly #loose = new Set<string>();
  /** The name of each call that is not answered yet, and how much had been put in when it came. */
  readonly #before = new Map<string, { readonly name: string; readonly inputs: number }>();
  #inputs = 0;

  /** `note`: tells the model something about a call as soon as it can be told. */
  constructor(calls: GeminiCalls, replies: GeminiReplies, note: (text: string, callId: string) => void) {
    this.#calls = calls;
    this.#replies = replies;
    this.#note = note;
  }

  /** A turn begins, spoken or in writing. */
  input(): void {
    this.#inputs += 1;
  }

  called(callId: string, name: string): void {
    this.#before.set(callId, { name, inputs: this.#inputs });
    if (this.#before.size > REMEMBERED) this.#before.delete(this.#before.keys().next().value as string);
  }

  /** The service took calls back. Gives those that are really over: nothing came in since, or their result is there. */
  takenBack(callIds: readonly string[]): readonly string[] {
    return callIds.filter((callId) => {
      const { name, inputs } = this.#before.get(callId) ?? { name: '', inputs: this.#inputs };
      if (inputs === this.#inputs || !this.#replies.detach(callId)) return true;
      this.#loose.add(callId);
      this.#note(stillRunningNote(name, callId), callId);
      for (const id of this.#calls.setLoose(callId)) this.#replies.resultSent(id);
      return false;
    });
  }

  has(callId: string): boolean {
    return this.#loose.has(callId);
  }

  /** Its result came. False: it is none of these. */
  delete(callId: string): boolean {
    return this.#loose.delete(callId);
  }
}
