import type { RealtimeClientEvent, RealtimeServerEvent, SessionUpdateEvent } from 'openai/resources/realtime/realtime';
import { Deadlines } from '../../connection/deadline.ts';
import type { DeedsPatience } from './patience.ts';

/** Where deeds are sent, and who learns that one was not confirmed. */
export interface OpenAIDeedsDeps {
  send(event: RealtimeClientEvent): void;
  /** What has to be done is not done; another connection does not need it. */
  undone(): void;
  /** What may be left undone is not confirmed. */
  late(what: string): void;
  readonly patience?: DeedsPatience | undefined;
}

const PATIENCE: DeedsPatience = { doneMs: 8_000 };
const TRIES = 2;
const SETTINGS = 'settings';

/**
 * What a server is asked to do for good, and confirms: new settings, and items that are taken out because whoever said
 * them took them back. Each is asked for twice at the most. Words that stay though they were taken back end the
 * connection: the next one never hears of them.
 */
export class OpenAIDeeds {
  readonly #deps: OpenAIDeedsDeps;
  readonly #doneMs: number;
  readonly #waiting = new Deadlines();
  /** By event id, the item that it takes out. */
  readonly #removals = new Map<string, string>();
  #count = 0;

  constructor(deps: OpenAIDeedsDeps) {
    this.#deps = deps;
    this.#doneMs = (deps.patience ?? PATIENCE).doneMs;
  }

  /** See SpeechSession.update. */
  configure(session: SessionUpdateEvent['session'], tries = 1): void {
    this.#deps.send({ type: 'session.update', event_id: `parley-update-${++this.#count}`, session });
    this.#waiting.set(SETTINGS, this.#doneMs, () => {
      if (tries < TRIES) this.configure(session, tries + 1);
      else this.#deps.late('new settings');
    });
  }

  configured(): void {
    this.#waiting.clear(SETTINGS);
  }

  /** Nothing of this item is to stay. */
  remove(itemId: string, tries = 1): void {
    const event_id = `parley-withdraw-${++this.#count}`;
    this.#removals.set(event_id, itemId);
    this.#deps.send({ type: 'conversation.item.delete', event_id, item_id: itemId });
    this.#waiting.set(itemId, this.#doneMs, () => {
      this.#removals.delete(event_id);
      if (tries < TRIES) this.remove(itemId, tries + 1);
      else this.#deps.undone();
    });
  }

  /** Confirmations; false for any other message. */
  handle(event: RealtimeServerEvent): boolean {
    if (event.type !== 'conversation.item.deleted') return false;
    this.#gone(event.item_id);
    return true;
  }

  /** The server refused what this event asked for. False where it is none of these. */
  refused(eventId: string, code: string | null | undefined): boolean {
    if (eventId.startsWith('parley-update-')) {
      this.#waiting.clear(SETTINGS);
      return true;
    }
    const itemId = this.#removals.get(eventId);
    if (itemId === undefined) return false;
    // It is not there: so it is gone.
    if (code === 'item_delete_invalid_item_id') this.#gone(itemId);
    return true;
  }

  close(): void {
    this.#waiting.close();
  }

  #gone(itemId: string): void {
    this.#waiting.clear(itemId);
    for (const [eventId, one] of this.#removals) if (one === itemId) this.#removals.delete(eventId);
  }
}
