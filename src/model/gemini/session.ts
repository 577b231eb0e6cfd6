import {
  InteractionStatus,
  type LiveClientMessage,
  type LiveServerContent,
  type LiveServerMessage,
  type Part,
} from '@google/genai';
import type { HistoryItem, SessionOptions } from '../../ports/capabilities.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type { Heard, SessionEvent, SpeechSession } from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';
import { EventQueue } from '../connection/event-queue.ts';
import { type ModelLog, ModelSocket, type Timing } from '../connection/model-socket.ts';
import type { OpeningHooks } from '../connection/open-session.ts';
import { acknowledgement, cutOffNote, historyText, notesText, writerLabel } from '../connection/prompt-text.ts';
import type { Target } from '../connection/service.ts';
import type { GeminiTraits } from '../traits.ts';
import { GeminiCalls } from './calls/calls.ts';
import { GeminiDeferredResults } from './calls/deferred-results.ts';
import { GeminiLooseCalls } from './calls/loose-calls.ts';
import { GeminiErrors, geminiLoss } from './failures.ts';
import { milliseconds, unknownFields } from './messages.ts';
import { type Command, GeminiOutbox } from './outbox.ts';
import { GeminiProviderTools } from './provider-tools.ts';
import { GeminiReplies } from './replies/replies.ts';
import { GeminiShortfalls } from './replies/shortfalls.ts';
import { GeminiTranscriptAttribution } from './replies/transcript-attribution.ts';
import { geminiConfig } from './setup.ts';
import { type GeminiEndpoint, openGeminiSocket } from './socket.ts';
import { GeminiTurnInput } from './turn-input.ts';
import { geminiUsage } from './usage.ts';

/** goAway came a minute before the end where it was seen; where it does not say when, this is assumed. */
const SOON_MS = 60_000;
/** Until when a connection on which nobody knows whose words come has to be replaced; a quiet moment is waited for. */
const LOST_MS = 15_000;
/** An end within the first minute of a connection is not believed (see Rotation). */
const LEAST_LIFE_MS = 61_000;
const TELL = 'Tell people now what the tools brought.';
const ASK_AGAIN = 'Please answer now what was said and is not answered yet.';
export interface GeminiSessionParts {
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
  readonly #parts: GeminiSessionParts;
  readonly #events = new EventQueue((error) => this.#wire?.lose(error));
  readonly #hearing = new GeminiTranscriptAttribution((back) => this.#echo(back));
  readonly #generations: GeminiReplies;
  readonly #calls: GeminiCalls;
  readonly #manual: boolean;
  /** The provider runs tools beside the conversation by itself. */
  readonly #native: boolean;
  readonly #later = new GeminiDeferredResults();
  readonly #since = performance.now();
  readonly #shortfalls: GeminiShortfalls;
  readonly #errors: GeminiErrors;
  readonly #loose: GeminiLooseCalls;
  /** It answers in writing. */
  readonly #writes: boolean;
  #wire: ModelSocket | undefined;
  #closed = false;
  #accepted = false;
  #renewing = false;
  #keepsTold: boolean;
  /** Notes and what was said before, until the model is told of it as a part of what people say; '' once it is. */
  #before: string;
  readonly #outbox: GeminiOutbox;
  readonly #speaking: GeminiTurnInput;
  /** Until something that is waited for is not waited for any more. */
  #patience: NodeJS.Timeout | undefined;

  constructor(parts: GeminiSessionParts) {
    this.#parts = parts;
    this.#manual = parts.options.turnDetection === 'manual';
    this.#native = parts.traits.capabilities.asyncTools === 'native';
    this.#writes = parts.options.replyForm === 'text' && parts.traits.capabilities.replyForms.includes('text');
    this.#shortfalls = new GeminiShortfalls(parts.target.service.name);
    this.#errors = new GeminiErrors(parts.target, parts.log);
    this.#generations = new GeminiReplies({
      emit: (event) => this.#events.push(this.#shortfalls.judge(event)),
      mute: (replyId) => this.#events.mute(replyId),
      caughtUpTo: () => this.#wire?.caughtUpTo ?? Number.NEGATIVE_INFINITY,
      echo: (back) => this.#echo(back),
      nudge: () => this.#sendActivity(ASK_AGAIN),
      unanswered: () => this.#unanswered(),
      now: () => performance.now(),
    });
    this.#outbox = new GeminiOutbox({
      hearing: this.#hearing,
      carryOut: (command, now) => this.#carryOut(command, now),
      emit: (events) => this.#emit(events),
    });
    this.#speaking = new GeminiTurnInput({
      manual: this.#manual,
      laterContent: parts.traits.laterContent,
      hearing: this.#hearing,
      generations: this.#generations,
      labelled: (label) => this.#labelled(label),
      send: (message) => this.#send(message),
      proof: (back) => this.#wire?.proof(back),
      sendText: (json) => this.#wire?.send(json),
      turnWaits: () => this.#outbox.turnWaits,
      closed: (turnId) => this.#events.push({ type: 'turn-closed', turnId }),
    });
    this.#calls = new GeminiCalls((message) => this.#send(message), {
      ids: !parts.endpoint.vertex,
      sweeps: parts.traits.sweepsEmptyResults,
    });
    this.#loose = new GeminiLooseCalls(this.#calls, this.#generations, (text, callId) => {
      if (!this.#speaking.note(text)) this.#later.note(callId, text);
    });
    const before = [notesText(parts.options.notes), historyText(parts.history)]
      .filter((text) => text !== '')
      .join('\n\n');
    this.#before = this.#speaking.listens ? before : '';
    // Only where no text reaches the model but the instructions.
    const told = this.#speaking.listens ? '' : before;
    this.#keepsTold = told === '';
    openGeminiSocket(parts.endpoint, geminiConfig({ ...parts, told }), {
      socket: (socket) => {
        this.#wire = new ModelSocket({
          socket,
          provider: parts.target.service.name,
          timing: parts.timing,
          classify: (end) => geminiLoss(end, parts.target, this.#accepted),
          onLost: (error) => this.#ended(error),
          onSlowStart: () => parts.hooks.slow(),
        });
        if (this.#closed) this.#wire.close();
      },
      message: (message) => this.#receive(message),
      unreadable: () => parts.log.debug({}, 'unreadable message dropped'),
      failed: () => {
        const { name, addressVariable, credentials } = parts.target.service;
        const text = `The connection to ${name} could not be opened: check ${addressVariable} and ${credentials}.`;
        if (!this.#wire) this.#ended(new SessionLostError('invalid-request', text, { retryable: false }));
      },
    });
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  get keepsTold(): boolean {
    return this.#keepsTold && this.#before === '';
  }

  beginTurn(turn: Turn): void {
    if (this.#manual) this.#generations.turnBegan();
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
    this.#generations.interrupt(heard, this.#events.lastReply);
    this.#wait();
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#hearing.withdraw(userId, turnIds);
    this.#outbox.withdraw(turnIds);
    this.#speaking.withdraw(turnIds, performance.now());
    if (!this.#speaking.isOpen && !this.#outbox.turnWaits) this.#generations.turnGone();
    this.#outbox.pump();
    this.#wait();
  }

  acknowledge({ callId, name, confirm }: Acknowledged): boolean {
    const beside = this.#native && this.#isBeside(name);
    this.#generations.acknowledged(callId, beside);
    const sent = beside
      ? this.#calls.setBeside(callId)
      : this.#calls.answer({ callId, name, ok: true, output: acknowledgement(confirm) });
    for (const id of sent) this.#generations.resultSent(id);
    this.#wait();
    return !beside;
  }

  /** It was declared as a tool that runs beside the conversation; for any other the server waits. */
  #isBeside(name: string): boolean {
    return this.#parts.options.tools.some((tool) => tool.name === name && tool.delivery !== undefined);
  }

  sendToolResult(result: ToolResult): void {
    if (!this.#generations.wants(result.callId)) return;
    if (result.delivery || this.#loose.has(result.callId)) {
      // Behind what people said before: it is a turn of its own, or goes with the next one.
      this.#outbox.push({ type: 'later-result', result });
      return;
    }
    for (const callId of this.#calls.answer(result)) this.#generations.resultSent(callId);
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
    this.#wire?.close();
    this.#events.end();
  }

  #carryOut(command: Command, now: number): void {
    this.#perform(command, now);
    this.#wait();
  }

  #perform(command: Command, now: number): void {
    switch (command.type) {
      case 'begin':
        this.#loose.input();
        this.#speaking.begin(command.turn, now);
        return;
      case 'audio':
        this.#speaking.sound(command.pcm);
        return;
      case 'end':
        this.#speaking.end(command.respond, now);
        return;
      case 'text':
        this.#write(command.turn, command.text);
        return;
      case 'later-result':
        this.#takeLater(command.result);
        return;
      case 'respond':
        this.#respond();
        return;
      case 'pass':
        this.#generations.pass();
        return;
      default:
        command satisfies never;
    }
  }

  /**
   * Natively: a function response with its scheduling. Otherwise in words, which the model takes as a turn of nobody's:
   * the call has its response already, and a second one closes the session.
   */
  #takeLater(result: ToolResult): void {
    const turnIds = this.#generations.takeLater(result.callId);
    if (!turnIds) return;
    if (this.#loose.delete(result.callId) || !this.#calls.answerBeside(result, turnIds)) {
      this.#later.add(result, turnIds);
      return;
    }
    // Any other waits for the request that is to follow.
    if (result.delivery === 'silent') this.#generations.told(turnIds);
  }

  #respond(): void {
    const told = this.#calls.sendBeside();
    if (told.length > 0) {
      this.#generations.told(told);
      this.#generations.promptedFor(told);
    }
    if (!this.#later.isDue(this.#speaking.listens)) {
      this.#generations.respond();
      return;
    }
    const { turnIds } = this.#later;
    this.#sendActivity(this.#labelled(TELL));
    this.#generations.promptedFor(turnIds);
  }

  #write(turn: Turn, text: string): void {
    this.#loose.input();
    const written = `${this.#labelled(writerLabel(turn))}\n${text}`;
    this.#generations.turnBegan();
    this.#sendActivity(written);
    this.#generations.turnEnded(turn.id, true, this.#manual && this.#outbox.turnWaits);
  }

  /** A whole turn in writing. Without automatic detection it needs marks (AutomaticActivityDetection.disabled). */
  #sendActivity(text: string): void {
    if (this.#manual) this.#send({ realtimeInput: { activityStart: {} } });
    this.#send({ realtimeInput: { text } });
    if (this.#manual) this.#send({ realtimeInput: { activityEnd: {} } });
  }

  /** The label, and what the model cannot know otherwise: what was heard of its last answer, and what tools brought. */
  #labelled(label: string): string {
    const heard = this.#generations.takeCutOff();
    const cutOff = heard === undefined ? [] : [cutOffNote(heard)];
    this.#generations.told(this.#later.turnIds);
    const before = this.#before === '' ? [] : [this.#before];
    this.#before = '';
    return [...before, ...cutOff, ...this.#later.takeTexts(), label].join('\n');
  }

  #send(message: LiveClientMessage): void {
    this.#wire?.send(JSON.stringify(message));
  }

  /** See ModelSocket.echo. Words that waited for it may be sorted then, and turns that waited for these be sent. */
  #echo(back: (now: number) => void): void {
    this.#wire?.echo(() => {
      back(performance.now());
      this.#outbox.pump();
    });
  }

  /** To be called after whatever may change what is waited for. */
  #wait(): void {
    clearTimeout(this.#patience);
    const { deadline } = this.#generations;
    if (this.#closed || deadline === undefined) return;
    const leftMs = Math.max(1, deadline - performance.now());
    this.#patience = setTimeout(() => {
      this.#generations.expire();
      this.#wait();
    }, leftMs);
  }

  /** It does not answer on this connection: whoever holds the session asks on another one. */
  #unanswered(): void {
    const { name } = this.#parts.target.service;
    const message = `${name} did not answer, though it was asked twice.`;
    this.#wire?.lose(new SessionLostError('no-answer', message, { retryable: true }));
  }

  #receive(message: LiveServerMessage | Readonly<Record<string, unknown>>): void {
    if (this.#closed) return;
    try {
      this.#take(message as LiveServerMessage);
    } catch (error) {
      // A field is not what the protocol says. One message is not worth a session.
      this.#parts.log.debug({ fields: Object.keys(message), err: error }, 'malformed message dropped');
    }
    this.#wait();
    this.#outbox.pump();
    this.#renewWhenLost();
  }

  /** Once: nothing of this connection comes on the next one, so it is known again whose words come. */
  #renewWhenLost(): void {
    if (this.#renewing || !this.#hearing.isLost) return;
    this.#renewing = true;
    this.#parts.log.warn({}, 'whose words come is not known on this connection: it is replaced in a quiet moment');
    const livedMs = performance.now() - this.#since;
    this.#events.push({ type: 'going-away', timeLeftMs: Math.max(LOST_MS, LEAST_LIFE_MS - livedMs) });
  }

  /** Several fields may come in one message. */
  #take(message: LiveServerMessage): void {
    if (message.setupComplete) {
      this.#accepted = true;
      this.#tellBefore();
      this.#parts.hooks.ready();
    }
    this.#shortfalls.noteReason(message);
    const loss = 'error' in message ? this.#errors.take(message.error, this.#accepted) : undefined;
    if (loss) this.#wire?.lose(loss);
    const { usageMetadata: usage, serverContent: content, toolCall, toolCallCancellation, goAway } = message;
    if (usage) this.#generations.usage(geminiUsage(usage));
    if (content) this.#takeOutput(content);
    for (const call of toolCall?.functionCalls ?? []) {
      const also = this.#beforeOutput();
      if (call.id !== undefined && this.#generations.knows(call.id)) continue;
      const callId = this.#calls.called(call, toolCall?.functionCalls ?? []);
      this.#loose.called(callId, call.name ?? '');
      const name = call.name ?? '';
      const args = JSON.stringify(call.args ?? {});
      this.#generations.toolCall({ callId, name, arguments: args }, also);
    }
    // With its answer broken off, the server waits for none of its calls (Vertex AI leaves ids out sometimes).
    const nameless = toolCallCancellation || content?.interrupted ? this.#calls.nameless : [];
    const cancelled = this.#loose.takenBack([...(toolCallCancellation?.ids ?? []), ...nameless]);
    for (const callId of this.#calls.cancelled(cancelled)) this.#generations.resultSent(callId);
    if (cancelled.length > 0) this.#generations.cancelled(cancelled);
    if (content) this.#takeEnds(content);
    const { resumable = false, newHandle = '' } = message.sessionResumptionUpdate ?? {};
    if (resumable && newHandle !== '') this.#events.push({ type: 'resumable', handle: newHandle });
    if (goAway) this.#events.push({ type: 'going-away', timeLeftMs: milliseconds(goAway.timeLeft) ?? SOON_MS });
    const unknown = unknownFields(message);
    if (unknown.length > 0) this.#parts.log.debug({ fields: unknown }, 'unknown message of the provider');
  }

  /**
   * With no more authority than what people say. The SDK drops historyConfig (googleapis/js-genai#1448), without which
   * Gemini 3.1 takes no clientContent: there it goes with the first label.
   */
  #tellBefore(): void {
    if (this.#before === '' || !this.#parts.traits.laterContent) return;
    const turns = [{ role: 'user', parts: [{ text: this.#before }] }];
    this.#before = '';
    this.#send({ clientContent: { turns, turnComplete: false } });
  }

  #takeOutput(content: LiveServerContent): void {
    const { inputTranscription, modelTurn, outputTranscription } = content;
    if (inputTranscription) {
      const { text = '', finished = false } = inputTranscription;
      this.#emit(this.#hearing.heard(text, finished, performance.now()));
    }
    for (const part of modelTurn?.parts ?? []) if (!part.thought) this.#takePart(part);
    if (outputTranscription?.text) this.#generations.said(outputTranscription.text, this.#beforeOutput());
    if (content.groundingMetadata || content.urlContextMetadata) this.#generations.grounded(content);
  }

  #takePart(part: Part): void {
    const work = GeminiProviderTools.inPart(part);
    if (work) this.#generations.worked(work, this.#beforeOutput());
    // Sessions that speak may write beside it what nobody is to read: their words are the transcription.
    else if (part.text && this.#writes) this.#generations.said(part.text, this.#beforeOutput());
    else if (part.inlineData?.data && part.inlineData.mimeType?.startsWith('audio/')) {
      this.#generations.sound(part.inlineData.data, this.#beforeOutput());
    }
  }

  #takeEnds(content: LiveServerContent): void {
    const { generationComplete, interrupted, turnComplete, interactionStatus } = content;
    if (generationComplete) this.#generations.generated();
    if (interrupted) this.#generations.interrupted();
    if (!turnComplete) return;
    if (this.#generations.completesUnasked) this.#speaking.closeByServer();
    this.#generations.turnComplete(this.#speaking.asked(), interactionStatus === InteractionStatus.IN_PROGRESS);
    this.#shortfalls.ended();
  }

  /** What had an answer of nothing wants one still. */
  #reopen(): void {
    const unheard = this.#shortfalls.takeEmpty().map((replyId) => ({ replyId, items: [] }));
    if (unheard.length > 0) this.#generations.interrupt(unheard, undefined);
  }

  /** Before anything that the model says. Gives the open turns that it may answer, though they have not ended. */
  #beforeOutput(): readonly number[] {
    if (this.#generations.beginsUnasked) this.#speaking.closeByServer();
    return this.#speaking.asked();
  }

  #emit(events: readonly SessionEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  #ended(error: SessionLostError): void {
    this.#stop();
    this.#parts.hooks.failed(error);
    this.#events.fail(error);
  }

  #stop(): void {
    this.#closed = true;
    this.#outbox.close();
    clearTimeout(this.#patience);
  }
}
