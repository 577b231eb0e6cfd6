/** Whether to ask the model to go on after tools: once every call of its reply has a result and nobody speaks. */
export class Gate {
  /** Calls under way, by reply. */
  readonly #pending = new Map<string, Set<string>>();
  #owed = false;

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
    this.#owed ||= owes;
    if (calls.size === 0) this.#pending.delete(replyId);
  }

  /** Calls are under way. */
  get waiting(): boolean {
    return this.#pending.size > 0;
  }

  /** A reply was asked for by other means (the end of a turn): it covers the results too. */
  covered(): void {
    this.#owed = false;
  }

  /** True once when results are complete, the floor is quiet and so a reply should be asked for now. */
  take(floorQuiet: boolean): boolean {
    if (!this.#owed || this.waiting || !floorQuiet) return false;
    this.#owed = false;
    return true;
  }
}
