import type { AnswerReason, Audience } from '../../ports/bridge-events.ts';
import type { UnpromptedBehavior } from '../../ports/capabilities.ts';
import type { SessionEvent } from '../../ports/model.ts';
import type { GuildSettings } from '../../ports/settings.ts';
import type { Turn, UserId } from '../../ports/voice.ts';
import { FollowUps } from './follow-ups.ts';
import { NameMatcher } from './name-matcher.ts';

/** Words that do not come within this time after the end of a turn are not waited for. */
const WORDS_WAIT_MS = 6_000;
const REMEMBERED = 512;

/** Words of a turn; see SessionEvent. */
type Words = Pick<SessionEvent & { readonly type: 'turn-transcript' }, 'text' | 'final' | 'exact' | 'missing'>;

/** What the decisions go by. */
export interface ResponsePolicyDeps {
  readonly settings: () => Pick<GuildSettings, 'answer' | 'names'>;
  /** The bot's display name. */
  readonly ownName: () => string;
  /** How many people are in the voice channel. */
  readonly people: () => number;
  /** Whether it is another bot, which is heard and not answered in a row. Default: nobody is. */
  readonly isBot?: (userId: UserId) => boolean;
  /** null: nobody can tell, so everybody is answered. */
  readonly unprompted: () => UnpromptedBehavior | null;
  /** Told once of every turn that is not answered as a matter of course. */
  readonly decided: (turn: Turn, answered: boolean, reason: AnswerReason) => void;
  /** A turn that has ended turns out to want no answer. */
  readonly pass: (turnId: number) => void;
}

/**
 * A turn that is not answered as a matter of course. `undecided`: its words are waited for. `wanted`: it gets an answer
 * that the model was not asked for yet. `asked`: the model was asked, and nobody heard the answer yet. `refused`: it is
 * open and gets none.
 */
interface Judged {
  readonly turn: Turn;
  /** It is surely meant for the bot. */
  sure: boolean;
  state: 'undecided' | 'wanted' | 'asked' | 'refused';
  /** A reply for somebody else answers it as well: one that was asked for, or that people heard. */
  covered: 'no' | 'asked' | 'heard';
  /** undefined: it is open. */
  endedAt: number | undefined;
  /** What is known of its words, and whether that is all. */
  words: string;
  whole: boolean;
}

/**
 * Which turns are answered. Each is judged once: by the mode, by who is there when it begins, by an answer shortly
 * before, by a name in its words. What becomes of the answer is followed until somebody hears it: an answer that was cut
 * before is asked for again, even if the speech that cut it was not meant for the bot. Pure: time comes in.
 */
export class ResponsePolicy {
  readonly #deps: ResponsePolicyDeps;
  readonly #judged = new Map<number, Judged>();
  readonly #followUps = new FollowUps();
  /** No person has spoken since a bot's turn that is to be answered. */
  #botsTurn = false;
  /** Turns that are answered as a matter of course and have ended, and nobody asked for the answer yet. */
  readonly #owed = new Set<number>();
  /** Turns of which the model itself was left to say whether they are for it; the newest ones. */
  readonly #chosen = new Set<number>();
  #names: { readonly all: readonly string[]; readonly found: NameMatcher } | undefined;

  constructor(deps: ResponsePolicyDeps) {
    this.#deps = deps;
  }

  /** An answer is held back until it is known whether anybody wants it: asking for another one would let it out. */
  get holdsBack(): boolean {
    return (
      this.#deps.unprompted() === 'answers' &&
      [...this.#judged.values()].some(({ state, endedAt }) => state === 'undecided' && endedAt !== undefined)
    );
  }

  /** Not everybody is answered as a matter of course. */
  get chooses(): boolean {
    const { answer } = this.#deps.settings();
    return answer === 'never' || (answer !== 'always' && this.#deps.unprompted() !== null);
  }

  /** Whom a turn of this person finds that begins now. */
  audienceOf(userId: UserId | null): Exclude<Audience, 'listens'> {
    if (this.chooses || this.#isBotAgain(userId)) return 'some';
    return this.#deps.settings().answer === 'always' ? 'everybody' : 'untold';
  }

  /** Whether it is going to ask for an answer, or may: that one is to everything that is owed. */
  get mayAsk(): boolean {
    return [...this.#judged.values()].some(({ state }) => state === 'wanted' || state === 'undecided');
  }

  /** Whether the model was left to say if this turn is for it: silence is an answer then. */
  mayStaySilent(turnId: number): boolean {
    return this.#chosen.has(turnId);
  }

  /** Whether this turn, which is over, is to be answered, as far as that is known. */
  owes(turnId: number): boolean {
    const state = this.#judged.get(turnId)?.state;
    return state === undefined || state === 'wanted' || state === 'asked';
  }

  /** Their speaker took these turns back: nobody answers them, and their words are not waited for. */
  withdraw(turnIds: readonly number[]): void {
    for (const id of turnIds) {
      this.#judged.delete(id);
      this.#owed.delete(id);
    }
  }

  /** Nothing so far is answered any more, and nobody goes on from an answer. */
  leaveAll(): void {
    this.#judged.clear();
    this.#owed.clear();
    this.#chosen.clear();
    this.#followUps.clear();
    this.#botsTurn = false;
  }

  /** A spoken turn begins; its first voiced packet came at `voicedFrom`. Gives the turn as the model is to be told of it. */
  began(turn: Turn, voicedFrom: number): Turn {
    const { answer } = this.#deps.settings();
    const unprompted = this.#deps.unprompted();
    const isBotAgain = this.#isBotAgain(turn.userId);
    if (turn.userId !== null) this.#botsTurn = this.#isBot(turn.userId);
    if (!this.chooses && !isBotAgain) {
      this.#followUps.meant(turn.id);
      return turn;
    }
    const one: Judged = {
      turn,
      sure: false,
      state: 'undecided',
      covered: 'no',
      endedAt: undefined,
      words: '',
      whole: false,
    };
    this.#judged.set(turn.id, one);
    if (isBotAgain) this.#refuse(one, { kind: 'bot-again' });
    else if (answer === 'never') this.#refuse(one, { kind: 'never' });
    else if (answer === 'auto' && this.#deps.people() < 2) this.#accept(one, { kind: 'alone' });
    else if (this.#followUps.has(turn.userId, voicedFrom)) this.#accept(one, { kind: 'follow-up' });
    else if (unprompted === 'chooses') {
      // A model that may stay silent about this turn would also do so about the one before that it cut short.
      const owed = this.#owesSurely;
      this.#accept(one, { kind: 'model' });
      if (owed) return turn;
      this.#chosen.add(turn.id);
      if (this.#chosen.size > REMEMBERED) this.#chosen.delete(this.#chosen.values().next().value as number);
      return { ...turn, onlyIfCalled: this.#allNames };
    }
    return turn;
  }

  /** A typed turn, or an announcement: always meant for the bot, and the model is asked at once. */
  wrote(turn: Turn, now: number): void {
    this.#followUps.meant(turn.id);
    if (turn.userId !== null) this.#botsTurn = false;
    if (this.#deps.settings().answer !== 'always') {
      this.#judged.set(turn.id, {
        turn,
        sure: true,
        state: 'wanted',
        covered: 'no',
        endedAt: now,
        words: '',
        whole: false,
      });
    }
    this.#asked();
  }

  /**
   * A turn ends; `quiet`: nobody else speaks or waits. Gives whether to ask for a reply to all that ended, and whether
   * this turn is to be passed on as wanting none.
   */
  ended(turnId: number, quiet: boolean, now: number): { readonly respond: boolean; readonly passed: boolean } {
    const one = this.#judged.get(turnId);
    if (one) one.endedAt = now;
    if (one?.state === 'undecided' && one.whole) this.#judge(one, one.words, true);
    const passed = one?.state === 'refused';
    if (passed) this.#judged.delete(turnId);
    if (!one) this.#owed.add(turnId);
    const respond = quiet && (this.#owed.size > 0 || this.#wanted);
    if (respond) this.#asked();
    return { respond, passed };
  }

  /** What is known of a turn's words. null: nobody can say whose words they are. */
  heard(turn: Turn | null, words: Words): void {
    const { final } = words;
    const text = words.missing ? '' : words.text;
    if (!words.exact) this.#hearRunTogether(turn, text);
    const one = turn ? this.#judged.get(turn.id) : undefined;
    if (one?.state !== 'undecided') return;
    one.words = text;
    one.whole = final;
    const refused = this.#judge(one, text, final && one.endedAt !== undefined);
    if (!refused) return;
    this.#judged.delete(one.turn.id);
    this.#deps.pass(one.turn.id);
  }

  /**
   * Gemini's transcription names no turn: words of one person's turns in a row come as those of the first, and others as
   * nobody's. A name in these may stand anywhere, and calls for all the turns whose words they may be: nobody is to talk
   * to a deaf bot, and a reply has the rights that all of them share.
   */
  #hearRunTogether(turn: Turn | null, text: string): void {
    if (this.#deps.unprompted() === 'waits') return;
    const waiting = [...this.#judged.values()].filter(({ state }) => state === 'undecided');
    const later = waiting.filter((one) => turn === null || (one.turn.userId === turn.userId && one.turn.id > turn.id));
    const found = later.length > 0 ? this.#called.findAnywhere(text) : undefined;
    if (!found) return;
    for (const one of waiting) {
      if (later.includes(one) || one.turn.id === turn?.id) this.#accept(one, { kind: 'name', ...found });
    }
  }

  /**
   * Once, when a reply should be asked for now, for turns that were judged after their end: when the last of them ended.
   */
  takeDue(quiet: boolean): number | undefined {
    if (!quiet || !this.#wanted) return undefined;
    const due = [...this.#judged.values()].filter(({ state, endedAt }) => state === 'wanted' && endedAt !== undefined);
    this.#asked();
    return due.at(-1)?.endedAt;
  }

  /** A reply to these turns can be heard, or read. */
  audible(replyId: string, turns: readonly Turn[]): void {
    const answered = turns.flatMap(({ id }) => this.#judged.get(id) ?? []);
    // The model was left to decide, and answers: whoever spoke last was meant.
    const last = answered.findLast(({ state }) => state === 'asked');
    if (last && !answered.some(({ sure }) => sure)) this.#followUps.meant(last.turn.id);
    this.#followUps.audible(replyId, turns);
    for (const one of answered) this.#settle(one);
  }

  /** The sound of a reply is over, or was cut. */
  soundEnded(replyId: string, now: number): void {
    this.#followUps.ended(replyId, now);
  }

  /** No reply is under way any more, though nobody heard one: the model had nothing to say, failed, or was given up. */
  over(): void {
    for (const one of this.#judged.values()) this.#settle(one);
  }

  /** Somebody spoke before the reply was heard: whoever waits for it waits on. */
  cut(): void {
    for (const one of this.#judged.values()) {
      if (one.state === 'asked') one.state = 'wanted';
      if (one.covered === 'asked') one.covered = 'no';
    }
  }

  /** Time passes: nobody waits for ever for words, and those that came count. */
  tick(now: number): void {
    for (const [id, one] of this.#judged) {
      if (one.state !== 'undecided' || one.endedAt === undefined || now - one.endedAt < WORDS_WAIT_MS) continue;
      if (!this.#judge(one, one.words, true)) continue;
      this.#judged.delete(id);
      this.#deps.pass(id);
    }
  }

  #isBot(userId: UserId): boolean {
    return this.#deps.isBot?.(userId) ?? false;
  }

  #isBotAgain(userId: UserId | null): boolean {
    return userId !== null && this.#botsTurn && this.#isBot(userId);
  }

  get #owesSurely(): boolean {
    return [...this.#judged.values()].some(({ sure, state }) => sure && state === 'wanted');
  }

  get #wanted(): boolean {
    return [...this.#judged.values()].some(({ state, endedAt }) => state === 'wanted' && endedAt !== undefined);
  }

  /** A reply answers every turn that has ended. */
  #asked(): void {
    this.#owed.clear();
    for (const one of this.#judged.values()) {
      if (one.endedAt === undefined) continue;
      if (one.state === 'wanted') one.state = 'asked';
      if (one.state === 'undecided') one.covered = 'asked';
    }
  }

  /** What was asked for is over: heard, or not coming. */
  #settle(one: Judged): void {
    if (one.state === 'asked') this.#judged.delete(one.turn.id);
    if (one.covered === 'asked') one.covered = 'heard';
  }

  /** `whole`: these are all of the turn's words; before, only a name at the start can be told. True: refused. */
  #judge(one: Judged, text: string, whole: boolean): boolean {
    const names = this.#called;
    const found = whole ? names.find(text) : names.findAtStart(text);
    if (found) this.#accept(one, { kind: 'name', ...found });
    else if (whole) this.#refuse(one, { kind: text.trim() === '' ? 'no-words' : 'not-addressed' });
    return !found && whole;
  }

  #accept(one: Judged, reason: AnswerReason): void {
    one.state = one.covered === 'asked' ? 'asked' : 'wanted';
    if (one.covered === 'heard') this.#judged.delete(one.turn.id);
    one.sure = reason.kind !== 'model';
    if (one.sure) this.#followUps.meant(one.turn.id);
    this.#deps.decided(one.turn, true, reason);
  }

  #refuse(one: Judged, reason: AnswerReason): void {
    one.state = 'refused';
    this.#deps.decided(one.turn, false, reason);
  }

  get #allNames(): readonly string[] {
    return [this.#deps.ownName(), ...this.#deps.settings().names];
  }

  get #called(): NameMatcher {
    const all = this.#allNames;
    if (!this.#names || all.join('\n') !== this.#names.all.join('\n'))
      this.#names = { all, found: new NameMatcher(all) };
    return this.#names.found;
  }
}
