import type { SessionEvent } from '../../ports/model.ts';
import type { Turn, UserId } from '../../ports/voice.ts';

/** A turn's place in everything that was ever appended, in samples. */
interface Span {
  readonly turnId: number;
  readonly userId: UserId | null;
  readonly from: number;
  to: number;
}

/** What one item, or several of one turn, were heard to say. */
interface Spoken {
  text: string;
  done: boolean;
}

/** Turns and items that are remembered; older ones get no late transcript any more. */
const REMEMBERED = 64;
const SAMPLES_PER_MS = 24;
/** Sound before the onset that server detection adds to an item (prefix_padding_ms): it may be the turn's before. */
const PREFIX_MS = 300;

/** A commit that the server has not confirmed. */
interface Commit {
  readonly eventId: string;
  readonly turnId: number;
  /** The item that was sent right before it: the label that says whose turn it is. */
  readonly labelId: string | undefined;
}

/**
 * Which turn each committed item belongs to, by construction: the server names the item before it, and that is the label
 * of the turn; an item that the server cut itself lies at a known place of the stream. Where a server names no items, the
 * k-th commit is the k-th that it confirms, for as long as none stays without. Nothing is ever guessed from time or text.
 */
export class OpenAITurns {
  readonly #spans: Span[] = [];
  readonly #commits: Commit[] = [];
  /** The confirmation of one did not come: what comes is not told apart by its order any more. */
  #lossy = false;
  /** Where an item begins and ends in the stream, by the server's detection. */
  readonly #speech = new Map<string, { startMs: number; endMs: number | undefined }>();
  readonly #turnOfItem = new Map<string, number | null>();
  readonly #spoken = new Map<string, Spoken>();
  readonly #withdrawn = new Set<number>();
  /** Items with something in them that was taken back: nothing of them is told. */
  readonly #silenced = new Map<string, true>();
  #written = 0;

  began(turn: Turn): void {
    this.#spans.push({ turnId: turn.id, userId: turn.userId, from: this.#written, to: this.#written });
    if (this.#spans.length > REMEMBERED) this.#spans.shift();
  }

  /** Samples of the turn that began last, padding included. */
  appended(samples: number): void {
    this.#written += samples;
    const span = this.#spans.at(-1);
    if (span) span.to = this.#written;
  }

  /** `labelId`: see Commit. */
  committing(eventId: string, turnId: number, labelId: string | undefined): void {
    this.#commits.push({ eventId, turnId, labelId });
  }

  /** The only commit that is not confirmed; undefined: there is none, or there are several. */
  get onlyCommit(): string | undefined {
    return this.#commits.length === 1 ? this.#commits[0]?.eventId : undefined;
  }

  /** This commit was not confirmed in time. Gives its turn; undefined: it was, or never came to anything. */
  commitLate(eventId: string): number | undefined {
    const late = this.#commits.find((commit) => commit.eventId === eventId);
    if (late) this.#lossy = true;
    // It stays where its label can prove it later; without one, anything might be taken for it.
    if (late && late.labelId === undefined) this.commitFailed(eventId);
    return late?.turnId;
  }

  /** Whether this item is known, or can be shown to be that of a turn of ours. */
  explains(itemId: string, previousItemId: string | null | undefined): boolean {
    return this.#turnOfItem.has(itemId) || this.#commits.some(({ labelId }) => labelId && labelId === previousItemId);
  }

  /** The server did not take this commit: no item comes of it. Gives its turn, undefined for an unknown event. */
  commitFailed(eventId: string): number | undefined {
    const index = this.#commits.findIndex((commit) => commit.eventId === eventId);
    return index < 0 ? undefined : this.#commits.splice(index, 1)[0]?.turnId;
  }

  /**
   * Nothing is told of these turns any more. Gives their items; one that is not confirmed yet is `withdrawn` when it is.
   */
  withdraw(turnIds: readonly number[]): readonly string[] {
    for (const id of turnIds) this.#withdrawn.add(id);
    while (this.#withdrawn.size > REMEMBERED) this.#withdrawn.delete(this.#withdrawn.values().next().value as number);
    const items = [...this.#turnOfItem].flatMap(([itemId, id]) => (id !== null && turnIds.includes(id) ? itemId : []));
    for (const itemId of items) this.#silence(itemId);
    return items;
  }

  #silence(itemId: string): void {
    remember(this.#silenced, itemId, true);
    this.#spoken.delete(itemId);
  }

  speechStarted(itemId: string, startMs: number): void {
    remember(this.#speech, itemId, { startMs, endMs: undefined });
  }

  speechStopped(itemId: string, endMs: number): void {
    const speech = this.#speech.get(itemId);
    remember(this.#speech, itemId, { startMs: speech?.startMs ?? endMs, endMs });
  }

  /** Whether somebody is being heard right now, by the server's own detection. */
  get speaking(): boolean {
    return [...this.#speech].some(([itemId, { endMs }]) => endMs === undefined && !this.#turnOfItem.has(itemId));
  }

  /**
   * An item was made of what was appended, behind this one. Gives its turn (null: several people's, or nobody knows
   * whose) and whether the server cut it; undefined: it was told before.
   */
  committed(
    itemId: string,
    previousItemId: string | null | undefined,
  ): { turnId: number | null; eventId: string | undefined; byServer: boolean; withdrawn: boolean } | undefined {
    if (this.#turnOfItem.has(itemId)) return undefined;
    const speech = this.#speech.get(itemId);
    // Only the server's own cut is announced by speech_stopped; ours is not.
    const byServer = speech?.endMs !== undefined;
    const commit = byServer ? undefined : this.#takeCommit(previousItemId);
    const turnId = speech?.endMs !== undefined ? this.#turnAt(speech.startMs, speech.endMs) : commit?.turnId;
    remember(this.#turnOfItem, itemId, turnId ?? null);
    const withdrawn = byServer
      ? this.#isWithdrawnAt(speech)
      : typeof turnId === 'number' && this.#withdrawn.has(turnId);
    if (withdrawn) this.#silence(itemId);
    return { turnId: turnId ?? null, eventId: commit?.eventId, byServer, withdrawn };
  }

  #takeCommit(previousItemId: string | null | undefined): Commit | undefined {
    const proven = this.#commits.findIndex(({ labelId }) => labelId !== undefined && labelId === previousItemId);
    if (proven >= 0) return this.#commits.splice(proven, 1)[0];
    // It names another item, though ours is right before it: with several under way it may be anybody's.
    const several = this.#commits.length > 1 && (typeof previousItemId === 'string' || this.#lossy);
    return several || this.#lossy ? undefined : this.#commits.shift();
  }

  /** More of what the person said in an item; undefined while nobody knows whose item it is. */
  transcriptDelta(itemId: string, delta: string): SessionEvent | undefined {
    if (this.#silenced.has(itemId)) return undefined;
    const spoken = this.#spoken.get(itemId) ?? { text: '', done: false };
    if (spoken.done) return undefined;
    spoken.text += delta;
    remember(this.#spoken, itemId, spoken);
    return this.#transcript(itemId);
  }

  /** Whether the words of this item are known for good. */
  isDone(itemId: string): boolean {
    return this.#spoken.get(itemId)?.done === true;
  }

  /** All that was said in an item, told once; without text what is known so far stands. */
  transcriptDone(itemId: string, text?: string): SessionEvent | undefined {
    if (this.#silenced.has(itemId) || this.isDone(itemId)) return undefined;
    remember(this.#spoken, itemId, { text: text ?? this.#spoken.get(itemId)?.text ?? '', done: true });
    return this.#transcript(itemId);
  }

  /** What is known of an item's words at the moment when its turn becomes known. */
  earlyTranscript(itemId: string): SessionEvent | undefined {
    return this.#spoken.has(itemId) ? this.#transcript(itemId) : undefined;
  }

  /** Whose item it is, and how long the turn's sound is that we sent. */
  soundOf(itemId: string): { turnId: number | null; seconds: number } {
    const turnId = this.#turnOfItem.get(itemId) ?? null;
    const span = this.#spans.find((one) => one.turnId === turnId);
    return { turnId, seconds: span ? (span.to - span.from) / SAMPLES_PER_MS / 1000 : 0 };
  }

  #transcript(itemId: string): SessionEvent | undefined {
    const turnId = this.#turnOfItem.get(itemId);
    if (turnId === undefined) return undefined;
    const items =
      turnId === null ? [itemId] : [...this.#turnOfItem].filter(([, id]) => id === turnId).map(([id]) => id);
    const parts = items.map((id) => this.#spoken.get(id));
    const text = parts.map((part) => part?.text.trim() ?? '').filter(Boolean);
    const final = parts.every((part) => part?.done === true);
    return { type: 'turn-transcript', turnId, text: text.join(' '), final, itemIds: items };
  }

  /** Whether somebody's sound lies in it who took it back; others' may lie in it, too. */
  #isWithdrawnAt(speech: { startMs: number; endMs: number | undefined } | undefined): boolean {
    if (speech?.endMs === undefined) return false;
    const [from, to] = [speech.startMs * SAMPLES_PER_MS, speech.endMs * SAMPLES_PER_MS];
    return this.#spans.some((span) => this.#withdrawn.has(span.turnId) && span.from < to && span.to > from);
  }

  #turnAt(startMs: number, endMs: number): number | null {
    const from = Math.min(startMs + PREFIX_MS, endMs) * SAMPLES_PER_MS;
    const to = endMs * SAMPLES_PER_MS;
    const spans = this.#spans.filter((span) => span.from < to && span.to > from);
    const users = new Set(spans.map((span) => span.userId));
    return users.size === 1 ? (spans.at(-1)?.turnId ?? null) : null;
  }
}

/** Adds at the end; the oldest beyond the limit are evicted. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
