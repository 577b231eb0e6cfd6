import type { LiveClientMessage, LiveServerMessage } from '@google/genai';
import type { HistoryItem, SessionOptions } from '../../ports/capabilities.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type { Heard, SessionEvent, SpeechSession } from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';
import { EventQueue } from '../connection/event-queue.ts';
import { type ModelLog, ModelSocket, type Timing } from '../connection/model-socket.ts';
import type { OpeningHooks } from '../connection/open-session.ts';
import { typedBy } from '../connection/prompt-text.ts';
import type { Target } from '../connection/service.ts';
import type { GeminiTraits } from '../traits.ts';
import { GeminiDeferredResults } from './calls/deferred-results.ts';
import { GeminiTools } from './calls/tools.ts';
import { GeminiErrors, geminiLoss } from './failures.ts';
import { GeminiInbox } from './inbox.ts';
import { type Command, GeminiOutbox } from './outbox.ts';
import { GeminiPreface } from './preface.ts';
import { GeminiReplies } from './replies/replies.ts';
import { GeminiShortfalls } from './replies/shortfalls.ts';
import { GeminiTranscriptAttribution } from './replies/transcript-attribution.ts';
import { geminiConfig } from './setup.ts';
import { type GeminiEndpoint, openGeminiSocket } from './socket.ts';
import { GeminiTurnInput } from './turn-input.ts';

/** Until when a connection on which nobody knows whose words come has to be replaced; a quiet moment is waited for. */
const LOST_MS = 15_000;
/** An end within the first minute of a connection is not believed (see Rotation). */
const LEAST_LIFE_MS = 61_000;
const TELL = 'Tell people now what the tools brought.';
const ASK_AGAIN = 'Please answer now what was said and is not answered yet.';

/** Where to connect, as whom, and what the session is to be. */
export interface GeminiSessionDeps {
  readonly endpoint: GeminiEndpoint;
  readonly target: Target;
  readonly traits: GeminiTraits;
  readonly options: SessionOptions;
  readonly history: readonly HistoryItem[];
  /** Of the session to restore. */
  readonly handle: string | undefined;
  readonly log: ModelLog;
  readonly timing: Timing;
  readonly hooks: OpeningHooks;
}

/** One connection to the Live API. */
export class GeminiSession implements SpeechSession {
  readonly #deps: GeminiSessionDeps;
  readonly #events = new EventQueue((error) => this.#socket?.lose(error));
  readonly #attribution = new GeminiTranscriptAttribution((back) => this.#echo(back));
  readonly #replies: GeminiReplies;
  readonly #manual: boolean;
  readonly #deferred = new GeminiDeferredResults();
  readonly #tools: GeminiTools;
  readonly #preface: GeminiPreface;
  readonly #inbox: GeminiInbox;
  readonly #since = performance.now();
  readonly #shortfalls: GeminiShortfalls;
  #socket: ModelSocket | undefined;
  #closed = false;
  #renewing = false;
  readonly #outbox: GeminiOutbox;
  readonly #input: GeminiTurnInput;
  /** Until something that is waited for is not waited for any more. */
  #patience: NodeJS.Timeout | undefined;

  constructor(deps: GeminiSessionDeps) {
    const { capabilities } = deps.traits;
    this.#deps = deps;
    this.#manual = deps.options.turnDetection === 'manual';
    this.#shortfalls = new GeminiShortfalls(deps.target.service.name);
    this.#replies = new GeminiReplies({
      emit: (event) => this.#events.push(this.#shortfalls.judge(event)),
      mute: (replyId) => this.#events.mute(replyId),
      caughtUpTo: () => this.#socket?.caughtUpTo ?? Number.NEGATIVE_INFINITY,
      echo: (back) => this.#echo(back),
      nudge: () => this.#sendActivity(ASK_AGAIN),
      unanswered: () => this.#unanswered(),
      now: () => performance.now(),
    });
    this.#outbox = new GeminiOutbox({
      attribution: this.#attribution,
      carryOut: (command, now) => this.#carryOut(command, now),
      emit: (events) => this.#emit(events),
    });
    this.#input = new GeminiTurnInput({
      manual: this.#manual,
      laterContent: deps.traits.laterContent,
      attribution: this.#attribution,
      replies: this.#replies,
      labelled: (label) => this.#preface.labelled(label),
      send: (message) => this.#send(message),
      proof: (back) => this.#socket?.proof(back),
      sendText: (json) => this.#socket?.send(json),
      turnWaits: () => this.#outbox.turnWaits,
      closed: (turnId) => this.#events.push({ type: 'turn-closed', turnId }),
    });
    this.#tools = new GeminiTools({
      declared: deps.options.tools,
      native: capabilities.asyncTools === 'native',
      ids: !deps.endpoint.vertex,
      sweeps: deps.traits.sweepsEmptyResults,
      replies: this.#replies,
      deferred: this.#deferred,
      send: (message) => this.#send(message),
      note: (text) => this.#input.note(text),
    });
    this.#preface = new GeminiPreface({
      options: deps.options,
      history: deps.history,
      listens: this.#input.listens,
      replies: this.#replies,
      deferred: this.#deferred,
    });
    this.#inbox = new GeminiInbox({
      attribution: this.#attribution,
      replies: this.#replies,
      shortfalls: this.#shortfalls,
      tools: this.#tools,
      input: this.#input,
      preface: this.#preface,
      errors: new GeminiErrors(deps.target, deps.log),
      log: deps.log,
      laterContent: deps.traits.laterContent,
      answersInText: deps.options.replyForm === 'text' && capabilities.replyForms.includes('text'),
      emit: (event) => this.#events.push(event),
      send: (message) => this.#send(message),
      ready: () => deps.hooks.ready(),
      lose: (error) => this.#socket?.lose(error),
    });
    this.#connect(deps);
  }

  #connect(deps: GeminiSessionDeps): void {
    openGeminiSocket(deps.endpoint, geminiConfig({ ...deps, told: this.#preface.told }), {
      socket: (socket) => {
        this.#socket = new ModelSocket({
          socket,
          provider: deps.target.service.name,
          timing: deps.timing,
          classify: (end) => geminiLoss(end, deps.target, this.#inbox.accepted),
          onLost: (error) => this.#ended(error),
          onSlowStart: () => deps.hooks.slow(),
        });
        if (this.#closed) this.#socket.close();
      },
      message: (message) => this.#receive(message),
      unreadable: () => deps.log.debug({}, 'unreadable message dropped'),
      failed: () => {
        const { name, addressVariable, credentials } = deps.target.service;
        const text = `The connection to ${name} could not be opened: check ${addressVariable} and ${credentials}.`;
        if (!this.#socket) this.#ended(new SessionLostError('invalid-request', text, { retryable: false }));
      },
    });
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  get keepsTold(): boolean {
    return this.#preface.isKept;
  }

  beginTurn(turn: Turn): void {
    if (this.#manual) this.#replies.turnBegan();
    this.#outbox.push({ type: 'begin', turn });
  }

  appendAudio(pcm: Pcm): void {
    if (pcm.length > 0) this.#outbox.push({ type: 'audio', pcm });
  }

  endTurn(respond: boolean): void {
    if (respond) this.#reopen();
    this.#outbox.push({ type: 'end', respond });
  }

  appendText(turn: Turn, text: string): void {
    this.#reopen();
    this.#outbox.push({ type: 'text', turn, text });
  }

  respond(): void {
    this.#reopen();
    this.#outbox.push({ type: 'respond' });
  }

  pass(): void {
    this.#shortfalls.pass();
    this.#outbox.push({ type: 'pass' });
  }

  interrupt(heard: readonly Heard[]): void {
    this.#replies.interrupt(heard, this.#events.lastReply);
    this.#wait();
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#attribution.withdraw(userId, turnIds);
    this.#outbox.withdraw(turnIds);
    this.#input.withdraw(turnIds, performance.now());
    if (!this.#input.isOpen && !this.#outbox.turnWaits) this.#replies.turnGone();
    this.#outbox.pump();
    this.#wait();
  }

  acknowledge(call: Acknowledged): boolean {
    const waits = this.#tools.acknowledge(call);
    this.#wait();
    return waits;
  }

  sendToolResult(result: ToolResult): void {
    if (!this.#replies.wants(result.callId)) return;
    if (this.#tools.isLater(result)) {
      this.#outbox.push({ type: 'later-result', result });
      return;
    }
    this.#tools.answer(result);
    this.#wait();
  }

  approve(): void {
    // The Live API runs no tools that would have to ask.
  }

  update(): void {
    // No model known here takes anything on while it runs (Capabilities.updates).
  }

  close(): void {
    this.#stop();
    this.#socket?.close();
    this.#events.end();
  }

  #carryOut(command: Command, now: number): void {
    this.#perform(command, now);
    this.#wait();
  }

  #perform(command: Command, now: number): void {
    switch (command.type) {
      case 'begin':
        this.#tools.input();
        this.#input.begin(command.turn, now);
        return;
      case 'audio':
        this.#input.sound(command.pcm);
        return;
      case 'end':
        this.#input.end(command.respond, now);
        return;
      case 'text':
        this.#write(command.turn, command.text);
        return;
      case 'later-result':
        this.#tools.answerLater(command.result);
        return;
      case 'respond':
        this.#respond();
        return;
      case 'pass':
        this.#replies.pass();
        return;
      default:
        command satisfies never;
    }
  }

  #respond(): void {
    this.#tools.sendBeside();
    if (!this.#deferred.isDue(this.#input.listens)) {
      this.#replies.respond();
      return;
    }
    const { turnIds } = this.#deferred;
    this.#sendActivity(this.#preface.labelled(TELL));
    this.#replies.promptedFor(turnIds);
  }

  #write(turn: Turn, text: string): void {
    this.#tools.input();
    const written = `${this.#preface.labelled(typedBy(turn))}\n${text}`;
    this.#replies.turnBegan();
    this.#sendActivity(written);
    this.#replies.turnEnded(turn.id, true, this.#manual && this.#outbox.turnWaits);
  }

  /** A whole turn in writing. Without automatic detection it needs marks (AutomaticActivityDetection.disabled). */
  #sendActivity(text: string): void {
    if (this.#manual) this.#send({ realtimeInput: { activityStart: {} } });
    this.#send({ realtimeInput: { text } });
    if (this.#manual) this.#send({ realtimeInput: { activityEnd: {} } });
  }

  #send(message: LiveClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** See ModelSocket.echo. Words that waited for it may be sorted then, and turns that waited for these be sent. */
  #echo(back: (now: number) => void): void {
    this.#socket?.echo(() => {
      back(performance.now());
      this.#outbox.pump();
    });
  }

  /** To be called after whatever may change what is waited for. */
  #wait(): void {
    clearTimeout(this.#patience);
    const { deadline } = this.#replies;
    if (this.#closed || deadline === undefined) return;
    const leftMs = Math.max(1, deadline - performance.now());
    this.#patience = setTimeout(() => {
      this.#replies.expire();
      this.#wait();
    }, leftMs);
  }

  /** It does not answer on this connection: whoever holds the session asks on another one. */
  #unanswered(): void {
    const { name } = this.#deps.target.service;
    const message = `${name} did not answer, though it was asked twice.`;
    this.#socket?.lose(new SessionLostError('no-answer', message, { retryable: true }));
  }

  #receive(message: LiveServerMessage | Readonly<Record<string, unknown>>): void {
    if (this.#closed) return;
    try {
      this.#inbox.handle(message as LiveServerMessage);
    } catch (error) {
      // A field is not what the protocol says. One message is not worth a session.
      this.#deps.log.debug({ fields: Object.keys(message), err: error }, 'malformed message dropped');
    }
    this.#wait();
    this.#outbox.pump();
    this.#renewWhenLost();
  }

  /** Once: nothing of this connection comes on the next one, so it is known again whose words come. */
  #renewWhenLost(): void {
    if (this.#renewing || !this.#attribution.isLost) return;
    this.#renewing = true;
    this.#deps.log.warn({}, 'whose words come is not known on this connection: it is replaced in a quiet moment');
    const livedMs = performance.now() - this.#since;
    this.#events.push({ type: 'going-away', timeLeftMs: Math.max(LOST_MS, LEAST_LIFE_MS - livedMs), ours: true });
  }

  /** What had an answer of nothing wants one still. */
  #reopen(): void {
    const unheard = this.#shortfalls.takeEmpty().map((replyId) => ({ replyId, items: [] }));
    if (unheard.length > 0) this.#replies.interrupt(unheard, undefined);
  }

  #emit(events: readonly SessionEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  #ended(error: SessionLostError): void {
    this.#stop();
    this.#deps.hooks.failed(error);
    this.#events.fail(error);
  }

  #stop(): void {
    this.#closed = true;
    this.#outbox.close();
    clearTimeout(this.#patience);
  }
}
