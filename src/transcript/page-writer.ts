import type { Logger } from 'pino';
import { AnswerLostError, ContentRefusedError, MessageGoneError, PlaceRefusedError } from '../ports/errors.ts';
import type { LiveRecord } from '../ports/record.ts';
import type { MessageButton } from '../ports/room.ts';
import type { Entry } from './entry.ts';
import type { Pages } from './pages.ts';
import { callOf, type Page } from './post-page.ts';
import { withoutFiles } from './tool-outcome.ts';
import type { Outcome } from './write-throttle.ts';

/** A file that could not be uploaded so often is given up. */
const UPLOADS_TRIED = 2;

/** The buttons below the post of a call; one that is not there is not shown. */
export interface CallButtons {
  /** While it runs. */
  cancel?(cancelId: string): MessageButton;
  /** When it is over. */
  again?(againId: string): MessageButton;
}

export interface PageWriterDeps {
  readonly buttons: CallButtons;
  /** Nothing is posted before it stands there. */
  readonly record: LiveRecord | undefined;
  /** What the record calls an entry. */
  readonly keyOf: (entry: Entry) => string | undefined;
  /** An entry is to be written anew. */
  readonly changed: (entry: Entry) => void;
  /** The conversation has ended: less is tried. */
  readonly isClosing: () => boolean;
  readonly log: Pick<Logger, 'warn'>;
}

/** Writes pages into Discord, one a call: first into the record, then as a post or an edit. */
export class PageWriter {
  readonly #deps: PageWriterDeps;
  /** How often something was taken back. */
  #withdrawals = 0;
  #warnedOfFailure = false;

  constructor(deps: PageWriterDeps) {
    this.#deps = deps;
  }

  /** Something of the pages was taken back: a write that waits for the record looks at them again. */
  withdrew(): void {
    this.#withdrawals += 1;
  }

  /** Writes the page that is due of these. `done`: none was; `written`: it stands in Discord. */
  async write(pages: Pages): Promise<Outcome | 'written'> {
    const due = pages.next();
    if (!due) return 'done';
    const { record, keyOf } = this.#deps;
    const { page, content } = due;
    const ended = callOf(page)?.ended;
    const files = ended?.files ?? [];
    const keys = page.lines.flatMap(({ entry }) => keyOf(entry) ?? []);
    const withdrawals = this.#withdrawals;
    try {
      await record?.flush();
    } catch {
      // The record says in the log why, and once.
      return 'failed';
    }
    // Meanwhile something of it may have been taken back.
    if (withdrawals !== this.#withdrawals) return 'more';
    try {
      const buttons = page.solo ? this.#buttonsOf(page) : undefined;
      const { text } = page;
      const messageId = page.messageId ?? (await text.post(content, buttons, files, page.delivery));
      if (page.messageId !== null) await text.edit(messageId, content, buttons, files);
      if (ended) ended.files = [];
      pages.wrote(page, content, messageId);
      record?.posted(keys, messageId);
      this.#warnedOfFailure = false;
    } catch (error) {
      return this.#unwritten(pages, due, error);
    }
    return 'written';
  }

  /** What a write that failed leaves to do. */
  #unwritten(pages: Pages, { page, content }: { page: Page; content: string }, error: unknown): Outcome {
    const { log, isClosing } = this.#deps;
    const files = callOf(page)?.ended?.files ?? [];
    const isPost = page.messageId === null;
    if (error instanceof ContentRefusedError) {
      log.warn({ err: error }, 'a part of the transcript was refused; it is posted without');
      if (files.length > 0) this.#withoutFiles(page);
      else if (!pages.refused(page) && page.text.abandon) {
        pages.restore(page);
        page.text.abandon(error.message);
      }
      return 'more';
    }
    if (error instanceof MessageGoneError && isPost) {
      pages.vanished(page, content);
      return 'more';
    }
    const gone = error instanceof MessageGoneError || (error instanceof PlaceRefusedError && !isPost);
    pages.failed(page, gone ? 'gone' : error instanceof AnswerLostError ? 'lost' : undefined);
    if (gone) return 'more';
    // Once in a row: the same outage is not worth a line a second.
    if (!this.#warnedOfFailure) log.warn({ err: error }, 'the transcript could not be written; trying again');
    this.#warnedOfFailure = true;
    // A place that was left must not hold up the one where people read now.
    const other = pages.next()?.page;
    if (other && other.text !== page.text && other.failures === 0) return 'more';
    if (files.length === 0 || page.failures < (isClosing() ? 1 : UPLOADS_TRIED)) return 'failed';
    this.#withoutFiles(page);
    return 'more';
  }

  /** A file that Discord does not take must not cost the post. */
  #withoutFiles(page: Page): void {
    const call = callOf(page);
    if (!call?.ended) return;
    call.ended = withoutFiles(call.ended);
    this.#deps.changed(call);
  }

  #buttonsOf(page: Page): readonly MessageButton[] {
    const call = callOf(page);
    if (!call) return [];
    const { buttons } = this.#deps;
    const { ended, cancelId, againId } = call;
    const cancel = !ended && cancelId ? buttons.cancel?.(cancelId) : undefined;
    const again = ended && againId ? buttons.again?.(againId) : undefined;
    return [cancel, again].filter((button) => button !== undefined);
  }
}
