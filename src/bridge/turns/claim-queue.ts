import type { SpeakerQueue, Utterance } from '../../audio/speaker-queue.ts';
import type { Announcement } from '../../ports/conversation.ts';
import type { UserId } from '../../ports/voice.ts';
import type { Patience, Waiting } from './patience.ts';

/** Shorter than this is a "mm-hm" or a cough, for which nobody who speaks is interrupted. */
const SHORT_MS = 400;
/** Stretches of speech that one person may have waiting; what they say then goes on in the last one, up to so long. */
const MOST_WAITING = 5;
const LONGEST_JOINED_MS = 30_000;
/** What one person may have typed that nobody took yet. */
const MOST_TYPED = 3;

/** A stretch of speech. */
export interface SpeechClaim {
  readonly kind: 'speech';
  readonly userId: UserId;
  readonly speaker: SpeakerQueue;
  readonly utterance: Utterance;
}

/** Somebody, or the bot itself, wants the floor. `at`: since when. */
export type Claim =
  | SpeechClaim
  | { readonly kind: 'text'; readonly userId: UserId; readonly text: string; readonly at: number }
  | { readonly kind: 'announcement'; readonly announcement: Announcement; readonly at: number };

/** Who wants the floor, in the order in which they get it. */
export class ClaimQueue {
  readonly #patience: Patience;
  #list: Claim[] = [];
  /** They go along with the answer that goes before, though their people are barred. */
  #along: ReadonlySet<Claim> = new Set();
  /** For whom the last written claim was. */
  #lastWritten: UserId | undefined;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  get list(): readonly Claim[] {
    return this.#list;
  }

  /** The people behind them, each once. */
  get people(): UserId[] {
    return [...new Set(this.#list.flatMap((claim) => (claim.kind === 'announcement' ? [] : claim.userId)))];
  }

  /** None, but for those that have to wait for somebody else's answer. */
  get noneFree(): boolean {
    return this.#list.every((claim) => this.#isBarred(claim));
  }

  add(claim: Claim): void {
    if (claim.kind === 'speech') {
      const theirs = this.#list.filter((one) => one.kind === 'speech' && one.userId === claim.userId);
      if (theirs.length >= MOST_WAITING && claim.speaker.joinLast(LONGEST_JOINED_MS)) return;
    }
    this.#list.push(claim);
  }

  dropWhere(such: (claim: Claim) => boolean): void {
    this.#list = this.#list.filter((claim) => !such(claim));
  }

  /** Whether this person has typed as much as may wait. */
  hasTypedEnough(userId: UserId): boolean {
    return this.#list.filter((claim) => claim.kind === 'text' && claim.userId === userId).length >= MOST_TYPED;
  }

  /**
   * Takes out the next one: what was said before what was typed or is to be announced, for which `quiet` has to be true.
   * Whoever typed many things, or has many reminders, lets others in between.
   */
  take(quiet: boolean): Claim | undefined {
    const free = this.#list.filter((claim) => !this.#isBarred(claim));
    const speech = free.find((claim) => claim.kind === 'speech');
    if (!speech && !quiet) return undefined;
    const claim = speech ?? free.find((one) => personOf(one) !== this.#lastWritten) ?? free[0];
    if (!claim) return undefined;
    this.#list.splice(this.#list.indexOf(claim), 1);
    if (claim.kind !== 'speech') this.#lastWritten = personOf(claim);
    return claim;
  }

  /** Those who wait and are done with what they want to say. `speech`: what is said is answered, too. */
  waiting(speech: boolean): Waiting[] {
    return this.#list.flatMap((claim) => waitingOf(claim, speech) ?? []);
  }

  /** This person is answered now; what others have finished saying goes along, as far as they do not speak on. */
  letFirst(first: Waiting, speaks: (userId: UserId) => boolean): void {
    const written = this.#list.find(
      (claim) => claim.kind !== 'speech' && waitingOf(claim, false)?.since === first.since,
    );
    const said = this.#list.filter((claim) => claim.kind === 'speech' && !speaks(claim.userId));
    this.#along = new Set(written ? [...said, written] : said);
  }

  #isBarred(claim: Claim): boolean {
    if (!this.#patience.guards || this.#along.has(claim)) return false;
    return this.#patience.bars(claim.kind === 'announcement' ? null : claim.userId);
  }
}

function personOf(claim: Claim): UserId {
  return claim.kind === 'announcement' ? (claim.announcement.about ?? '') : claim.userId;
}

function waitingOf(claim: Claim, speech: boolean): Waiting | undefined {
  if (claim.kind === 'text') return { userId: claim.userId, since: claim.at };
  if (claim.kind === 'announcement') return { userId: null, since: claim.at };
  const { closed, voicedFrom, voicedUntil } = claim.utterance;
  if (!speech || !closed || voicedUntil - voicedFrom < SHORT_MS) return undefined;
  return { userId: claim.userId, since: voicedUntil };
}
