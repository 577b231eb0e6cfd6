import type { SpokenTurn } from './transcription-outbox.ts';

/** What is known of an item's words. */
export interface ItemWords {
  readonly text: string;
  readonly done: boolean;
}

/** Items of which words came, and not yet whose they are. */
const UNCLAIMED = 64;

/**
 * Whose the words of an item are: the k-th commit that we sent is the k-th that the server confirms. Words may come
 * before that, and of several items at a time.
 */
export class TranscriptionItems {
  /** Commits that the server has not confirmed, in their order. */
  #commits: { readonly eventId: string; readonly turn: SpokenTurn }[] = [];
  readonly #turns = new Map<string, SpokenTurn>();
  readonly #words = new Map<string, ItemWords>();

  committing(eventId: string, turn: SpokenTurn): void {
    this.#commits.push({ eventId, turn });
  }

  /** The server did not take this commit. Gives its turn; undefined for an event that was none. */
  refused(eventId: string): SpokenTurn | undefined {
    const refused = this.#commits.find((commit) => commit.eventId === eventId);
    this.#commits = this.#commits.filter((commit) => commit !== refused);
    return refused?.turn;
  }

  committed(itemId: string): void {
    const turn = this.#commits.shift()?.turn;
    if (turn) this.#turns.set(itemId, turn);
  }

  /** More of an item's words, or all of them. */
  heard(itemId: string, text: string, whole: boolean): void {
    const before = this.#words.get(itemId);
    if (before?.done) return;
    this.#words.set(itemId, { text: whole ? text : (before?.text ?? '') + text, done: whole });
    if (this.#words.size <= UNCLAIMED) return;
    for (const other of this.#words.keys()) {
      if (this.#turns.has(other)) continue;
      this.#words.delete(other);
      return;
    }
  }

  turnOf(itemId: string): SpokenTurn | undefined {
    return this.#turns.get(itemId);
  }

  wordsOf(itemId: string): ItemWords | undefined {
    return this.#words.get(itemId);
  }

  /** What was heard of a turn so far. */
  said(turn: SpokenTurn): string {
    for (const [itemId, one] of this.#turns) if (one === turn) return this.#words.get(itemId)?.text.trim() ?? '';
    return '';
  }

  /** Every turn whose words may still come. */
  get awaited(): readonly SpokenTurn[] {
    return [...this.#commits.map(({ turn }) => turn), ...this.#turns.values()];
  }

  /** Nothing more is expected of it. */
  forget(turn: SpokenTurn): void {
    for (const [itemId, one] of this.#turns) {
      if (one !== turn) continue;
      this.#turns.delete(itemId);
      this.#words.delete(itemId);
    }
  }
}
