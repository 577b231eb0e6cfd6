import type { SessionEvent, Turn, UserId } from '../bridge/ports.ts';

/** A turn of which more words may still come. */
interface Source {
  readonly turnId: number;
  readonly userId: UserId | null;
  text: string;
  /** The server knew of the turn when it sent what comes now; words from before are another's. */
  begun: boolean;
  endedAt: number | undefined;
  /** By then the server knew that the turn had ended. */
  endKnownAt: number | undefined;
  /** When the model began to answer, knowing of the end. */
  answeredAt: number | undefined;
  lastPieceAt: number;
  /** Its speaker took it back: its words are heard, and told to nobody. */
  withdrawn: boolean;
  /** It seems complete, so the server is asked for an echo: what it had sent by now may be on its way still. */
  check: { echoed: boolean } | undefined;
}

/** Calls back when everything was taken that the server had sent when it read what was sent to it until now. */
export type Echo = (back: (now: number) => void) => void;

/** How long the next person's turn waits for the words of the one before. */
const BARRIER_MS = 1_500;
/** Words that the server sends this long after its answer began, or after the words before them, are not expected. */
const TAIL_MS = 300;
/** A turn without any words is given up after this. */
const LATE_MS = 5_000;
/** The same for words that were taken back: until they are given up, and an echo is back. */
const WITHDRAWN_BARRIER_MS = LATE_MS + 1_000;

/**
 * Whose words a transcription is. The Live API's inputTranscription names no turn, has no end mark on most models and
 * keeps no order with other messages (ai.google.dev/api/live, BidiGenerateContentServerContent), so: a turn's words
 * are complete shortly after the model began to answer (they come before it, as recorded), or with `finished` where
 * the service sends that. The next person's turn is held back until then. While words of two people may still come,
 * they are nobody's.
 *
 * "Shortly" is the server's time, never ours: it begins when the server is known to have the turn's end, and is over
 * when an echo asked for after it is back. A line or a process that stalls makes it longer, not shorter.
 */
export class GeminiHearing {
  readonly #echo: Echo;
  #open: Source[] = [];
  /** Closed, but so lately that a straggler might be theirs. */
  #recent: Source[] = [];
  /** `finished` marks seen while it was unclear whose they are. */
  #unclearEnds = 0;
  #unclearText = '';
  /** The service marks the ends, so the order of other messages proves nothing. */
  #marksEnds = false;

  constructor(echo: Echo) {
    this.#echo = echo;
  }

  /** The turn was begun on the line; its sound follows. */
  began({ id: turnId, userId }: Turn, now: number): void {
    const source: Source = {
      turnId,
      userId,
      text: '',
      begun: false,
      endedAt: undefined,
      endKnownAt: undefined,
      answeredAt: undefined,
      lastPieceAt: now,
      withdrawn: false,
      check: undefined,
    };
    this.#open.push(source);
    this.#echo(() => {
      source.begun = true;
    });
  }

  /** The end of the turn was sent. */
  ended(turnId: number, now: number): void {
    const source = this.#open.find((one) => one.turnId === turnId);
    if (!source) return;
    source.endedAt = now;
    this.#echo((later) => {
      source.endKnownAt = later;
    });
  }

  /** Nothing is told of these turns any more, nor of words that may be theirs. */
  withdraw(turnIds: readonly number[]): void {
    for (const source of [...this.#open, ...this.#recent]) source.withdrawn ||= turnIds.includes(source.turnId);
    if (this.#open.some(({ withdrawn }) => withdrawn)) this.#unclearText = '';
  }

  /** How many ms this person's turn has to wait, so that words of another are not taken for theirs; 0: none. */
  waitMs(turn: Turn, now: number): number {
    // What somebody took back must not get what they say later, either.
    const others = this.#open.filter(({ userId, withdrawn }) => withdrawn || userId === null || userId !== turn.userId);
    return Math.max(0, ...others.map((source) => Math.min(this.#nextLook(source), barrierAt(source)) - now));
  }

  /** When settle() will have something to do; undefined: nothing is open. */
  get nextAt(): number | undefined {
    const times = this.#open.map((source) => this.#nextLook(source)).filter((at) => Number.isFinite(at));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** A piece of what somebody said. */
  heard(text: string, finished: boolean, now: number): SessionEvent[] {
    const events = this.settle(now);
    if (finished) this.#marksEnds = true;
    const owner = this.#owner();
    if (!owner) return [...events, ...this.#unclear(text, finished, now)];
    owner.text += text;
    touch(owner, now);
    if (finished) return [...events, ...this.#close([owner])];
    if (text !== '' && !owner.withdrawn) events.push(transcript(owner, !this.#open.includes(owner)));
    return events;
  }

  /** The model begins to answer, or has decided not to. What it sent before it knew of a turn's end answers another. */
  answered(now: number): void {
    for (const source of this.#open) if (source.endKnownAt !== undefined) source.answeredAt ??= now;
  }

  /** Closes what is complete by now. To be called after every echo too. */
  settle(now: number): SessionEvent[] {
    this.#recent = this.#recent.filter(({ endedAt }) => now - (endedAt ?? now) < LATE_MS);
    for (const source of this.#open) {
      if (source.check === undefined && this.#dueAt(source) <= now) this.#ask(source);
    }
    const due = this.#open.filter(({ check }) => check?.echoed);
    if (due.length === 0) return [];
    this.#unclearEnds = Math.max(0, this.#unclearEnds - due.length);
    return this.#close(due);
  }

  #ask(source: Source): void {
    // Words that come meanwhile put another in its place.
    const check = { echoed: false };
    source.check = check;
    this.#echo(() => {
      check.echoed = true;
    });
  }

  /** When a turn's words seem complete. */
  #dueAt({ endKnownAt, answeredAt, text, lastPieceAt }: Source): number {
    if (endKnownAt === undefined) return Number.POSITIVE_INFINITY;
    const lateAt = endKnownAt + LATE_MS;
    if (this.#marksEnds || answeredAt === undefined || text === '') return lateAt;
    return Math.min(lateAt, Math.max(answeredAt, lastPieceAt) + TAIL_MS);
  }

  /** When there is something to decide about it; never while an echo is awaited. */
  #nextLook(source: Source): number {
    return source.check ? Number.POSITIVE_INFINITY : this.#dueAt(source);
  }

  /** Whose the next words are, if there is only one person whose they can be. */
  #owner(): Source | undefined {
    const begun = this.#open.filter((source) => source.begun);
    const candidates = begun.length > 0 ? begun : this.#recent;
    const [first, ...rest] = candidates;
    if (!first || !rest.every(({ userId }) => userId !== null && userId === first.userId)) return undefined;
    return begun.length > 0 ? first : (rest.at(-1) ?? first);
  }

  #unclear(text: string, finished: boolean, now: number): SessionEvent[] {
    const begun = this.#open.filter((source) => source.begun);
    const mayBe = begun.length > 0 ? begun : this.#recent;
    if (!mayBe.some(({ withdrawn }) => withdrawn)) this.#unclearText += text;
    // Whose they are, more of them may follow.
    for (const source of begun) touch(source, now);
    const said = this.#unclearText.trim();
    const events: SessionEvent[] =
      said === '' ? [] : [{ type: 'turn-transcript', turnId: null, text: said, final: finished }];
    if (!finished) return events;
    this.#unclearText = '';
    if (begun.length === 0) return events;
    this.#unclearEnds += 1;
    // Every one of them has ended, whichever came first.
    if (this.#unclearEnds >= begun.length) events.push(...this.#close(begun));
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
    for (const source of sources) {
      if (source.text.trim() !== '' && !source.withdrawn) events.push(transcript(source, true));
    }
    return events;
  }
}

/** More of its words came, or may have come. */
function touch(source: Source, now: number): void {
  // What the server sends later than that is not waited for.
  if (source.endKnownAt !== undefined && now >= source.endKnownAt + LATE_MS) return;
  source.lastPieceAt = now;
  source.check = undefined;
}

function barrierAt({ endedAt, withdrawn }: Source): number {
  if (endedAt === undefined) return Number.NEGATIVE_INFINITY;
  // Words that may be somebody's who took them back are told to nobody: better that the next person waits than that
  // theirs are among them.
  return endedAt + (withdrawn ? WITHDRAWN_BARRIER_MS : BARRIER_MS);
}

function transcript({ turnId, text }: Source, final: boolean): SessionEvent {
  return { type: 'turn-transcript', turnId, text: text.trim(), final };
}
