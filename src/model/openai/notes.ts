import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { KeptWords } from '../../ports/capabilities.ts';
import { notesText } from '../connection/prompt-text.ts';
import { userItem } from './items.ts';
import type { OpenAIDeeds } from './replies/deeds.ts';

/** The item of an OpenAI session that tells the guild's notes, before everything that is said. */
export class OpenAINotes {
  readonly #send: (event: RealtimeClientEvent) => void;
  readonly #deeds: Pick<OpenAIDeeds, 'remove'>;
  #text = '';
  #itemId: string | undefined;
  #count = 0;

  constructor(send: (event: RealtimeClientEvent) => void, deeds: Pick<OpenAIDeeds, 'remove'>) {
    this.#send = send;
    this.#deeds = deeds;
  }

  /**
   * In place of those that were told before. `root`: at the beginning
   * (developers.openai.com/api/reference/resources/realtime/client-events, conversation.item.create).
   */
  tell(notes: readonly KeptWords[] | undefined): void {
    const text = notesText(notes);
    if (text === this.#text) return;
    if (this.#itemId !== undefined) this.#deeds.remove(this.#itemId);
    this.#text = text;
    this.#itemId = text === '' ? undefined : `parley_notes_${++this.#count}`;
    if (this.#itemId === undefined) return;
    const item = { ...userItem(text), id: this.#itemId };
    const event_id = `parley-notes-${this.#count}`;
    this.#send({ type: 'conversation.item.create', event_id, previous_item_id: 'root', item });
  }
}
