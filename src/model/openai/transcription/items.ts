import type { SpokenTurn } from './outbox.ts';

/** What is known of an item's words. */
export interface ItemWords {
  readonly text: string;
  readonly done: boolean;
}

/** Items of which words came, and not yet whose they are. */
const UNCLAIMED = 64;
const REMEMBERED = 256;

/**
 * Whose the words of an item are: the k-th commit that we sent is the k-th that the server confirms. Each confirmation
 * names the item before its own, so that one that is told twice, late or never shifts nothing. Words may come before that,
 * and of several items at a time.
 */
export class TranscriptionItems {
  /** Commits that the server has not confirmed, in their order. */
  #commits: { readonly eventId: string; readonly turn: SpokenTurn; late: boolean }[] = [];
  readonly #turns = new Map<string, SpokenTurn>();
  /** Items that were confirmed, or that a later confirmation named; the newest ones. */
  readonly #confirmed = new Set<string>();
  /** Items whose words are known, and nothing more of them. */
  readonly #over = new Set<string>();
  /** The last item in the order of the server whose turn is known. */
  #last: string | undefined;
  /** Items whose place is not known yet, by the item before each. */
  readonly #following = new Map<string, string>();
  readonly #words = new Map<string, ItemWords>();

  committing(eventId: string, turn: SpokenTurn): void {
    this.#commits.push({ eventId, turn, late: false });
  }

  /** The server did not take this commit. Gives its turn; undefined for an event that was none. */
  refused(eventId: string): SpokenTurn | undefined {
    const refused = this.#commits.find((commit) => commit.eventId === eventId);
    this.#commits = this.#commits.filter((commit) => commit !== refused);
    return refused?.turn;
  }

  /**
   * `previousItemId`: the item before it, where the server names it; all items of such a session are ours. Gives the items
   * of which it is known now whose they are.
   */
  committed(itemId: string, previousItemId: string | null | undefined): readonly string[] {
    if (this.#confirmed.has(itemId)) return [];
    remember(this.#confirmed, itemId);
    const own = previousItemId ? [] : [this.#claim(itemId)];
    if (previousItemId) this.#following.set(previousItemId, itemId);
    if (this.#following.size > UNCLAIMED) this.#following.clear();
    return [...own, ...this.#claimRow(), ...this.#claimLoose()];
  }

  /** This commit was not confirmed in time: it may be later, or never. */
  late(turn: SpokenTurn): void {
    for (const commit of this.#commits) commit.late ||= commit.turn === turn;
  }

  /** The items that follow on the last one that is known. */
  #claimRow(): readonly string[] {
    const last = this.#last ?? '';
    const next = this.#following.get(last);
    this.#following.delete(last);
    return next === undefined ? [] : [this.#claim(next), ...this.#claimRow()];
  }

  /**
   * Items in a row whose beginning is not known are all that is not confirmed, with the unconfirmed one before them or,
   * at the start of a session, without; or else they wait for what tells more.
   */
  #claimLoose(): readonly string[] {
    const { size } = this.#following;
    const named = new Set(this.#following.values());
    const [first, ...others] = [...this.#following.keys()].filter((itemId) => !named.has(itemId));
    if (first === undefined || others.length > 0) return [];
    if (size + 1 === this.#commits.length) {
      remember(this.#confirmed, first);
      return [this.#claim(first), ...this.#claimRow()];
    }
    if (this.#last !== undefined || size !== this.#commits.length) return [];
    this.#last = first;
    return this.#claimRow();
  }

  /** The item is that of the first commit that is not confirmed; nobody's where that one may have come to nothing. */
  #claim(itemId: string): string {
    this.#last = itemId;
    const several = new Set(this.#commits.map(({ turn }) => turn)).size > 1;
    const commit = this.#commits.shift();
    if (commit && !(several && commit.late)) this.#turns.set(itemId, commit.turn);
    return itemId;
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

  /** Whether all of an item's words are known. */
  isDone(itemId: string): boolean {
    return this.#words.get(itemId)?.done === true || this.#over.has(itemId);
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
  evict(turn: SpokenTurn): void {
    for (const [itemId, one] of this.#turns) {
      if (one !== turn) continue;
      if (this.#words.get(itemId)?.done) remember(this.#over, itemId);
      this.#turns.delete(itemId);
      this.#words.delete(itemId);
    }
  }
}

function remember(set: Set<string>, itemId: string): void {
  set.add(itemId);
  if (set.size > REMEMBERED) set.delete(set.values().next().value as string);
}
