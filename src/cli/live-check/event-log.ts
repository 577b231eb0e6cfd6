import type { BridgeEvent } from '../../ports/bridge-events.ts';

type Kind = BridgeEvent['type'];
type Of<K extends Kind> = Extract<BridgeEvent, { readonly type: K }>;

/** What the bot told of its conversation, in its order. */
export class EventLog {
  readonly #events: BridgeEvent[] = [];

  add(event: BridgeEvent): void {
    this.#events.push(event);
  }

  /** How many there are now, for `since`. */
  get length(): number {
    return this.#events.length;
  }

  all<K extends Kind>(type: K, since = 0): readonly Of<K>[] {
    return this.#events.slice(since).filter((event): event is Of<K> => event.type === type);
  }
}
