import { AsyncQueue } from '../../lib/async-queue.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type { SessionEvent } from '../../ports/model.ts';

/** Some minutes of sound. If nobody reads that much, the reader is gone, and the session with it. */
const LIMIT = 20_000;

/** The events of one session on their way to the one who reads them. */
export class EventQueue implements AsyncIterable<SessionEvent> {
  readonly #queue: AsyncQueue<SessionEvent>;
  readonly #muted = new Set<string>();
  #lastReply: string | undefined;

  /** `onUnread`: the reader is gone. */
  constructor(onUnread: (error: SessionLostError) => void) {
    const message = 'The session was not read any more.';
    this.#queue = new AsyncQueue({
      limit: LIMIT,
      onDrop: () => onUnread(new SessionLostError('provider', message, { retryable: true })),
    });
  }

  /** The newest reply whose beginning was read. */
  get lastReply(): string | undefined {
    return this.#lastReply;
  }

  push(event: SessionEvent): void {
    this.#queue.push(event);
  }

  /** Sound and words of this reply that were not read yet never will be. */
  mute(replyId: string): void {
    this.#muted.add(replyId);
  }

  end(): void {
    this.#queue.end();
  }

  fail(error: SessionLostError): void {
    this.#queue.fail(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SessionEvent> {
    for await (const event of this.#queue) {
      if (event.type === 'reply-started') this.#lastReply = event.replyId;
      if (event.type === 'reply-done') this.#muted.delete(event.replyId);
      const content = event.type === 'audio' || event.type === 'reply-transcript';
      if (!content || !this.#muted.has(event.replyId)) yield event;
    }
  }
}
