/** Whether to ask the model to go on after tools: once every call of a reply has a result and nobody speaks. */
export class ToolReplyGate {
  /** Calls under way, by reply. */
  readonly #pending = new Map<string, Set<string>>();
  /** Replies of which results came that the model has not been asked to speak about. */
  readonly #owing = new Set<string>();

  /** A call began. */
  called(replyId: string, callId: string): void {
    const calls = this.#pending.get(replyId) ?? new Set();
    calls.add(callId);
    this.#pending.set(replyId, calls);
  }

  /** A call has its result (`owes`: the model should speak about it) or was cancelled. */
  settled(replyId: string, callId: string, owes: boolean): void {
    const calls = this.#pending.get(replyId);
    if (!calls?.delete(callId)) return;
    if (owes) this.#owing.add(replyId);
    if (calls.size === 0) this.#pending.delete(replyId);
  }

  /** A reply was asked for by other means (the end of a turn): it covers every result that is there. */
  covered(): void {
    this.#owing.clear();
  }

  /** True once when the results of some reply are complete, the floor is quiet and so a reply should be asked for now. */
  take(floorQuiet: boolean): boolean {
    if (!floorQuiet || ![...this.#owing].some((replyId) => !this.#pending.has(replyId))) return false;
    this.covered();
    return true;
  }
}
