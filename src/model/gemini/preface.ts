import type { HistoryItem, SessionOptions } from '../../ports/capabilities.ts';
import { cutOffNote, historyText, notesText } from '../connection/prompt-text.ts';
import type { GeminiDeferredResults } from './calls/deferred-results.ts';
import type { GeminiReplies } from './replies/replies.ts';

/** Where what the model has to be told comes from. */
export interface GeminiPrefaceDeps {
  readonly options: SessionOptions;
  readonly history: readonly HistoryItem[];
  /** Whether the label of a turn reaches the model. */
  readonly listens: boolean;
  readonly replies: GeminiReplies;
  readonly deferred: GeminiDeferredResults;
}

/** What the model has to be told besides what people say, and that goes before the label of the next turn. */
export class GeminiPreface {
  /** For the setup: what was before, where no text reaches the model but the instructions; '' elsewhere. */
  readonly told: string;
  readonly #replies: GeminiReplies;
  readonly #deferred: GeminiDeferredResults;
  /** Notes and what was said before, until the model is told of it as a part of what people say; '' once it is. */
  #before: string;

  constructor({ options, history, listens, replies, deferred }: GeminiPrefaceDeps) {
    const before = [notesText(options.notes), historyText(history)].filter((text) => text !== '').join('\n\n');
    this.#before = listens ? before : '';
    this.told = listens ? '' : before;
    this.#replies = replies;
    this.#deferred = deferred;
  }

  /** Whether a restored session knows all of it still: it was told, and not in its setup. */
  get isKept(): boolean {
    return this.told === '' && this.#before === '';
  }

  /** Notes and what was said before, once; '' where it was told. */
  takeBefore(): string {
    const before = this.#before;
    this.#before = '';
    return before;
  }

  /** The label, and what the model cannot know otherwise: what was heard of its last answer, and what tools brought. */
  labelled(label: string): string {
    const heard = this.#replies.takeCutOff();
    const cutOff = heard === undefined ? [] : [cutOffNote(heard)];
    this.#replies.told(this.#deferred.turnIds);
    const before = this.takeBefore();
    return [...(before === '' ? [] : [before]), ...cutOff, ...this.#deferred.takeTexts(), label].join('\n');
  }
}
