import type { SessionEvent } from '../../../ports/model.ts';
import type { Turn, UserId } from '../../../ports/voice.ts';
import { GeminiRepeats, type Sifted } from './repeats.ts';

/** A turn of which words may come. */
interface Source {
  readonly turnId: number;
  readonly userId: UserId | null;
  readonly begunAt: number;
  text: string;
  endedAt: number | undefined;
  /** By then the server knew that the turn had ended, as far as can be told. */
  endKnownAt: number | undefined;
  lastPieceAt: number;
  /** The service marked the end of its words. */
  marked: boolean;
  /** Its words are a line said before: they may have come twice, and its own be still to come. */
  unsure: boolean;
  /** What may be its words, or another's once more. */
  doubtful: { readonly text: string; readonly at: number; readonly of: UserId | null } | undefined;
  /** Its speaker took it back: its words are heard, and told to nobody. */
  withdrawn: boolean;
  /** It seems complete, so the server is asked for an echo: what it had sent by now may be on its way still. */
  check: { echoed: boolean } | undefined;
}

/** Calls back when what the server had sent when it read what was sent to it until now was taken. See ModelSocket.echo. */
export type Echo = (back: (now: number) => void) => void;

/** No words of a turn come later than this: 3 to 8 s were measured (pipecat-ai/pipecat#4108). */
const LATEST_MS = 25_000;
/** After its end, and after the words before them, this long without a further word makes a turn's words complete. */
const QUIET_MS = 1_000;
/** The same behind a mark of their end, which 3.1 models set with the first words (google/adk-python#6045). */
const MARKED_QUIET_MS = 300;
/** How long the next turn waits for the first words of the one before. */
const HOLD_MS = 2_000;
/** How long it waits in all, while words keep coming; and where words would be those of somebody who took them back. */
const LONGEST_HOLD_MS = 4_000;
const WITHDRAWN_HOLD_MS = 6_000;
/**
 * Words of one turn come closer together than twice the widest gap between them so far, within these; behind it, they
 * may be those of the same person's next turn.
 */
const APART_MS = { least: 100, most: 400 } as const;
const ENOUGH_GAPS = 8;
/** Where the same person spoke before, words that come so soon after the beginning of a turn are not its own. */
const SOONEST_MS = 200;
/** So many lines in a row that were nobody's: where people go on talking, none may be anybody's again. */
const LOST_LINES = 3;
/** Where words were so late so many times running, nobody waits for them any more. */
const IN_VAIN = 3;

/**
 * Whose words a transcription is. The Live API's inputTranscription names no turn, has no end mark that can be relied
 * on, keeps no order with other messages (ai.google.dev/api/live, BidiGenerateContentServerContent), and may come
 * seconds late, or twice. So nothing but our own turns says whose words they are: where all turns that words may still
 * come of are one person's, they are that person's; otherwise they are nobody's.
 *
 * Words may come of a turn from its beginning until 25 s after its end; where it has some, until none came for 1 s.
 * So that this is over before the next turn, that is held back until then, 2 s at most where none came.
 * Where words of one turn were seen to come in parts, far apart, having some means nothing any more.
 *
 * Pongs only ever make this slower: with one, a line or a process that stalls is told from a service that is done.
 */
export class GeminiTranscriptAttribution {
  readonly #echo: Echo;
  readonly #repeats = new GeminiRepeats();
  #open: Source[] = [];
  /** Closed, but so lately that a straggler might be theirs. */
  #recent: Source[] = [];
  #unclear = { text: '', lastAt: 0, secret: false, cut: false };
  /** Words of one turn were seen to come in parts, far apart. */
  #comesInParts = false;
  #inVain = 0;
  #nobodysLines = 0;
  /** Between words of one turn, so far; and how many such gaps there were. */
  #widestGapMs = 0;
  #gaps = 0;
  #stoodStillAt = Number.NEGATIVE_INFINITY;

  constructor(echo: Echo) {
    this.#echo = echo;
  }

  /**
   * Whose words come is not known any more, and will not be as long as people go on talking: turns whose words were
   * nobody's wait for words that do not come. On another connection nothing of this one comes any more.
   */
  get isLost(): boolean {
    return this.#nobodysLines >= LOST_LINES;
  }

  /** The turn was begun on the line; its sound follows. */
  began({ id: turnId, userId }: Turn, now: number): void {
    this.#open.push(newSource(turnId, userId, now));
    this.#repeats.cut();
    this.#unclear.cut = true;
  }

  /** The end of the turn was sent. */
  ended(turnId: number, now: number): void {
    const source = this.#open.find((one) => one.turnId === turnId);
    if (!source) return;
    source.endedAt = now;
    this.#repeats.cut();
    this.#echo((later) => {
      source.endKnownAt = later;
    });
  }

  /** Nothing is told of these turns any more, nor of any of this person's of which words may come, nor of such words. */
  withdraw(userId: UserId, turnIds: readonly number[]): void {
    for (const source of this.#recent) source.withdrawn ||= turnIds.includes(source.turnId);
    for (const source of this.#open) source.withdrawn ||= source.userId === userId || turnIds.includes(source.turnId);
    if (this.#open.some(({ withdrawn }) => withdrawn)) this.#unclear.text = '';
  }

  /** This process stood still until now: what comes now may have come closer together than it seems. */
  stoodStill(now: number): void {
    this.#stoodStillAt = now;
  }

  /**
   * How many ms the next turn has to wait, so that words of one before are not taken for its own; 0: none. The same
   * person's as well: words of two turns that run together would leave one of them without, for 25 s.
   */
  waitMs(now: number): number {
    return Math.max(0, ...this.#open.map((source) => Math.min(this.#nextLook(source), this.#holdUntil(source)) - now));
  }

  /** When settle() will have something to do; undefined: nothing is open. */
  get nextAt(): number | undefined {
    const unclearAt = this.#unclear.text === '' ? undefined : this.#unclear.lastAt + QUIET_MS;
    const times = [
      ...this.#open.map((source) => this.#nextLook(source)),
      ...this.#open.map(doubtOverAt),
      unclearAt ?? Number.POSITIVE_INFINITY,
      this.#repeats.nextAt ?? Number.POSITIVE_INFINITY,
    ].filter((at) => Number.isFinite(at));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** A piece of what somebody said. */
  heard(text: string, finished: boolean, now: number): SessionEvent[] {
    const events = this.settle(now);
    const expected = this.#open.some((source) => source.text === '');
    for (const sifted of this.#repeats.take(text, finished, expected, now)) events.push(...this.#sort(sifted, now));
    return events;
  }

  /** Closes what is complete by now. To be called after every echo too. */
  settle(now: number): SessionEvent[] {
    const events = this.#repeats.settle(now).flatMap((sifted) => this.#sort(sifted, now));
    this.#recent = this.#recent.filter(({ endedAt }) => now - (endedAt ?? now) < LATEST_MS);
    for (const source of this.#open) {
      if (doubtOverAt(source) <= now) events.push(...this.#endDoubt(source, now));
      if (source.check === undefined && this.#dueAt(source) <= now) this.#ask(source);
    }
    if (this.#unclear.text !== '' && now >= this.#unclear.lastAt + QUIET_MS) events.push(...this.#endUnclear(now));
    const due = this.#open.filter(({ check, endedAt }) => check?.echoed || (endedAt ?? now) + LATEST_MS <= now);
    return due.length > 0 ? [...events, ...this.#close(due)] : events;
  }

  #sort(sifted: Sifted, now: number): SessionEvent[] {
    const owners = this.#open.length > 0 ? this.#open : this.#recent;
    const owner = this.#ownerAmong(owners, now);
    // What may be of a turn that was taken back is told to nobody, though it may be of another of the same person's; and
    // it counts for neither, so that nothing that still comes of the one is taken for the other's.
    if (owner && owners.length > 1 && owners.some(({ withdrawn }) => withdrawn)) return [];
    // The same person may well say the same again, as long as nothing shows that the service repeats.
    const again = sifted.kind === 'repeat' && !sifted.known && owner?.text === '' && sifted.of === owner.userId;
    if (sifted.kind === 'repeat' && !again) {
      // Of what is over, or of what is being said: it is no new line.
      if (owner && this.#open.includes(owner) && owner.text === '') {
        owner.doubtful = { text: sifted.text, of: sifted.of, at: now };
      }
      return [];
    }
    const { text, finished, beginsAs } = { finished: false, beginsAs: undefined, ...sifted };
    // Another's line once more, and the rest of it somebody's: nobody can tell where the one ends.
    const mixed = beginsAs !== undefined && beginsAs.of !== owner?.userId;
    const whose = mixed ? null : (owner?.userId ?? null);
    if (beginsAs) {
      this.#repeats.told(text.slice(0, beginsAs.length), whose, now);
      this.#repeats.cut();
    }
    this.#repeats.told(text.slice(beginsAs?.length ?? 0), whose, now);
    if (!owner || mixed) return this.#takeUnclear(text, owners, finished, now);
    if (owner.text !== '' && now > quietFrom(owner) + QUIET_MS) this.#comesInParts = true;
    const gapMs = now - owner.lastPieceAt;
    if (owner.text !== '' && gapMs <= APART_MS.most) {
      this.#widestGapMs = Math.max(this.#widestGapMs, gapMs);
      this.#gaps += 1;
    }
    if (owner.text === '' && text.trim() !== '') {
      this.#noteLateness(owner, now);
      this.#nobodysLines = 0;
    }
    owner.doubtful = undefined;
    // They may have come twice, and its own be still to come: nobody else's turn is sure of its words until then.
    owner.unsure = again;
    owner.text += text;
    owner.marked = finished;
    touch(owner, now);
    const closed = !this.#open.includes(owner);
    return text === '' || owner.withdrawn ? [] : [transcript(owner, closed)];
  }

  /**
   * Whose the next words are, if there is only one person whose they can be. Of that person's turns it is the one whose
   * words are just coming; else the first that has none: so no turn is taken for written down before its words came.
   */
  #ownerAmong(sources: readonly Source[], now: number): Source | undefined {
    const [first, ...rest] = sources;
    if (!first || !rest.every(({ userId }) => userId !== null && userId === first.userId)) return undefined;
    const seenMs = this.#gaps < ENOUGH_GAPS ? APART_MS.most : 2 * this.#widestGapMs;
    const apartMs = Math.min(APART_MS.most, Math.max(APART_MS.least, seenMs));
    const stood = now <= this.#stoodStillAt + apartMs;
    const goesOn = sources.find(
      ({ text, marked, lastPieceAt }) => text !== '' && !marked && (stood || now <= lastPieceAt + apartMs),
    );
    // Of one that has just begun nothing can be written down yet.
    const wordless = sources.find(({ text, begunAt }) => text === '' && now > begunAt + SOONEST_MS);
    return goesOn ?? wordless ?? sources.find(({ text }) => text !== '') ?? sources.at(-1);
  }

  /** Whether it helps to wait for words. */
  #noteLateness({ endedAt }: Source, now: number): void {
    if (endedAt !== undefined && now > endedAt + HOLD_MS) this.#inVain += 1;
    else this.#inVain = 0;
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
  #dueAt(source: Source): number {
    const { endedAt, endKnownAt, text, marked, doubtful, unsure } = source;
    if (endedAt === undefined) return Number.POSITIVE_INFINITY;
    const lateAt = endedAt + LATEST_MS;
    if (text === '' || doubtful || unsure || this.#comesInParts) return lateAt;
    if (endKnownAt === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(lateAt, quietFrom(source) + (marked ? MARKED_QUIET_MS : QUIET_MS));
  }

  /** When there is something to decide about it. */
  #nextLook(source: Source): number {
    // While an echo is awaited nothing but the time after which no words come.
    if (source.check || source.endKnownAt === undefined)
      return (source.endedAt ?? Number.POSITIVE_INFINITY) + LATEST_MS;
    return this.#dueAt(source);
  }

  #holdUntil({ endedAt, text, withdrawn }: Source): number {
    if (endedAt === undefined) return Number.NEGATIVE_INFINITY;
    // Words that may be somebody's who took them back are told to nobody: better that the next person waits than that
    // theirs are among them.
    if (withdrawn) return endedAt + WITHDRAWN_HOLD_MS;
    if (this.#comesInParts || (text === '' && this.#inVain >= IN_VAIN)) return endedAt;
    return endedAt + (text === '' ? HOLD_MS : LONGEST_HOLD_MS);
  }

  #takeUnclear(text: string, mayBe: readonly Source[], finished: boolean, now: number): SessionEvent[] {
    const unclear = this.#unclear;
    unclear.secret ||= mayBe.some(({ withdrawn }) => withdrawn);
    // The next turn's words do not begin with a space.
    unclear.text += unclear.cut && unclear.text !== '' ? ` ${text}` : text;
    unclear.cut = false;
    unclear.lastAt = now;
    // Whose they are, more of them may follow.
    for (const source of this.#open) if (source.text !== '') touch(source, now);
    if (finished) return this.#endUnclear(now);
    const said = unclear.text.trim();
    return said === '' || unclear.secret ? [] : [{ type: 'turn-transcript', turnId: null, text: said, final: false }];
  }

  #endUnclear(now: number): SessionEvent[] {
    const { text, secret } = this.#unclear;
    this.#unclear = { text: '', lastAt: now, secret: false, cut: false };
    const said = text.trim();
    if (said !== '') this.#nobodysLines += 1;
    return said === '' || secret ? [] : [{ type: 'turn-transcript', turnId: null, text: said, final: true }];
  }

  /** Words of a line told before, and nothing else came: whoever it was said them too, or they came twice. */
  #endDoubt(source: Source, now: number): SessionEvent[] {
    const { text, of } = source.doubtful ?? { text: '', of: null };
    source.doubtful = undefined;
    if (source.withdrawn || text.trim() === '') return [];
    if (of === source.userId && of !== null) {
      source.text = text;
      source.unsure = true;
      touch(source, now);
      return [transcript(source, false)];
    }
    return [{ type: 'turn-transcript', turnId: null, text: text.trim(), final: true }];
  }

  #close(sources: readonly Source[]): SessionEvent[] {
    this.#open = this.#open.filter((source) => !sources.includes(source));
    this.#recent.push(...sources);
    const events: SessionEvent[] = [];
    for (const source of sources) {
      if (source.text.trim() === '') continue;
      if (!source.withdrawn) events.push(transcript(source, true));
    }
    return events;
  }
}

function newSource(turnId: number, userId: UserId | null, now: number): Source {
  return {
    turnId,
    userId,
    begunAt: now,
    text: '',
    endedAt: undefined,
    endKnownAt: undefined,
    lastPieceAt: now,
    marked: false,
    unsure: false,
    doubtful: undefined,
    withdrawn: false,
    check: undefined,
  };
}

/** Since when nothing of it has come that would show that more follows. */
function quietFrom({ endedAt, endKnownAt, lastPieceAt }: Source): number {
  return Math.max(endedAt ?? Number.NEGATIVE_INFINITY, endKnownAt ?? Number.NEGATIVE_INFINITY, lastPieceAt);
}

function doubtOverAt({ doubtful, endedAt }: Source): number {
  if (!doubtful || endedAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(endedAt, doubtful.at) + HOLD_MS;
}

/** More of its words came, or may have come. */
function touch(source: Source, now: number): void {
  source.lastPieceAt = now;
  source.check = undefined;
}

function transcript({ turnId, text }: Source, final: boolean): SessionEvent {
  return { type: 'turn-transcript', turnId, text: text.trim(), final };
}
