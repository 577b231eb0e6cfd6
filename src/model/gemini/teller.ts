import type { SessionEvent } from '../../ports/model.ts';
import type { Usage } from '../../ports/usage.ts';
import type { Generation } from './replies/generation.ts';

/** Held events of an answer that waits; more than any has. Beyond it the oldest is dropped. */
const HELD_EVENTS = 5_000;

/** What the bridge gets to know of the answers of one session, and when. */
export class GeminiTeller {
  readonly #emit: (event: SessionEvent) => void;
  #count = 0;

  constructor(emit: (event: SessionEvent) => void) {
    this.#emit = emit;
  }

  /** The name of the next reply. */
  nextId(): string {
    this.#count += 1;
    return `reply-${this.#count}`;
  }

  announce(generation: Generation): void {
    generation.announced = true;
    const { replyId, turnIds, doubtful } = generation;
    this.#emit({ type: 'reply-started', replyId, turnIds, ...(doubtful.length > 0 && { doubtful }) });
  }

  /** Something of this answer: told at once, kept until it is asked for, or told to nobody. */
  tell(generation: Generation, event: SessionEvent): void {
    const { mode, held, announced } = generation;
    if (mode === 'live' || (mode === 'dropped' && announced && event.type === 'reply-done')) this.#emit(event);
    if (mode === 'held' && held.push(event) > HELD_EVENTS) held.shift();
  }

  /** Somebody asked for what was kept. */
  release(generation: Generation): void {
    generation.mode = 'live';
    this.announce(generation);
    for (const event of generation.held.splice(0)) this.#emit(event);
  }

  /** Nobody is to hear what was kept; what it cost is told. */
  drop(generation: Generation): void {
    generation.mode = 'dropped';
    for (const event of generation.held.splice(0)) {
      if (event.type === 'reply-done' && event.usage) this.unheard(generation, event.usage);
    }
  }

  unheard({ replyId, turnIds }: Generation, usage: Usage): void {
    this.#emit({ type: 'unheard-usage', replyId, turnIds, usage });
  }

  /** It is over, as far as the session knows. */
  done(generation: Generation, usage: Usage | null): void {
    const { replyId, interrupted, mode, announced, calls } = generation;
    const status = interrupted || mode === 'dropped' ? 'cancelled' : 'completed';
    this.tell(generation, { type: 'reply-done', replyId, status, awaitsTools: calls > 0, usage });
    if (mode === 'dropped' && !announced && usage) this.unheard(generation, usage);
  }

  /** Nothing is open: says so as a reply that ends at once. */
  nothing(): void {
    const replyId = this.nextId();
    this.#emit({ type: 'reply-done', replyId, status: 'completed', awaitsTools: false, usage: null });
  }
}
