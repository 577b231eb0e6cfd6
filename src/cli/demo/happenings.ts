import type { BridgeEvent } from '../../ports/bridge-events.ts';

/** Remembers what happened in the conversation, so that a step can wait for what must happen next. */
export class Happenings {
  readonly #events: BridgeEvent[] = [];
  readonly #waiting = new Set<() => void>();
  /** Events before this one belong to steps that are over. */
  #from = 0;

  add(event: BridgeEvent): void {
    this.#events.push(event);
    for (const check of [...this.#waiting]) check();
  }

  /**
   * The first event of this type that fits and is not older than the one found before. Rejects with a sentence naming
   * `what` when it does not come within `timeoutMs`.
   */
  next<Type extends BridgeEvent['type']>(
    what: string,
    type: Type,
    fits: (event: BridgeEvent & { type: Type }) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<BridgeEvent & { type: Type }> {
    return new Promise((resolve, reject) => {
      const check = (): boolean => {
        for (let i = this.#from; i < this.#events.length; i += 1) {
          const event = this.#events[i] as BridgeEvent;
          if (event.type !== type || !fits(event as BridgeEvent & { type: Type })) continue;
          this.#from = i + 1;
          clearTimeout(late);
          this.#waiting.delete(check);
          resolve(event as BridgeEvent & { type: Type });
          return true;
        }
        return false;
      };
      const late = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new StepError(`${what} did not happen within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      if (!check()) this.#waiting.add(check);
    });
  }
}

/** A step of the demo did not happen. `message` says which and why, for people. */
export class StepError extends Error {
  override readonly name = 'StepError';
}
