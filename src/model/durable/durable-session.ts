import { setTimeout as wait } from 'node:timers/promises';
import type { KeptWords, SessionOptions } from '../../ports/capabilities.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type {
  DurableSession as DurableSessionPort,
  Heard,
  SessionEvent,
  SpeechModel,
  SpeechSession,
} from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { EventMerger } from './event-merger.ts';
import { Failover } from './failover.ts';
import { IdNamespace } from './id-namespace.ts';
import type { ModelChoice } from './model-choice.ts';
import { NobodysLines } from './nobodys-lines.ts';
import { ReplayLedger } from './replay-ledger.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { TranscriptRecovery } from './transcript-recovery.ts';

type Transcript = Extract<SessionEvent, { type: 'turn-transcript' }>;

/** The model to begin with, how long it is tried again, and where to go on without it. */
export interface DurableSessionDeps {
  readonly choice: ModelChoice;
  readonly log: ModelLog;
  readonly patience: RetryPolicy;
  /** The first connection. */
  readonly session: SpeechSession;
  readonly fallback: ((failed: SpeechModel) => ModelChoice | undefined) | undefined;
}

/**
 * A conversation over one connection after the other. Everything that it is given is also written down until it was
 * answered: while there is no connection nothing else happens to it, and the next one is given all of it, in order.
 * A turn for which a tool was called is never given again, or the tool would run twice: the next session gets the
 * result in words. Fatal errors, and an outage that lasts too long, end `events` as they do without it.
 */
export class DurableSession implements DurableSessionPort {
  readonly #deps: DurableSessionDeps;
  readonly #ledger: ReplayLedger;
  readonly #names = new IdNamespace();
  readonly #nobodys = new NobodysLines();
  readonly #failover: Failover;
  readonly #recovery: TranscriptRecovery;
  readonly #merger = new EventMerger();
  readonly #closing = new AbortController();
  readonly #events: AsyncGenerator<SessionEvent>;
  /** What people were told; few, for each is of a kind of its own. */
  readonly #noticed = new Set<string>();
  #session: SpeechSession | undefined;
  #breaking = false;
  /** It knows what is erased: nothing that still comes of it counts. */
  #left: SpeechSession | undefined;
  /** How often something was erased: a connection that was being made meanwhile may know of them. */
  #erasures = 0;

  constructor(deps: DurableSessionDeps) {
    const { choice, session } = deps;
    const { signal } = this.#closing;
    this.#deps = deps;
    this.#ledger = new ReplayLedger(choice.model.inputRate, choice.model.capabilities.transcribeOnly === true);
    const emit = (event: SessionEvent) => this.#merger.push(event);
    this.#failover = new Failover({
      ...deps,
      signal,
      emit,
      quiet: () => this.#ledger.quiet(performance.now()),
      history: () => this.#ledger.history(),
      since: (mark) => this.#ledger.since(mark),
      replace: () => this.#session?.close(),
    });
    this.#recovery = new TranscriptRecovery({
      ...deps,
      signal,
      emit,
      erased: (turnId) => this.#ledger.isErased(turnId),
      connect: (until) => this.#failover.aside(until),
    });
    this.#adopt(session);
    this.#events = this.#run();
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  beginTurn(turn: Turn): void {
    this.#ledger.began(turn);
    this.#session?.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    const lost = this.#ledger.sound(pcm);
    if (lost.length > 0) this.#deps.log.warn({ turns: lost.length }, 'too much waits for the model: the oldest went');
    this.#session?.appendAudio(pcm);
  }

  endTurn(respond: boolean): void {
    this.#ledger.ended(performance.now());
    if (respond) this.#ledger.wanted = true;
    const notes = respond && this.#ledger.unsent.length > 0;
    this.#session?.endTurn(respond && !notes);
    if (notes) this.#sendNotes();
  }

  appendText(turn: Turn, text: string): void {
    this.#ledger.typed(turn, text);
    this.#ledger.wanted = true;
    // Notes wait until it is answered (#pass): beside a request for something else the model would pass them over.
    this.#session?.appendText(turn, text);
  }

  respond(): void {
    this.#ledger.wanted = true;
    if (this.#ledger.presses) this.#sendNotes();
    else this.#session?.respond();
  }

  pass(turnIds: readonly number[]): void {
    this.#ledger.passed(turnIds);
    this.#session?.pass(turnIds);
  }

  interrupt(heard: readonly Heard[]): void {
    this.#ledger.interrupt(heard, this.#breaking);
    this.#session?.interrupt(this.#names.inward(heard));
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#ledger.withdraw(userId, turnIds);
    this.#recovery.withdraw(turnIds);
    if (turnIds.length > 0) this.#failover.withdrawn();
    this.#session?.withdraw(userId, turnIds);
  }

  acknowledge(call: Acknowledged): boolean {
    const callId = this.#names.own(call.callId);
    // A session that never made the call has nothing to wait for: it gets the result in words.
    if (!this.#ledger.acknowledged(call.callId) || callId === undefined) return false;
    return this.#session?.acknowledge({ ...call, callId }) ?? false;
  }

  sendToolResult(result: ToolResult): void {
    const callId = this.#session && this.#names.own(result.callId);
    if (!this.#ledger.result(result, callId !== undefined)) return;
    // A session that never made the call would refuse its result: it gets it in words, with the next request.
    if (callId !== undefined) this.#session?.sendToolResult({ ...result, callId });
  }

  tell(result: ToolResult, turnIds: readonly number[]): void {
    this.#ledger.told(result, turnIds);
  }

  approve(callId: string, approved: boolean, reason: string): void {
    const own = this.#names.own(callId);
    if (own !== undefined) this.#session?.approve(own, approved, reason);
  }

  update(options: SessionOptions): void {
    this.#failover.update(options);
    this.#session?.update(options);
  }

  switchTo(model: SpeechModel, options: SessionOptions): void {
    this.#failover.switchTo({ model, options }, this.#session !== undefined);
  }

  erase(userId: UserId, instructions: string): boolean {
    this.#erasures += 1;
    const owed = this.#ledger.erase(userId);
    this.#failover.startOver(instructions, (notes) => notes.filter(({ by }) => by.userId !== userId));
    this.#left = this.#session;
    this.#session?.close();
    return owed;
  }

  beginAnew(instructions: string, notes: readonly KeptWords[] = []): void {
    this.#erasures += 1;
    this.#ledger.beginAnew();
    this.#failover.startOver(instructions, () => notes);
    this.#left = this.#session;
    this.#session?.close();
  }

  close(): void {
    this.#closing.abort();
    this.#failover.close();
    this.#session?.close();
  }

  async *#run(): AsyncGenerator<SessionEvent> {
    for (let session = this.#session; session; session = this.#session) {
      let loss: SessionLostError | undefined;
      try {
        for await (const { event, aside } of this.#merger.beside(session.events)) {
          if (aside) yield* this.#passAside(event);
          else if (session !== this.#left) yield* this.#pass(event);
        }
      } catch (error) {
        if (!(error instanceof SessionLostError)) throw error;
        loss = error;
      }
      if (this.#closing.signal.aborted) return;
      session.close();
      this.#session = undefined;
      this.#failover.ended(loss);
      const reason = loss && { reason: loss.message };
      this.#deps.log.warn({ kind: loss?.kind ?? 'rotation', ...reason }, 'the connection to the model is made anew');
      yield* this.#breakOff();
      yield* this.#comeBack(loss);
    }
  }

  /** What of an event people are to get, in names that no other session uses. */
  *#pass(raw: SessionEvent): Generator<SessionEvent> {
    const event = this.#names.outward(raw);
    switch (event.type) {
      case 'going-away':
        if (event.ours) this.#failover.replaceBy(performance.now() + event.timeLeftMs);
        else this.#failover.endsAt(performance.now() + event.timeLeftMs);
        return;
      case 'resumable':
        // Else nobody could say how much of what is under way the restored session would know.
        if (this.#ledger.even) this.#failover.resumable(event.handle, this.#ledger.mark);
        return;
      case 'notice':
        // Each connection finds out for itself what people know by now.
        if (this.#noticed.has(event.message)) return;
        this.#noticed.add(event.message);
        break;
      case 'turn-transcript':
        // A turn that was given again is written down again.
        if (event.turnId !== null && this.#ledger.transcribed(event.turnId) && this.#names.repeated(event.turnId))
          return;
        break;
      default:
    }
    this.#ledger.note(event);
    if (event.type === 'audio' || (event.type === 'turn-transcript' && event.final && !event.missing)) {
      this.#failover.worked();
    }
    const { wanted } = this.#ledger;
    yield event.type === 'turn-transcript' ? this.#named(event, this.#names.repeated(event.turnId ?? 0)) : event;
    // Whoever is told calls interrupt() for what has begun; what was asked for since is still wanted.
    if (event.type === 'interrupted') this.#ledger.wanted ||= wanted;
    if (event.type === 'reply-done' && this.#ledger.settled && this.#ledger.presses) this.#sendNotes();
  }

  /** What no connection of ours brought. Words of a turn that has them by now are left out. */
  *#passAside(event: SessionEvent): Generator<SessionEvent> {
    if (event.type === 'turn-transcript' && event.turnId !== null) {
      if (this.#ledger.transcribed(event.turnId) || this.#ledger.isErased(event.turnId)) return;
    }
    this.#ledger.note(event);
    yield event.type === 'turn-transcript' ? this.#named(event, true) : event;
  }

  /** Words of a turn that is written down late may stand there as somebody's. */
  #named(event: Transcript, late: boolean): Transcript {
    const now = performance.now();
    if (event.turnId === null) this.#nobodys.told(event.text, event.final, now);
    if (!event.final || event.turnId === null || event.missing || !late) return event;
    const insteadOf = this.#nobodys.take(event.text, now);
    return insteadOf === undefined ? event : { ...event, insteadOf };
  }

  /** Ends what the lost session had begun. What was played of it is what was heard. */
  *#breakOff(): Generator<SessionEvent> {
    const { active, sounding } = this.#ledger;
    this.#breaking = true;
    if (sounding.length > 0) yield { type: 'interrupted', goesOn: true };
    this.#breaking = false;
    this.#ledger.sessionLost(sounding);
    const text = this.#nobodys.cutOff(performance.now());
    if (text !== undefined) yield { type: 'turn-transcript', turnId: null, text, final: true };
    for (const replyId of active) {
      yield { type: 'reply-done', replyId, status: 'cancelled', awaitsTools: false, usage: null };
    }
    yield* this.#ledger.hostedLost();
  }

  async *#comeBack(loss: SessionLostError | undefined): AsyncGenerator<SessionEvent> {
    const { label } = this.#failover.model;
    const erasures = this.#erasures;
    const back = this.#failover.next(loss);
    back.catch(() => {});
    const soon = new AbortController();
    const late = wait(this.#deps.patience.noticeMs, true, { signal: soon.signal }).catch(() => false);
    try {
      const long = await Promise.race([back.then(() => false), late]);
      if (long) yield { type: 'paused', message: absence(label, this.#failover.failing) };
      const { session, changed } = await back;
      this.#arrive(session, erasures === this.#erasures);
      if (long) yield { type: 'resumed', message: `I am connected to ${this.#failover.model.label} again.` };
      if (changed) yield changed;
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      soon.abort();
    }
  }

  /** `fit`: it was not told of what is erased by now. */
  #arrive(session: SpeechSession, fit: boolean): void {
    // close() may have come when it was ready and nobody had it yet.
    if (this.#closing.signal.aborted) {
      session.close();
      return;
    }
    this.#adopt(session);
    if (!fit) {
      this.#left = session;
      session.close();
      return;
    }
    this.#repeat(session);
    const untranscribed = this.#ledger.takeUntranscribed(performance.now());
    if (untranscribed.length > 0) void this.#recovery.write(untranscribed);
  }

  #adopt(session: SpeechSession): void {
    this.#session = session;
    this.#names.next();
  }

  /** Gives a new session everything that is not answered. Nothing is asked for while somebody speaks. */
  #repeat(session: SpeechSession): void {
    this.#ledger.condense();
    const { pending, open, unsent, wanted } = this.#ledger;
    const turns = pending.filter((item) => item.kind !== 'note');
    const asks = wanted && !open && unsent.length === 0;
    // A turn in writing is a request by itself: what was said before it, and is told in words, is not to come last.
    const asked = turns.at(-1)?.kind === 'typed';
    if (asked && this.#ledger.presses) this.#sendNotes();
    for (const item of turns) {
      this.#names.repeat(item.turn.id);
      if (item.kind === 'typed') {
        session.appendText(item.turn, item.text);
        continue;
      }
      session.beginTurn(item.turn);
      for (const pcm of item.sound.chunks) session.appendAudio(pcm);
      if (item.ended) session.endTurn(asks && item === turns.at(-1));
    }
    if (asks && turns.length === 0) session.respond();
    if (wanted && !open && unsent.length > 0 && !asked) this.#sendNotes();
  }

  /** As a turn of nobody's, which stands for the turns that the notes are about, so that rights stay theirs. */
  #sendNotes(): void {
    const session = this.#session;
    if (!session) return;
    const notes = this.#ledger.unsent;
    for (const note of notes) note.sent = true;
    const id = this.#names.standIn(notes.flatMap(({ turnIds }) => turnIds));
    session.appendText({ id, userId: 'parley', name: 'Parley' }, notes.map(({ text }) => text).join('\n'));
  }
}

/** What people are told while there is no connection. */
function absence(label: string, why: SessionLostError | undefined): string {
  if (why?.kind !== 'limit' && why?.kind !== 'quota') {
    return `I lost ${label} and am reconnecting. What you say meanwhile is kept.`;
  }
  return `${label} has too many requests for the moment. I try again until it takes one; what you say meanwhile is kept.`;
}
