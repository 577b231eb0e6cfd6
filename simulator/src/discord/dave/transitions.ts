/** Discord waits roughly two seconds for the slow ones before it executes a transition (https://daveprotocol.com). */
const TRANSITION_MS = 2000;

/** Transitions that were announced: each is executed when all are ready for it (op 23), or when the time is up. */
export class DaveTransitions {
  readonly #execute: (transitionId: number) => void;
  readonly #open = new Map<number, { readonly waiting: Set<string>; readonly timer: NodeJS.Timeout }>();
  #last = 0;

  constructor(execute: (transitionId: number) => void) {
    this.#execute = execute;
  }

  /** Opens one for these users; gives its id, 1..65535. */
  begin(userIds: readonly string[]): number {
    this.#last = (this.#last % 0xffff) + 1;
    const id = this.#last;
    this.#open.set(id, { waiting: new Set(userIds), timer: setTimeout(() => this.#finish(id), TRANSITION_MS) });
    return id;
  }

  ready(userId: string, transitionId: number): void {
    const transition = this.#open.get(transitionId);
    if (transition?.waiting.delete(userId) && transition.waiting.size === 0) this.#finish(transitionId);
  }

  /** Nothing waits for this user any more. */
  leave(userId: string): void {
    for (const id of this.#open.keys()) this.ready(userId, id);
  }

  clear(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #finish(transitionId: number): void {
    clearTimeout(this.#open.get(transitionId)?.timer);
    this.#open.delete(transitionId);
    this.#execute(transitionId);
  }
}
