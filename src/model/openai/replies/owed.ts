import { merged } from '../../connection/turn-ids.ts';

/** Turns behind these are out of the model's context long since. */
const MOST_PASSED_OVER = 2_000;
const WITHDRAWN = 16;

/** Which turns the next reply of an OpenAI session answers. */
export class OpenAIOwed {
  #unanswered: readonly number[] = [];
  /** Answered with silence: nothing is owed, but the model may still take them up in its next reply, and act for them. */
  #passedOver: readonly number[] = [];
  /** Turns behind tool results that no reply has used yet. */
  #results: readonly number[] = [];
  /** Turns that nobody is to answer. */
  readonly #withdrawn = new Set<number>();

  /** These want an answer, or want one after all. */
  open(turnIds: readonly number[]): void {
    this.#unanswered = merged(turnIds, this.#unanswered);
  }

  ended(turnId: number): void {
    this.#unanswered = merged(this.#unanswered, [turnId]);
  }

  /** Nothing of this turn reached the conversation. */
  void(turnId: number): void {
    this.#unanswered = this.#unanswered.filter((id) => id !== turnId);
  }

  result(turnIds: readonly number[]): void {
    this.#results = merged(this.#results, turnIds);
  }

  withdraw(turnIds: readonly number[]): void {
    for (const id of turnIds) this.#withdrawn.add(id);
    while (this.#withdrawn.size > WITHDRAWN) this.#withdrawn.delete(this.#withdrawn.values().next().value as number);
  }

  /** See SpeechSession.pass. */
  pass(turnIds: readonly number[]): void {
    const passed = this.#unanswered.filter((id) => turnIds.includes(id));
    this.#unanswered = this.#unanswered.filter((id) => !passed.includes(id));
    this.#passedOver = merged(this.#passedOver, passed).slice(-MOST_PASSED_OVER);
  }

  /** What they got is no whole answer: nothing is owed, but the model may take them up again, as above. */
  doubt(turnIds: readonly number[]): void {
    this.#passedOver = merged(this.#passedOver, turnIds).slice(-MOST_PASSED_OVER);
  }

  /** Whether somebody still waits for an answer to any of these. */
  wants(turnIds: readonly number[]): boolean {
    return turnIds.some((id) => !this.#withdrawn.has(id));
  }

  /** The turns of a reply that is asked for now: they are owed no more. undefined: nothing is owed. */
  take(): readonly number[] | undefined {
    const owed = merged(
      this.#unanswered.filter((id) => !this.#withdrawn.has(id)),
      this.#results,
    );
    if (owed.length === 0) return undefined;
    // What was taken back may not be gone from the conversation yet: it counts for what the reply may do.
    const still = this.#unanswered.filter((id) => this.#withdrawn.has(id));
    const turnIds = merged(merged(this.#passedOver, still), owed);
    this.#passedOver = [];
    this.#unanswered = [];
    this.#results = [];
    return turnIds;
  }
}
