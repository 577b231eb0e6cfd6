import type { SessionEvent } from '../../ports/model.ts';

/** An event, and whether it comes from beside the session: in names that hold for the whole conversation. */
export interface Heard {
  readonly event: SessionEvent;
  readonly aside: boolean;
}

/** Events that no connection brought, told between those of the connection that happens to be there. */
export class EventMerger {
  readonly #waiting: SessionEvent[] = [];
  #wake: () => void = () => {};

  /** Bounded by what people say: each turn brings a few at most. */
  push(event: SessionEvent): void {
    this.#waiting.push(event);
    this.#wake();
  }

  /** The events of a session, and what waits or comes meanwhile. Reads no further than it is read. */
  async *beside(events: AsyncIterable<SessionEvent>): AsyncGenerator<Heard> {
    const session = events[Symbol.asyncIterator]();
    for (let next = session.next(); ; ) {
      // Where it fails while an aside is told, it is awaited later.
      next.catch(() => {});
      for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) yield { event, aside: true };
      const woken = new Promise<undefined>((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      const result = await Promise.race([next, woken]);
      if (!result) continue;
      if (result.done) return;
      yield { event: result.value, aside: false };
      next = session.next();
    }
  }
}
