import type { HistoryItem } from '../../ports/capabilities.ts';
import type { Heard, SessionEvent } from '../../ports/model.ts';
import type { ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';
import { goOnNote, resultNote } from '../connection/prompt-text.ts';
import { type Given, History } from './history.ts';
import { HostedCalls } from './hosted-calls.ts';
import { type PendingItem, PendingTurns } from './pending-turns.ts';
import { type UntranscribedTurn, UntranscribedTurns } from './untranscribed-turns.ts';

/** An outage after which the loss is final: what is said in one that ends before is written down whole. */
const LISTENING_LIMIT_MS = 6 * 60_000;
/** As many turns as the bridge remembers; no session is told of older ones. */
const REMEMBERED = 4_000;
const REMEMBERED_WORDS = 64;

/** Everything that a conversation was given and brought, whatever connection was there: what is owed to whom. */
export class ReplayLedger {
  readonly #transcribeOnly: boolean;
  readonly #pending: PendingTurns;
  readonly #untranscribed: UntranscribedTurns;
  readonly #history = new History();
  /** Calls without a result. */
  readonly #calls = new Map<string, readonly number[]>();
  /** Of these, those that no session waits for. */
  readonly #acknowledged = new Set<string>();
  readonly #hosted = new HostedCalls();
  /** Turns whose words are known. */
  readonly #final = new Set<number>();
  /** What was said in the newest of these turns. */
  readonly #words = new Map<number, string>();
  /** Whose turn, or for whom; the newest ones. */
  readonly #people = new Map<number, UserId | undefined>();
  /** Turns that were never said. */
  readonly #erased = new Set<number>();
  /** Turns of which no session is to know any more. */
  readonly #past = new Set<number>();
  /** A reply was asked for and has not begun. */
  wanted = false;

  /** `rate` of the sound, in Hz. `transcribeOnly`: what a turn is owed are its words, and no answer. */
  constructor(rate: number, transcribeOnly: boolean) {
    this.#transcribeOnly = transcribeOnly;
    this.#pending = transcribeOnly ? new PendingTurns(rate, LISTENING_LIMIT_MS) : new PendingTurns(rate);
    this.#untranscribed = new UntranscribedTurns(rate);
  }

  began(turn: Turn): void {
    this.#note(turn);
    this.#pending.began(turn);
    this.#untranscribed.began(turn);
    this.#history.began(turn);
  }

  /** Gives the turns of which the sound had to be given up, to stay within bounds. */
  sound(pcm: Pcm): readonly Turn[] {
    this.#untranscribed.sound(pcm);
    return this.#pending.sound(pcm);
  }

  ended(now: number): void {
    this.#pending.ended();
    this.#untranscribed.ended(now);
  }

  typed(turn: Turn, text: string): void {
    this.#note(turn);
    this.#pending.typed(turn, text);
    this.#history.began(turn, text);
  }

  /** Nobody wants an answer to these turns: they are owed no more. */
  passed(turnIds: readonly number[]): void {
    this.#pending.passed(turnIds);
  }

  /** A call whose result comes later; its session need not stay for it. False where nobody waits for it. */
  acknowledged(callId: string): boolean {
    if (!this.#calls.has(callId)) return false;
    this.#acknowledged.add(callId);
    return true;
  }

  /** `native`: the present session made the call and gets the result itself. False where nobody waits for it. */
  result(result: ToolResult, native: boolean): boolean {
    const turnIds = this.#calls.get(result.callId);
    if (!turnIds) return false;
    this.#calls.delete(result.callId);
    this.#acknowledged.delete(result.callId);
    this.#history.result(result, turnIds);
    this.#pending.note(turnIds, resultNote(result), native, result.callId);
    return true;
  }

  /** A result that no session asked for: the next request brings it. */
  told(result: ToolResult, turnIds: readonly number[]): void {
    if (this.#concerns(turnIds)) return;
    this.#history.result(result, turnIds);
    this.#pending.aside(turnIds, `Somebody ran a tool again by a button. ${resultNote(result)}`);
  }

  /** See SpeechSession.interrupt. `lost`: the line broke there, so the model is to go on from there. */
  interrupt(heard: readonly Heard[], lost: boolean): void {
    this.wanted = false;
    const { sounding } = this.#pending;
    this.#history.interrupt(heard, sounding);
    this.#pending.interrupt(heard);
    for (const replyId of lost ? sounding : []) {
      const own = heard.find((one) => one.replyId === replyId);
      if (!own?.items.some((item) => item.heardMs > 0) || this.#concerns(this.#pending.turnsOf(replyId))) continue;
      this.#pending.note(this.#pending.turnsOf(replyId), goOnNote(this.#history.saidIn(replyId)), false);
    }
  }

  /** See SpeechSession.withdraw. */
  withdraw(userId: UserId, turnIds: readonly number[]): void {
    for (const id of turnIds) this.#words.delete(id);
    this.#pending.withdraw(turnIds);
    this.#untranscribed.withdraw(turnIds);
    this.#history.withdraw(userId, turnIds);
  }

  /** An event that people are told of, in names that no other session uses. */
  note(event: SessionEvent): void {
    switch (event.type) {
      case 'turn-transcript':
        if (event.turnId === null) {
          if (event.final) this.#untranscribed.doubt();
          break;
        }
        this.#untranscribed.heard(event.turnId, event.text, event.final);
        if (!event.final) break;
        this.#final.add(event.turnId);
        this.#words.set(event.turnId, event.text);
        if (this.#words.size > REMEMBERED_WORDS) this.#words.delete(this.#words.keys().next().value as number);
        if (this.#transcribeOnly) this.#pending.passed([event.turnId]);
        break;
      case 'reply-started':
        this.wanted = false;
        this.#pending.replyStarted(event.replyId, event.turnIds);
        break;
      case 'tool-call':
        this.#calls.set(event.call.callId, event.call.turnIds);
        this.#pending.called(event.call);
        break;
      case 'approval-request':
        this.#hosted.asked(event);
        this.#pending.called(event.call);
        break;
      case 'server-tool':
        this.#noteWork(event);
        break;
      case 'tool-cancelled':
        for (const callId of event.callIds) {
          this.#calls.delete(callId);
          this.#acknowledged.delete(callId);
        }
        break;
      case 'audio':
        this.#pending.sounded(event.replyId);
        break;
      case 'reply-done':
        this.#pending.replyDone(event.replyId, event.status === 'failed' || event.shortfall?.empty === true);
        break;
      default:
    }
    this.#history.note(event);
  }

  /** See DurableSession.erase. Gives whether others still wait for an answer. */
  erase(userId: UserId): boolean {
    for (const [id, one] of this.#people) if (one === userId) this.#erased.add(id);
    const gone = this.#erased;
    for (const id of gone) this.#words.delete(id);
    this.#history.erase(gone);
    this.#pending.erase(gone);
    this.#untranscribed.erase(gone);
    for (const [callId, turnIds] of this.#calls) {
      if (!this.#concerns(turnIds)) continue;
      this.#calls.delete(callId);
      this.#acknowledged.delete(callId);
    }
    const owed = this.pending.some((item) => item.kind !== 'note' || !item.silent);
    this.wanted &&= owed;
    return owed;
  }

  /** See DurableSession.beginAnew. */
  beginAnew(): void {
    // What only writes down is told of nothing, and goes on.
    if (this.#transcribeOnly) return;
    for (const id of this.#people.keys()) this.#past.add(id);
    for (const id of this.#past) {
      if (this.#past.size <= REMEMBERED) break;
      this.#past.delete(id);
    }
    this.#words.clear();
    this.#history.clear();
    this.#pending.clear();
    this.#calls.clear();
    this.#acknowledged.clear();
    this.wanted = false;
  }

  /** Whether this turn was never said, as far as anybody is to know. */
  isErased(turnId: number): boolean {
    return this.#erased.has(turnId);
  }

  /** Before a new session is given what is owed: see PendingTurns. */
  condense(): void {
    this.#pending.condense((turnId) => this.#words.get(turnId) || undefined);
  }

  /** Whether the words of this turn are known for good. */
  transcribed(turnId: number): boolean {
    return this.#final.has(turnId);
  }

  /** The session is gone. `sounding`: the replies that nobody had cut off by then. */
  sessionLost(sounding: readonly string[]): void {
    // Whoever was told of it need not have said what was heard: nothing, then.
    this.#history.interrupt([], sounding);
    this.#pending.interrupt([]);
    this.wanted ||= sounding.some((replyId) => !this.#concerns(this.#pending.turnsOf(replyId)));
    this.#pending.sessionLost();
  }

  /** How the calls ended, for people, that the lost session's provider was running. The next session hears of it. */
  hostedLost(): readonly SessionEvent[] {
    return this.#hosted.lost().map(({ turnIds, event, note }) => {
      if (!this.#concerns(turnIds)) this.#pending.note(turnIds, note, false);
      return event;
    });
  }

  /** Replies that have begun and not ended. */
  get active(): readonly string[] {
    return this.#pending.active;
  }

  /** Of these, those that nobody has cut off. */
  get sounding(): readonly string[] {
    return this.#pending.sounding;
  }

  get open(): boolean {
    return this.#pending.open;
  }

  get pending(): readonly PendingItem[] {
    return this.#pending.items;
  }

  /** Whether something that the present session does not know of asks for an answer by itself. */
  get presses(): boolean {
    return this.#pending.presses;
  }

  get unsent(): PendingTurns['unsent'] {
    return this.#pending.unsent;
  }

  /** Nobody speaks, and nothing is under way. */
  get settled(): boolean {
    return !this.open && this.active.length === 0 && this.#waits === 0;
  }

  /** Nothing is owed and nothing under way: whoever heard everything until now knows everything. */
  get even(): boolean {
    return this.settled && this.pending.length === 0;
  }

  /** Nobody speaks or waits, nothing is under way, and no words are on their way. */
  quiet(now: number): boolean {
    return this.settled && !this.wanted && !this.#untranscribed.expected(now);
  }

  get mark(): number {
    return this.#history.mark;
  }

  /** In words, what the next session does not hear itself. */
  history(): readonly HistoryItem[] {
    return this.#history.items(this.#given);
  }

  /** See History.since. */
  since(mark: number): readonly HistoryItem[] | undefined {
    return this.#history.since(mark, this.#given);
  }

  /** Turns whose words the next session is not going to bring. */
  takeUntranscribed(now: number): readonly UntranscribedTurn[] {
    return this.#untranscribed.take(this.#given.turnIds, now);
  }

  /** A call on a hosted server acts like our own tools do, except that no result of it can be sent again. */
  #noteWork({ replyId, work }: SessionEvent & { type: 'server-tool' }): void {
    if (work.kind !== 'call') return;
    const turnIds = this.#pending.turnsOf(replyId);
    this.#pending.called({ replyId, turnIds });
    if (work.result === null) {
      this.#hosted.began(replyId, turnIds, work);
      return;
    }
    this.#hosted.ended(work.callId);
    this.#history.result({ callId: work.callId, name: work.name, ...work.result }, turnIds);
  }

  #note(turn: Turn): void {
    this.#people.set(turn.id, turn.userId ?? turn.about);
    if (this.#people.size > REMEMBERED) this.#people.delete(this.#people.keys().next().value as number);
  }

  #concerns(turnIds: readonly number[]): boolean {
    return turnIds.some((id) => this.#erased.has(id) || this.#past.has(id));
  }

  /** Calls that a session has to stay for. */
  get #waits(): number {
    return this.#calls.size - this.#acknowledged.size + this.#hosted.size;
  }

  /**
   * What the next session is given. A result is told with the request that is for its people, and not before: of the
   * history anybody's reply may make use.
   */
  get #given(): Given {
    return {
      turnIds: new Set(this.pending.flatMap((item) => (item.kind === 'note' ? [] : [item.turn.id]))),
      callIds: new Set(this.pending.flatMap((item) => (item.kind === 'note' ? (item.callId ?? []) : []))),
    };
  }
}
