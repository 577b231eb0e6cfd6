import { setTimeout as wait } from 'node:timers/promises';
import { SessionLostError } from '../bridge/errors.ts';
import type {
  Heard,
  Pcm,
  SessionEvent,
  SessionOptions,
  SpeechModel,
  SpeechSession,
  ToolResult,
  Turn,
} from '../bridge/ports.ts';
import { Attempts } from './attempts.ts';
import type { Patience } from './back-off.ts';
import { History } from './history.ts';
import { HostedCalls } from './hosted-calls.ts';
import { goOnNote } from './label.ts';
import { Rotation } from './rotation.ts';
import { SessionNames } from './session-names.ts';
import { Unanswered } from './unanswered.ts';
import type { ModelLog } from './wire.ts';

export interface LastingSessionParts {
  readonly model: SpeechModel;
  readonly options: SessionOptions;
  readonly log: ModelLog;
  readonly patience: Patience;
  /** The first connection. */
  readonly session: SpeechSession;
}

/**
 * A conversation over one connection after the other. Everything that it is given is also written down until it was
 * answered: while there is no connection nothing else happens to it, and the next one is given all of it, in order.
 * A turn for which a tool was called is never given again, or the tool would run twice: the next session gets the
 * result in words. Fatal errors, and an outage that lasts too long, end `events` as they do without it.
 */
export class LastingSession implements SpeechSession {
  readonly #parts: LastingSessionParts;
  readonly #unanswered: Unanswered;
  readonly #history = new History();
  readonly #names = new SessionNames();
  readonly #rotation: Rotation;
  readonly #attempts: Attempts;
  readonly #closing = new AbortController();
  /** Calls without a result. */
  readonly #calls = new Map<string, readonly number[]>();
  readonly #hosted = new HostedCalls();
  /** What is known of turns whose transcript is not final yet. */
  readonly #words = new Map<number, string>();
  readonly #final = new Set<number>();
  readonly #events: AsyncGenerator<SessionEvent>;
  #options: SessionOptions;
  #session: SpeechSession | undefined;
  /** A reply was asked for and has not begun. */
  #wanted = false;
  #breaking = false;

  constructor(parts: LastingSessionParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#unanswered = new Unanswered(parts.model.inputRate);
    this.#rotation = new Rotation({
      patience: parts.patience,
      quiet: () =>
        !this.#wanted &&
        !this.#unanswered.open &&
        !this.#unanswered.active.length &&
        !this.#calls.size &&
        !this.#hosted.size,
      rotate: () => this.#session?.close(),
    });
    this.#attempts = new Attempts({ ...parts, signal: this.#closing.signal });
    this.#take(parts.session);
    this.#events = this.#run();
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  beginTurn(turn: Turn): void {
    this.#unanswered.began(turn);
    this.#history.began(turn);
    this.#session?.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    const lost = this.#unanswered.sound(pcm);
    if (lost.length > 0) this.#parts.log.warn({ turns: lost.length }, 'too much waits for the model: the oldest went');
    this.#session?.appendAudio(pcm);
  }

  endTurn(respond: boolean): void {
    this.#unanswered.ended();
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

  approve(callId: string, approved: boolean, reason: string): void {
    const own = this.#names.own(callId);
    if (own !== undefined) this.#session?.approve(own, approved, reason);
  }

  update(options: SessionOptions): void {
    this.#options = options;
    this.#session?.update(options);
  }

  close(): void {
    this.#closing.abort();
    this.#rotation.stop();
    this.#session?.close();
  }

  async *#run(): AsyncGenerator<SessionEvent> {
    for (let session = this.#session; session; session = this.#session) {
      let loss: SessionLostError | undefined;
      try {
        for await (const event of session.events) yield* this.#pass(event);
      } catch (error) {
        if (!(error instanceof SessionLostError) || !error.retryable) throw error;
        loss = error;
      }
      if (this.#closing.signal.aborted) return;
      session.close();
      this.#rotation.stop();
      this.#session = undefined;
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
        this.#rotation.endsAt(performance.now() + event.timeLeftMs);
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
      case 'approval-request':
        this.#hosted.asked(event);
        this.#unanswered.called(event.call);
        break;
      case 'server-tool':
        this.#noteWork(event);
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

  /** A call on a hosted server acts like our own tools do, except that no result of it can be sent again. */
  #noteWork({ replyId, work }: SessionEvent & { type: 'server-tool' }): void {
    if (work.kind !== 'call') return;
    const turnIds = this.#unanswered.turnsOf(replyId);
    this.#unanswered.called({ replyId, turnIds });
    if (work.result === null) {
      this.#hosted.began(replyId, turnIds, work);
      return;
    }
    this.#hosted.ended(work.callId);
    const result = { callId: work.callId, name: work.name, ...work.result };
    this.#history.result(result);
  }

  #heard(turnId: number, text: string, final: boolean): void {
    if (final) {
      this.#words.delete(turnId);
      this.#final.add(turnId);
    } else this.#words.set(turnId, text);
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
    for (const { turnIds, event, note } of this.#hosted.lost()) {
      this.#unanswered.note(turnIds, note, false);
      yield event;
    }
    const again = this.#repeatedTurns();
    for (const [turnId, text] of this.#words) {
      if (again.has(turnId)) continue;
      this.#heard(turnId, text, true);
      yield { type: 'turn-transcript', turnId, text, final: true };
    }
  }

  async *#comeBack(loss: SessionLostError | undefined): AsyncGenerator<SessionEvent> {
    const { model, patience } = this.#parts;
    const back = this.#reconnect(loss);
    back.catch(() => {});
    const soon = new AbortController();
    const late = wait(patience.noticeMs, true, { signal: soon.signal }).catch(() => false);
    try {
      const long = await Promise.race([back.then(() => false), late]);
      if (!long) return;
      yield { type: 'paused', message: `I lost ${model.label} and am reconnecting. What you say meanwhile is kept.` };
      await back;
      yield { type: 'resumed', message: `I am connected to ${model.label} again.` };
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      soon.abort();
    }
  }

  async #reconnect(loss: SessionLostError | undefined): Promise<void> {
    const { signal } = this.#closing;
    const session = await this.#attempts.again(loss, () =>
      this.#parts.model.connect(this.#options, signal, this.#history.items(this.#repeatedTurns())),
    );
    // close() may have come when it was ready and nobody had it yet.
    if (signal.aborted) return session.close();
    this.#take(session);
    this.#repeat(session);
  }

  #take(session: SpeechSession): void {
    this.#session = session;
    this.#attempts.succeeded();
    this.#names.next();
    if (session.expiresAt !== undefined) this.#rotation.endsAt(session.expiresAt);
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
