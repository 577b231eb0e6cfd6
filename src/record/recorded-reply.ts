import { plain, wordsWithin } from '../lib/markdown.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { RecordedUtterance } from '../ports/record.ts';

type ReplyEvent = Extract<
  BridgeEvent,
  { type: 'reply-started' | 'reply-audible' | 'reply-transcript' | 'reply-ended' }
>;
type Said = Pick<
  RecordedUtterance,
  'startedAt' | 'endedAt' | 'text' | 'model' | 'written' | 'state' | 'cut' | 'turnIds' | 'itemIds'
>;

/** One answer of the model, from its first word to the end of its sound. What nobody could hear was not said. */
export class RecordedReply {
  readonly #model: string;
  #turnIds: readonly number[] = [];
  #text = '';
  #startedAt: number | undefined;
  #ended: { readonly event: Extract<ReplyEvent, { type: 'reply-ended' }>; readonly at: number } | undefined;

  /** `model`: that speaks. */
  constructor(model: string) {
    this.#model = model;
  }

  /** Gives what was said so far; undefined while nothing was. `now` in ms since 1970. */
  observe(event: ReplyEvent, now: number): Said | undefined {
    switch (event.type) {
      case 'reply-started':
        this.#turnIds = event.turns.map(({ id }) => id);
        return undefined;
      case 'reply-audible':
        this.#startedAt ??= now;
        break;
      case 'reply-transcript':
        this.#text += event.delta;
        break;
      case 'reply-ended':
        this.#ended = { event, at: now };
        break;
      default:
        event satisfies never;
    }
    return this.#said(now);
  }

  #said(now: number): Said | undefined {
    const ended = this.#ended?.event;
    const written = ended !== undefined && ended.producedMs === 0 && !ended.interrupted;
    const heard = this.#startedAt !== undefined && (!ended || ended.heardMs > 0);
    if (!heard && !(written && this.#text !== '')) return undefined;
    this.#startedAt ??= now;
    return {
      startedAt: this.#startedAt,
      endedAt: this.#ended?.at ?? now,
      text: this.#heardText(),
      model: this.#model,
      written,
      state: ended ? 'final' : 'open',
      cut: ended?.interrupted ? { heardMs: Math.round(ended.heardMs), producedMs: Math.round(ended.producedMs) } : null,
      turnIds: this.#turnIds,
      itemIds: ended?.itemIds ?? [],
    };
  }

  /** Of an answer that was cut off, about the words that were played. */
  #heardText(): string {
    const ended = this.#ended?.event;
    if (!ended?.interrupted) return this.#text;
    return wordsWithin(plain(this.#text), ended.producedMs > 0 ? ended.heardMs / ended.producedMs : 1);
  }
}
