import { setTimeout as wait } from 'node:timers/promises';
import { SessionLostError } from '../bridge/errors.ts';
import type {
  Conversation,
  Heard,
  Pcm,
  SessionEvent,
  SessionOptions,
  SpeechModel,
  SpeechSession,
  ToolResult,
  Turn,
} from '../bridge/ports.ts';
import { Asides } from './asides.ts';
import type { Patience } from './back-off.ts';
import { History } from './history.ts';
import { goOnNote } from './label.ts';
import type { ModelChoice } from './model-choice.ts';
import { Scribe } from './scribe.ts';
import { SessionNames } from './session-names.ts';
import { Succession } from './succession.ts';
import { Unanswered } from './unanswered.ts';
import { Unwritten } from './unwritten.ts';
import type { ModelLog } from './wire.ts';

export interface LastingSessionParts {
  readonly choice: ModelChoice;
  readonly log: ModelLog;
  readonly patience: Patience;
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
export class LastingSession implements Conversation {
  readonly #parts: LastingSessionParts;
  readonly #unanswered: Unanswered;
  readonly #unwritten: Unwritten;
  readonly #history = new History();
  readonly #names = new SessionNames();
  readonly #succession: Succession;
  readonly #scribe: Scribe;
  readonly #asides = new Asides();
  readonly #closing = new AbortController();
  /** Calls without a result. */
  readonly #calls = new Map<string, readonly number[]>();
  readonly #final = new Set<number>();
  readonly #events: AsyncGenerator<SessionEvent>;
  #session: SpeechSession | undefined;
  /** A reply was asked for and has not begun. */
  #wanted = false;
  #breaking = false;

  constructor(parts: LastingSessionParts) {
    const { choice, session } = parts;
    const rate = choice.model.inputRate;
    const { signal } = this.#closing;
    this.#parts = parts;
    this.#unanswered = new Unanswered(rate);
    this.#unwritten = new Unwritten(rate);
    const tell = (event: SessionEvent) => this.#asides.push(event);
    this.#succession = new Succession({
      ...parts,
      signal,
      tell,
      quiet: () => this.#settled && !this.#wanted && !this.#unwritten.expected(performance.now()),
      history: () => this.#history.items(this.#repeatedTurns()),
      since: (mark) => this.#history.since(mark, this.#repeatedTurns()),
      replace: () => this.#session?.close(),
    });
    this.#scribe = new Scribe({
      ...parts,
      signal,
      tell,
      connect: (until) => this.#succession.aside(until),
    });
    this.#take(session);
    this.#events = this.#run();
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  beginTurn(turn: Turn): void {
    this.#unanswered.began(turn);
    this.#unwritten.began(turn);
    this.#history.began(turn);
    this.#session?.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    this.#unwritten.sound(pcm);
    const lost = this.#unanswered.sound(pcm);
    if (lost.length > 0) this.#parts.log.warn({ turns: lost.length }, 'too much waits for the model: the oldest went');
    this.#session?.appendAudio(pcm);
  }

  endTurn(respond: boolean): void {
    this.#unanswered.ended();
    this.#unwritten.ended(performance.now());
    if (respond) this.#wanted = true;
    const notes = respond && this.#unanswered.unsent.length > 0;
    this.#session?.endTurn(respond && !notes);
    if (notes) this.#sendNotes();
  }

  appendText(turn: Turn, text: string): void {
    this.#unanswered.wrote(turn, text);
    this.#history.began(turn, text);
    this.#wanted = true;
    this.#session?.appendText(turn, text);
  }

  respond(): void {
    this.#wanted = true;
    if (this.#unanswered.unsent.length > 0) this.#sendNotes();
    else this.#session?.respond();
  }

  interrupt(heard: readonly Heard[]): void {
    this.#wanted = false;
    const { sounding } = this.#unanswered;
    this.#history.interrupt(heard, sounding);
    this.#unanswered.interrupt(heard);
    if (this.#breaking) this.#goOnWith(heard, sounding);
    this.#session?.interrupt(this.#names.inward(heard));
  }

  sendToolResult(result: ToolResult): void {
    const turnIds = this.#calls.get(result.callId);
    if (!turnIds) return;
    this.#calls.delete(result.callId);
    this.#history.result(result);
    const callId = this.#session && this.#names.own(result.callId);
    const text = `The tool ${result.name} ${result.ok ? 'brought' : 'failed with'}: ${result.output}`;
    this.#unanswered.note(turnIds, text, callId !== undefined);
    // A session that never made the call would refuse its result: it gets it in words, with the next request.
    if (callId !== undefined) this.#session?.sendToolResult({ ...result, callId });
  }

  update(options: SessionOptions): void {
    this.#succession.update(options);
    this.#session?.update(options);
  }

  switchTo(model: SpeechModel, options: SessionOptions): void {
    this.#succession.switchTo({ model, options }, this.#session !== undefined);
  }

  close(): void {
    this.#closing.abort();
    this.#succession.close();
    this.#session?.close();
  }

  /** Everything is answered and nothing is under way. */
  get #settled(): boolean {
    return !this.#unanswered.open && this.#unanswered.active.length === 0 && this.#calls.size === 0;
  }

  async *#run(): AsyncGenerator<SessionEvent> {
    for (let session = this.#session; session; session = this.#session) {
      let loss: SessionLostError | undefined;
      try {
        for await (const { event, aside } of this.#asides.beside(session.events)) {
          if (aside) yield* this.#passAside(event);
          else yield* this.#pass(event);
        }
      } catch (error) {
        if (!(error instanceof SessionLostError)) throw error;
        loss = error;
      }
      if (this.#closing.signal.aborted) return;
      session.close();
      this.#session = undefined;
      this.#succession.ended(loss);
      this.#parts.log.warn({ kind: loss?.kind ?? 'rotation' }, 'the connection to the model is made anew');
      yield* this.#breakOff();
      yield* this.#comeBack(loss);
    }
  }

  /** What of an event people are to get, in names that no other session uses. */
  *#pass(raw: SessionEvent): Generator<SessionEvent> {
    const event = this.#names.outward(raw);
    switch (event.type) {
      case 'going-away':
        this.#succession.endsAt(performance.now() + event.timeLeftMs);
        return;
      case 'resumable':
        // Else nobody could say how much of what is under way the restored session would know.
        if (this.#settled && this.#unanswered.debts.length === 0) {
          this.#succession.resumable(event.handle, this.#history.mark);
        }
        return;
      case 'turn-transcript':
        if (event.turnId !== null) {
          // A turn that was given again is written down again.
          if (this.#final.has(event.turnId) && this.#names.repeated(event.turnId)) return;
          this.#heard(event.turnId, event.text, event.final);
        }
        break;
      case 'reply-started':
        this.#wanted = false;
        this.#unanswered.replyStarted(event.replyId, event.turnIds);
        break;
      case 'tool-call':
        this.#calls.set(event.call.callId, event.call.turnIds);
        this.#unanswered.called(event.call);
        break;
      case 'tool-cancelled':
        for (const callId of event.callIds) this.#calls.delete(callId);
        break;
      case 'reply-done':
        this.#unanswered.replyDone(event.replyId);
        break;
      default:
    }
    this.#history.note(event);
    yield event;
  }

  /** What no connection of ours brought. Words of a turn that has them by now are left out. */
  *#passAside(event: SessionEvent): Generator<SessionEvent> {
    if (event.type === 'turn-transcript' && event.turnId !== null) {
      if (this.#final.has(event.turnId)) return;
      this.#heard(event.turnId, event.text, event.final);
    }
    this.#history.note(event);
    yield event;
  }

  #heard(turnId: number, text: string, final: boolean): void {
    this.#unwritten.heard(turnId, text, final);
    if (final) this.#final.add(turnId);
  }

  /** Ends what the lost session had begun. What was played of it is what was heard. */
  *#breakOff(): Generator<SessionEvent> {
    const { active, sounding } = this.#unanswered;
    this.#breaking = true;
    if (sounding.length > 0) yield { type: 'interrupted' };
    this.#breaking = false;
    // Whoever reads this need not have said what was heard: nothing, then.
    this.#history.interrupt([], sounding);
    this.#unanswered.interrupt([]);
    this.#wanted ||= sounding.length > 0;
    for (const replyId of active) {
      yield { type: 'reply-done', replyId, status: 'cancelled', awaitsTools: false, usage: null };
    }
    this.#unanswered.sessionLost();
  }

  async *#comeBack(loss: SessionLostError | undefined): AsyncGenerator<SessionEvent> {
    const { label } = this.#succession.model;
    const back = this.#succession.next(loss);
    back.catch(() => {});
    const soon = new AbortController();
    const late = wait(this.#parts.patience.noticeMs, true, { signal: soon.signal }).catch(() => false);
    try {
      const long = await Promise.race([back.then(() => false), late]);
      if (long) {
        yield { type: 'paused', message: `I lost ${label} and am reconnecting. What you say meanwhile is kept.` };
      }
      const { session, changed } = await back;
      this.#arrive(session);
      if (long) yield { type: 'resumed', message: `I am connected to ${this.#succession.model.label} again.` };
      if (changed) yield changed;
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      soon.abort();
    }
  }

  #arrive(session: SpeechSession): void {
    // close() may have come when it was ready and nobody had it yet.
    if (this.#closing.signal.aborted) {
      session.close();
      return;
    }
    this.#take(session);
    this.#repeat(session);
    const unwritten = this.#unwritten.take(this.#repeatedTurns(), performance.now());
    if (unwritten.length > 0) void this.#scribe.write(unwritten);
  }

  #take(session: SpeechSession): void {
    this.#session = session;
    this.#names.next();
  }

  /** Gives a new session everything that is not answered. Nothing is asked for while somebody speaks. */
  #repeat(session: SpeechSession): void {
    const { debts, open, unsent } = this.#unanswered;
    const turns = debts.filter((debt) => debt.kind !== 'note');
    const asks = this.#wanted && !open && unsent.length === 0;
    for (const debt of turns) {
      this.#names.repeat(debt.turn.id);
      if (debt.kind === 'written') {
        session.appendText(debt.turn, debt.text);
        continue;
      }
      session.beginTurn(debt.turn);
      for (const pcm of debt.chunks) session.appendAudio(pcm);
      if (debt.ended) session.endTurn(asks && debt === turns.at(-1));
    }
    if (asks && turns.length === 0) session.respond();
    if (this.#wanted && !open && unsent.length > 0) this.#sendNotes();
  }

  #repeatedTurns(): ReadonlySet<number> {
    return new Set(this.#unanswered.debts.flatMap((debt) => (debt.kind === 'note' ? [] : [debt.turn.id])));
  }

  /** Lets the model finish what people heard the beginning of. */
  #goOnWith(heard: readonly Heard[], broken: readonly string[]): void {
    for (const replyId of broken) {
      const own = heard.find((one) => one.replyId === replyId);
      if (!own?.items.some((item) => item.heardMs > 0)) continue;
      this.#unanswered.note(this.#unanswered.turnsOf(replyId), goOnNote(this.#history.saidIn(replyId)), false);
    }
  }

  /** As a turn of nobody's, which stands for the turns that the notes are about, so that rights stay theirs. */
  #sendNotes(): void {
    const session = this.#session;
    if (!session) return;
    const notes = this.#unanswered.unsent;
    for (const note of notes) note.sent = true;
    const id = this.#names.standIn(notes.flatMap(({ turnIds }) => turnIds));
    session.appendText({ id, userId: 'parley', name: 'Parley' }, notes.map(({ text }) => text).join('\n'));
  }
}
