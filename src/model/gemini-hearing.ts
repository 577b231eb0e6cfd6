import type { SessionEvent, Turn, UserId } from '../bridge/ports.ts';

/** A turn of which more words may still come. */
interface Source {
  readonly turnId: number;
  readonly userId: UserId | null;
  text: string;
  endedAt: number | undefined;
  /** When the model began to answer after it. */
  answeredAt: number | undefined;
  lastPieceAt: number;
}

/** How long the next person's turn waits for the words of the one before. */
const BARRIER_MS = 1_500;
/** Words that come this long after the answer began, or after the words before them, are no longer expected. */
const TAIL_MS = 300;
/** A turn without any words is given up after this. */
const LATE_MS = 5_000;

/**
 * Whose words a transcription is. The Live API's inputTranscription names no turn, has no end mark on most models and
 * keeps no order with other messages (ai.google.dev/api/live, BidiGenerateContentServerContent), so: a turn's words
 * are complete shortly after the model began to answer (they come before it, as recorded), or with `finished` where
 * the service sends that. The next person's turn is held back until then. While words of two people may still come,
 * they are nobody's.
 */
export class GeminiHearing {
  #open: Source[] = [];
  /** Closed, but so lately that a straggler might be theirs. */
  #recent: Source[] = [];
  /** `finished` marks seen while it was unclear whose they are. */
  #unclearEnds = 0;
  #unclearText = '';
  /** The service marks the ends, so the order of other messages proves nothing. */
  #marksEnds = false;

  /** The turn's sound begins to be sent. */
  began(turn: Turn, now: number): void {
    const { id: turnId, userId } = turn;
    this.#open.push({ turnId, userId, text: '', endedAt: undefined, answeredAt: undefined, lastPieceAt: now });
  }

  ended(turnId: number, now: number): void {
    const source = this.#open.find((one) => one.turnId === turnId);
    if (source) source.endedAt = now;
  }

  /** How many ms this person's turn has to wait, so that words of another are not taken for theirs; 0: none. */
  waitMs(turn: Turn, now: number): number {
    const others = this.#open.filter(({ userId }) => userId === null || userId !== turn.userId);
    return Math.max(0, ...others.map((source) => Math.min(this.#dueAt(source), barrierAt(source)) - now));
  }

  /** When settle() will have something to do; undefined: nothing is open. */
  get nextAt(): number | undefined {
    const times = this.#open.map((source) => this.#dueAt(source)).filter((at) => Number.isFinite(at));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** A piece of what somebody said. */
  heard(text: string, finished: boolean, now: number): SessionEvent[] {
    const events = this.settle(now);
    if (finished) this.#marksEnds = true;
    const owner = this.#owner();
    if (!owner) return [...events, ...this.#unclear(text, finished, now)];
    owner.text += text;
    owner.lastPieceAt = now;
    if (finished) return [...events, ...this.#close([owner])];
    if (text !== '') events.push(transcript(owner, !this.#open.includes(owner)));
    return events;
  }

  /** The model begins to answer, or has decided not to. */
  answered(now: number): void {
    for (const source of this.#open) if (source.endedAt !== undefined) source.answeredAt ??= now;
  }

  /** Closes what is complete by now. */
  settle(now: number): SessionEvent[] {
    this.#recent = this.#recent.filter(({ endedAt }) => now - (endedAt ?? now) < LATE_MS);
    const due = this.#open.filter((source) => this.#dueAt(source) <= now);
    if (due.length === 0) return [];
    this.#unclearEnds = Math.max(0, this.#unclearEnds - due.length);
    return this.#close(due);
  }

  /** When a turn's words are complete. */
  #dueAt({ endedAt, answeredAt, text, lastPieceAt }: Source): number {
    if (endedAt === undefined) return Number.POSITIVE_INFINITY;
    const lateAt = endedAt + LATE_MS;
    if (this.#marksEnds || answeredAt === undefined || text === '') return lateAt;
    return Math.min(lateAt, Math.max(answeredAt, lastPieceAt) + TAIL_MS);
  }

  /** Whose the next words are, if there is only one person whose they can be. */
  #owner(): Source | undefined {
    const candidates = this.#open.length > 0 ? this.#open : this.#recent;
    const [first, ...rest] = candidates;
    if (!first || !rest.every(({ userId }) => userId !== null && userId === first.userId)) return undefined;
    return this.#open.length > 0 ? first : (rest.at(-1) ?? first);
  }

  #unclear(text: string, finished: boolean, now: number): SessionEvent[] {
    this.#unclearText += text;
    // Whose they are, more of them may follow.
    for (const source of this.#open) source.lastPieceAt = now;
    const said = this.#unclearText.trim();
    const events: SessionEvent[] =
      said === '' ? [] : [{ type: 'turn-transcript', turnId: null, text: said, final: finished }];
    if (!finished) return events;
    this.#unclearText = '';
    this.#unclearEnds += 1;
    // Every one of them has ended, whichever came first.
    if (this.#unclearEnds >= this.#open.length) events.push(...this.#close([...this.#open]));
    return events;
  }

  #close(sources: readonly Source[]): SessionEvent[] {
    this.#open = this.#open.filter((source) => !sources.includes(source));
    this.#recent.push(...sources);
    const events: SessionEvent[] = [];
    if (this.#open.length <= 1) {
      this.#unclearEnds = 0;
      const said = this.#unclearText.trim();
      this.#unclearText = '';
      if (said !== '') events.push({ type: 'turn-transcript', turnId: null, text: said, final: true });
    }
    for (const source of sources) if (source.text.trim() !== '') events.push(transcript(source, true));
    return events;
  }
}

function barrierAt({ endedAt }: Source): number {
  return endedAt === undefined ? Number.NEGATIVE_INFINITY : endedAt + BARRIER_MS;
}

function transcript({ turnId, text }: Source, final: boolean): SessionEvent {
  return { type: 'turn-transcript', turnId, text: text.trim(), final };
}
