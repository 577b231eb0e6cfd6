import type { LiveClientMessage, LiveServerContent, LiveServerMessage, Part } from '@google/genai';
import { SessionLostError } from '../bridge/errors.ts';
import type {
  Acknowledged,
  Heard,
  HistoryItem,
  Pcm,
  SessionEvent,
  SessionOptions,
  SpeechSession,
  ToolResult,
  Turn,
} from '../bridge/ports.ts';
import type { GeminiTraits } from './capabilities.ts';
import { GeminiCalls } from './gemini-calls.ts';
import { geminiLoss } from './gemini-failures.ts';
import { GeminiGenerations } from './gemini-generations.ts';
import { GeminiHearing } from './gemini-hearing.ts';
import { GeminiLaterResults } from './gemini-later-results.ts';
import { milliseconds, unknownFields } from './gemini-messages.ts';
import { type Command, GeminiOutbox } from './gemini-outbox.ts';
import { GeminiServerWork } from './gemini-server-work.ts';
import { geminiConfig } from './gemini-setup.ts';
import { type GeminiEndpoint, openGeminiSocket } from './gemini-socket.ts';
import { geminiUsage } from './gemini-usage.ts';
import { acknowledgement, cutOffNote, speakerLabel, writerLabel } from './label.ts';
import type { OpeningHooks } from './opening.ts';
import { toBase64 } from './pcm-base64.ts';
import type { Target } from './service.ts';
import { SessionEvents } from './session-events.ts';
import { type ModelLog, type Timing, Wire } from './wire.ts';

/** After `interrupted`, turnComplete with the usage is next (recorded); nobody waits longer for it. */
const AFTER_INTERRUPTED_MS = 1_000;
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

/** The turn that is open; `samplesAtClose`: how much of its sound had been sent when the server closed it by itself. */
interface OpenTurn {
  readonly turn: Turn;
  samples: number;
  samplesAtClose: number;
  closedByServer: boolean;
}

/** One connection to the Live API. */
export class GeminiSession implements SpeechSession {
  readonly #parts: GeminiSessionParts;
  readonly #events = new SessionEvents((error) => this.#wire?.lose(error));
  readonly #hearing = new GeminiHearing();
  readonly #generations: GeminiGenerations;
  readonly #calls: GeminiCalls;
  readonly #manual: boolean;
  /** The provider runs tools beside the conversation by itself. */
  readonly #native: boolean;
  readonly #later = new GeminiLaterResults();
  /** It answers in writing. */
  readonly #writes: boolean;
  #wire: Wire | undefined;
  #closed = false;
  #accepted = false;
  readonly #outbox: GeminiOutbox;
  #open: OpenTurn | undefined;
  #givingUp: NodeJS.Timeout | undefined;

  constructor(parts: GeminiSessionParts) {
    this.#parts = parts;
    this.#manual = parts.options.turnDetection === 'manual';
    this.#native = parts.traits.capabilities.asyncTools === 'native';
    this.#writes = parts.options.replyForm === 'text' && parts.traits.capabilities.replyForms.includes('text');
    this.#generations = new GeminiGenerations({
      emit: (event) => this.#events.push(event),
      mute: (replyId) => this.#events.mute(replyId),
      nudge: () => this.#sendActivity(ASK_AGAIN),
    });
    this.#outbox = new GeminiOutbox({
      hearing: this.#hearing,
      carryOut: (command, now) => this.#carryOut(command, now),
      emit: (events) => this.#emit(events),
    });
    this.#calls = new GeminiCalls((message) => this.#send(message), { ids: !parts.endpoint.vertex });
    openGeminiSocket(parts.endpoint, geminiConfig(parts), {
      socket: (socket) => {
        this.#wire = new Wire({
          socket,
          provider: parts.target.service.name,
          timing: parts.timing,
          classify: (end) => geminiLoss(end, parts.target, this.#accepted),
          onLost: (error) => this.#ended(error),
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

  beginTurn(turn: Turn): void {
    if (this.#manual) this.#generations.turnBegan();
    this.#outbox.push({ type: 'begin', turn });
  }

  appendAudio(pcm: Pcm): void {
    if (pcm.length > 0) this.#outbox.push({ type: 'audio', pcm });
  }

  endTurn(respond: boolean): void {
    this.#outbox.push({ type: 'end', respond });
  }

  appendText(turn: Turn, text: string): void {
    this.#outbox.push({ type: 'text', turn, text });
  }

  respond(): void {
    this.#outbox.push({ type: 'respond' });
  }

  interrupt(heard: readonly Heard[]): void {
    this.#generations.interrupt(heard, this.#events.lastReply);
  }

  acknowledge({ callId, name, confirm }: Acknowledged): boolean {
    this.#generations.acknowledged(callId, this.#native);
    const now = performance.now();
    const sent = this.#native
      ? this.#calls.setBeside(callId)
      : this.#calls.answer({ callId, name, ok: true, output: acknowledgement(confirm) });
    for (const id of sent) this.#generations.resultSent(id, now);
    return !this.#native;
  }

  sendToolResult(result: ToolResult): void {
    if (!this.#generations.wants(result.callId)) return;
    if (result.delivery) {
      // Behind what people said before: it is a turn of its own, or goes with the next one.
      this.#outbox.push({ type: 'later-result', result });
      return;
    }
    for (const callId of this.#calls.answer(result)) this.#generations.resultSent(callId, performance.now());
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
    switch (command.type) {
      case 'begin':
        this.#begin(command.turn, now);
        return;
      case 'audio':
        this.#sound(command.pcm);
        return;
      case 'end':
        this.#end(command.respond, now);
        return;
      case 'text':
        this.#write(command.turn, command.text);
        return;
      case 'later-result':
        this.#takeLater(command.result, now);
        return;
      case 'respond':
        this.#respond(now);
        return;
      default:
        command satisfies never;
    }
  }

  /**
   * Natively: a function response with its scheduling. Otherwise in words, which the model takes as a turn of nobody's:
   * the call has its response already, and a second one closes the session.
   */
  #takeLater(result: ToolResult, now: number): void {
    const turnIds = this.#generations.takeLater(result.callId);
    if (!turnIds) return;
    if (!this.#native) {
      this.#later.add(result, turnIds);
      return;
    }
    if (!this.#calls.answerBeside(result)) return;
    this.#generations.told(turnIds);
    if (result.delivery !== 'silent') this.#generations.promptedFor(turnIds, now);
  }

  #respond(now: number): void {
    if (!this.#later.isDue(this.#listens)) {
      this.#generations.respond();
      return;
    }
    this.#generations.promptedFor(this.#later.turnIds, now);
    this.#sendActivity(this.#labelled(TELL));
  }

  /** Whether the label of a turn reaches the model. */
  get #listens(): boolean {
    return this.#manual || this.#parts.traits.laterContent;
  }

  #begin(turn: Turn, now: number): void {
    this.#open = { turn, samples: 0, samplesAtClose: 0, closedByServer: false };
    const label = this.#listens ? this.#labelled(speakerLabel(turn)) : '';
    if (this.#manual) {
      this.#generations.turnBegan();
      this.#send({ realtimeInput: { activityStart: {} } });
      // Inside the activity: outside of it a text is a turn of its own, and clientContent closes Gemini 3 sessions
      // (ai.google.dev/gemini-api/docs/live-api/capabilities; livekit/agents#5251, livekit/agents-js#1724).
      this.#send({ realtimeInput: { text: label } });
    } else if (this.#parts.traits.laterContent) {
      // With automatic detection a realtime text counts as activity and would be answered.
      const turns = [{ role: 'user', parts: [{ text: label }] }];
      this.#send({ clientContent: { turns, turnComplete: false } });
    }
    this.#hearing.began(turn, now);
  }

  #sound(pcm: Pcm): void {
    if (!this.#open) return;
    this.#open.samples += pcm.length;
    // As text, 50 times a second: JSON.stringify would cost five times as much.
    const data = toBase64(pcm);
    this.#wire?.send(`{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"${data}"}}}`);
  }

  #end(respond: boolean, now: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const { turn } = open;
    if (open.closedByServer) {
      this.#endTail(open, respond, now);
      return;
    }
    // Nothing was said in it: the server has nothing to answer, and nobody is to wait for that.
    if (!this.#manual && open.samples === 0) {
      this.#hearing.ended(turn.id, now);
      if (respond) this.#generations.respond();
      return;
    }
    this.#hearing.ended(turn.id, now);
    this.#generations.turnEnded(turn.id, respond, this.#manual && this.#outbox.turnWaits, now);
    this.#send({ realtimeInput: this.#manual ? { activityEnd: {} } : { audioStreamEnd: true } });
  }

  /**
   * The server closed the turn, and the person went on for a little: without a mark of its end that sound would become
   * one turn with the next person's.
   */
  #endTail({ turn, samples, samplesAtClose }: OpenTurn, respond: boolean, now: number): void {
    if (samples === samplesAtClose) return;
    this.#hearing.ended(turn.id, now);
    this.#generations.turnEnded(turn.id, respond, false, now);
    this.#send({ realtimeInput: { audioStreamEnd: true } });
  }

  #write(turn: Turn, text: string): void {
    const written = `${this.#labelled(writerLabel(turn))}\n${text}`;
    this.#generations.turnBegan();
    this.#generations.turnEnded(turn.id, true, this.#manual && this.#outbox.turnWaits, performance.now());
    this.#sendActivity(written);
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
    return [...cutOff, ...this.#later.takeTexts(), label].join('\n');
  }

  #send(message: LiveClientMessage): void {
    this.#wire?.send(JSON.stringify(message));
  }

  #receive(message: LiveServerMessage | Readonly<Record<string, unknown>>): void {
    if (this.#closed) return;
    try {
      this.#take(message as LiveServerMessage);
    } catch (error) {
      // A field is not what the protocol says. One message is not worth a session.
      this.#parts.log.debug({ fields: Object.keys(message), error: String(error) }, 'malformed message dropped');
    }
    this.#outbox.pump();
  }

  /** Several fields may come in one message. */
  #take(message: LiveServerMessage): void {
    if (message.setupComplete) {
      this.#accepted = true;
      this.#parts.hooks.ready();
    }
    const { usageMetadata: usage, serverContent: content, toolCall, toolCallCancellation, goAway } = message;
    if (usage) this.#generations.usage(geminiUsage(usage));
    if (content) this.#takeOutput(content);
    for (const call of toolCall?.functionCalls ?? []) {
      const also = this.#beforeOutput();
      const callId = this.#calls.called(call, toolCall?.functionCalls ?? []);
      const args = JSON.stringify(call.args ?? {});
      this.#generations.toolCall({ callId, name: call.name ?? '', arguments: args }, also);
    }
    const cancelled = toolCallCancellation?.ids ?? [];
    for (const callId of this.#calls.cancelled(cancelled)) this.#generations.resultSent(callId, performance.now());
    if (cancelled.length > 0) this.#generations.cancelled(cancelled);
    if (content) this.#takeEnds(content);
    const { resumable = false, newHandle = '' } = message.sessionResumptionUpdate ?? {};
    if (resumable && newHandle !== '') this.#events.push({ type: 'resumable', handle: newHandle });
    if (goAway) this.#events.push({ type: 'going-away', timeLeftMs: milliseconds(goAway.timeLeft) });
    const unknown = unknownFields(message);
    if (unknown.length > 0) this.#parts.log.debug({ fields: unknown }, 'unknown message of the provider');
  }

  #takeOutput(content: LiveServerContent): void {
    const { inputTranscription, modelTurn, outputTranscription } = content;
    if (inputTranscription) {
      const { text = '', finished = false } = inputTranscription;
      this.#emit(this.#hearing.heard(text, finished, performance.now()));
    }
    for (const part of modelTurn?.parts ?? []) {
      if (part.thought) this.#hearing.answered(performance.now());
      else this.#takePart(part);
    }
    if (outputTranscription?.text) this.#generations.said(outputTranscription.text, this.#beforeOutput());
    if (content.groundingMetadata || content.urlContextMetadata) this.#generations.grounded(content);
  }

  #takePart(part: Part): void {
    const work = GeminiServerWork.inPart(part);
    if (work) this.#generations.worked(work, this.#beforeOutput());
    // Sessions that speak may write beside it what nobody is to read: their words are the transcription.
    else if (part.text && this.#writes) this.#generations.said(part.text, this.#beforeOutput());
    else if (part.inlineData?.data && part.inlineData.mimeType?.startsWith('audio/')) {
      this.#generations.sound(part.inlineData.data, this.#beforeOutput());
    }
  }

  #takeEnds({ generationComplete, interrupted, turnComplete }: LiveServerContent): void {
    if (generationComplete) this.#generations.generated();
    if (interrupted) {
      this.#generations.interrupted();
      clearTimeout(this.#givingUp);
      this.#givingUp = setTimeout(() => this.#generations.giveUpWaiting(), AFTER_INTERRUPTED_MS);
    }
    if (!turnComplete) return;
    clearTimeout(this.#givingUp);
    if (this.#generations.completesUnasked) this.#closeByServer();
    this.#hearing.answered(performance.now());
    this.#generations.turnComplete(this.#asked());
  }

  /** Before anything that the model says. Gives the open turns that it may answer, though they have not ended. */
  #beforeOutput(): readonly number[] {
    if (this.#generations.beginsUnasked) this.#closeByServer();
    this.#hearing.answered(performance.now());
    return this.#asked();
  }

  /** Where the provider draws the turns, an answer that nothing else asked for shows that it closed this one. */
  #closeByServer(): void {
    const open = this.#open;
    if (this.#manual || !open || open.samples === 0 || open.closedByServer) return;
    open.closedByServer = true;
    open.samplesAtClose = open.samples;
    this.#hearing.ended(open.turn.id, performance.now());
    this.#events.push({ type: 'turn-closed', turnId: open.turn.id });
  }

  #asked(): readonly number[] {
    return !this.#manual && this.#open && this.#open.samples > 0 ? [this.#open.turn.id] : [];
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
    clearTimeout(this.#givingUp);
  }
}
