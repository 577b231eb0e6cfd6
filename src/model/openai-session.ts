import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { ConversationItem, RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
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
  UserId,
} from '../bridge/ports.ts';
import type { OpenAITraits } from './capabilities.ts';
import { speakerLabel, writerLabel } from './label.ts';
import type { McpServer } from './mcp-server.ts';
import { fatalProblem, type OpenAIProblem, openAILoss } from './openai-failures.ts';
import { OpenAIHosted } from './openai-hosted.ts';
import { callIn, expiryOf, type FinishedResponse, historyItem, IGNORED, idOf, outcomeOf } from './openai-messages.ts';
import { OpenAIReplies } from './openai-replies.ts';
import { openAISession } from './openai-setup.ts';
import { OpenAITurns } from './openai-turns.ts';
import { transcribedSeconds } from './openai-usage.ts';
import type { OpeningHooks } from './opening.ts';
import { toBase64 } from './pcm-base64.ts';
import type { Target } from './service.ts';
import { SessionEvents } from './session-events.ts';
import { type ModelLog, redacted, type Timing, Wire } from './wire.ts';

/** A commit of less than 100 ms is refused (input_audio_buffer_commit_empty). */
const COMMIT_MINIMUM = 2_400;
const SETUP_EVENT = 'parley-setup';
export interface OpenAISessionParts {
  readonly rt: OpenAIRealtimeWS;
  readonly target: Target;
  readonly traits: OpenAITraits;
  /** Hosted MCP servers that the options can name. */
  readonly mcpServers: readonly McpServer[];
  readonly options: SessionOptions;
  readonly history: readonly HistoryItem[];
  readonly log: ModelLog;
  readonly timing: Timing;
  readonly hooks: OpeningHooks;
}

/** One connection to the Realtime API. */
export class OpenAISession implements SpeechSession {
  readonly #parts: OpenAISessionParts;
  readonly #wire: Wire;
  readonly #events = new SessionEvents((error) => this.#lose(error));
  readonly #turns = new OpenAITurns();
  readonly #replies: OpenAIReplies;
  readonly #hosted: OpenAIHosted;
  #options: SessionOptions;
  #open: { readonly turn: Turn; samples: number; closedByServer: boolean } | undefined;
  #eventCount = 0;
  #expiresAt: number | undefined;
  #ready = false;

  constructor(parts: OpenAISessionParts) {
    const { rt, target, timing } = parts;
    this.#parts = parts;
    this.#options = parts.options;
    this.#replies = new OpenAIReplies({
      send: (event) => this.#send(event),
      emit: (event) => this.#events.push(event),
      mute: (replyId) => this.#events.mute(replyId),
    });
    this.#hosted = new OpenAIHosted({
      send: (event) => this.#send(event),
      emit: (event) => this.#events.push(event),
      acts: (replyId) => this.#replies.acts(replyId),
      owes: (replyId, turnIds) => this.#replies.hostedResult(replyId, turnIds),
    });
    this.#wire = new Wire({
      socket: rt.socket,
      provider: target.service.name,
      timing,
      classify: (end) => openAILoss(end, target),
      onLost: (error) => this.#ended(error),
    });
    rt.on('event', (event) => this.#receive(event));
    // Frames that are no JSON; server errors come as events too. Without a listener either would end the process.
    rt.on('error', (error) => {
      if (!error.error)
        parts.log.debug({ error: redacted(error.message, target.secrets) }, 'unreadable message dropped');
    });
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  beginTurn(turn: Turn): void {
    this.#open = { turn, samples: 0, closedByServer: false };
    this.#turns.began(turn);
    // Before every turn, not only when the speaker changes: an item cut or forgotten since would take the name along.
    this.#sendText('system', speakerLabel(turn));
  }

  appendAudio(pcm: Pcm): void {
    if (!this.#open || pcm.length === 0) return;
    this.#open.samples += pcm.length;
    this.#append(pcm);
  }

  endTurn(respond: boolean): void {
    const open = this.#open;
    this.#open = undefined;
    if (open) this.#close(open);
    if (respond) this.#replies.respond();
  }

  appendText(turn: Turn, text: string): void {
    this.#sendText('system', writerLabel(turn));
    this.#sendText('user', text);
    this.#replies.turnEnded(turn.id);
    this.#replies.respond();
  }

  respond(): void {
    this.#replies.respond();
  }

  interrupt(heard: readonly Heard[]): void {
    this.#replies.interrupt(heard);
  }

  withdraw(_userId: UserId, turnIds: readonly number[]): void {
    if (this.#open && turnIds.includes(this.#open.turn.id)) {
      this.#open = undefined;
      this.#send({ type: 'input_audio_buffer.clear', event_id: this.#eventId('clear') });
    }
    this.#replies.withdraw(turnIds);
    for (const itemId of this.#turns.withdraw(turnIds)) this.#delete(itemId);
  }

  acknowledge(call: Acknowledged): boolean {
    this.#replies.acknowledge(call);
    return true;
  }

  sendToolResult(result: ToolResult): void {
    this.#replies.toolResult(result);
  }

  approve(callId: string, approved: boolean, reason: string): void {
    this.#hosted.approve(callId, approved, reason);
  }

  update(options: SessionOptions): void {
    this.#options = options;
    this.#configure(this.#eventId('update'), !this.#replies.spoke);
  }

  close(): void {
    this.#hosted.close();
    this.#wire.close();
    this.#events.end();
  }

  #close({ turn, samples, closedByServer }: { turn: Turn; samples: number; closedByServer: boolean }): void {
    if (closedByServer && !this.#turns.speaking) {
      // What came after the server's own cut is silence; the next person's turn must not begin with it.
      this.#send({ type: 'input_audio_buffer.clear', event_id: this.#eventId('clear') });
      return;
    }
    // Nothing was said: there is nothing to commit, and nothing to answer.
    if (samples === 0) return;
    if (samples < COMMIT_MINIMUM) this.#append(new Int16Array(COMMIT_MINIMUM - samples));
    const eventId = this.#eventId('commit');
    this.#turns.committing(eventId, turn.id);
    this.#send({ type: 'input_audio_buffer.commit', event_id: eventId });
    this.#replies.turnEnded(turn.id);
  }

  #delete(itemId: string): void {
    this.#send({ type: 'conversation.item.delete', event_id: this.#eventId('withdraw'), item_id: itemId });
  }

  #append(pcm: Pcm): void {
    this.#turns.appended(pcm.length);
    // 50 times a second: written as text, this costs a fifth of JSON.stringify (0.19 µs against 1.04 µs, 20 ms frame).
    this.#wire.send(`{"type":"input_audio_buffer.append","audio":"${toBase64(pcm)}"}`);
  }

  #sendText(role: 'system' | 'user', text: string): void {
    const content = [{ type: 'input_text' as const, text }];
    const item = { type: 'message' as const, role, content } as ConversationItem;
    this.#send({ type: 'conversation.item.create', event_id: this.#eventId('text'), item });
  }

  #send(event: RealtimeClientEvent): void {
    this.#wire.send(JSON.stringify(event));
  }

  /** The settings are accepted; they are confirmed again whenever they change. */
  #begin(): void {
    if (this.#ready) return;
    this.#ready = true;
    for (const item of this.#parts.history) {
      const event_id = this.#eventId('history');
      this.#send({ type: 'conversation.item.create', event_id, item: historyItem(item) });
    }
    this.#parts.hooks.ready();
  }

  #configure(eventId: string, withVoice: boolean): void {
    const { traits, mcpServers } = this.#parts;
    const session = openAISession(this.#options, { traits, mcpServers, withVoice });
    this.#send({ type: 'session.update', event_id: eventId, session });
  }

  #eventId(kind: string): string {
    return `parley-${kind}-${++this.#eventCount}`;
  }

  #receive(event: RealtimeServerEvent): void {
    try {
      this.#take(event);
    } catch (error) {
      // A field is not what the protocol says. One message is not worth a session.
      this.#parts.log.debug({ type: event.type, error: String(error) }, 'malformed message dropped');
    }
  }

  #take(event: RealtimeServerEvent): void {
    switch (event.type) {
      case 'session.created':
        this.#expiresAt = expiryOf(event.session);
        this.#configure(SETUP_EVENT, true);
        return;
      case 'session.updated':
        this.#begin();
        return;
      case 'error':
        this.#refused(event.error);
        return;
      default:
        if (this.#hosted.take(event)) return;
        if (!this.#takeInput(event) && !this.#takeResponse(event) && !IGNORED.test(event.type)) {
          this.#parts.log.debug({ type: event.type }, 'unknown message of the provider');
        }
    }
  }

  /** Messages about what people say; false for any other. */
  #takeInput(event: RealtimeServerEvent): boolean {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#turns.speechStarted(event.item_id, event.audio_start_ms);
        return true;
      case 'input_audio_buffer.speech_stopped':
        this.#turns.speechStopped(event.item_id, event.audio_end_ms);
        return true;
      case 'input_audio_buffer.committed':
        this.#committed(event.item_id);
        return true;
      case 'conversation.item.input_audio_transcription.delta':
        this.#tell(this.#turns.transcriptDelta(event.item_id, event.delta ?? ''));
        return true;
      case 'conversation.item.input_audio_transcription.completed':
        this.#tell(this.#turns.transcriptDone(event.item_id, event.transcript));
        this.#transcribed(event.item_id, event.usage);
        return true;
      case 'conversation.item.input_audio_transcription.failed':
        this.#tell(this.#turns.transcriptDone(event.item_id));
        return true;
      default:
        return false;
    }
  }

  /** Messages about what the model says; false for any other. */
  #takeResponse(event: RealtimeServerEvent): boolean {
    const replies = this.#replies;
    switch (event.type) {
      case 'response.created':
        replies.created(idOf(event.response), event.response.metadata);
        return true;
      case 'response.output_item.added':
        if (event.item.type === 'message') replies.itemAdded(event.response_id, event.item.id ?? '');
        return true;
      case 'response.output_audio.delta':
        replies.audio(event.response_id, event.item_id, event.delta);
        return true;
      case 'response.output_audio_transcript.delta':
      case 'response.output_text.delta':
        replies.said(event.response_id, event.delta);
        return true;
      case 'response.output_item.done': {
        const call = callIn(event.item);
        if (call) replies.toolCall(event.response_id, call);
        return true;
      }
      case 'response.done':
        this.#responseDone(event.response);
        return true;
      default:
        return false;
    }
  }

  #committed(itemId: string): void {
    const { turnId, byServer, withdrawn } = this.#turns.committed(itemId);
    if (withdrawn) {
      this.#delete(itemId);
      return;
    }
    // Nobody writes it down: nobody is to wait for the words.
    const unwritten = this.#parts.traits.transcriber === null;
    this.#tell(unwritten ? this.#turns.transcriptDone(itemId) : this.#turns.earlyTranscript(itemId));
    if (!byServer || turnId === null) return;
    this.#replies.turnEnded(turnId);
    if (this.#open?.turn.id !== turnId) return;
    this.#open.closedByServer = true;
    this.#events.push({ type: 'turn-closed', turnId });
  }

  #transcribed(itemId: string, usage: unknown): void {
    const { turnId, seconds } = this.#turns.soundOf(itemId);
    const reported = transcribedSeconds(usage);
    const model = this.#parts.traits.transcriber;
    if (model === null) return;
    const billed = reported ?? { seconds, estimated: true };
    this.#events.push({ type: 'transcription-usage', turnId, model, ...billed });
  }

  #responseDone(response: FinishedResponse): void {
    const problem = response.status_details?.error;
    const fatal = problem && fatalProblem(problem, this.#parts.target);
    if (fatal) {
      this.#lose(fatal);
      return;
    }
    if (response.status === 'failed') {
      const reason = (problem as OpenAIProblem | undefined)?.message ?? problem?.code ?? 'no reason given';
      this.#tell({ type: 'refused', message: `The reply failed: ${redacted(reason, this.#parts.target.secrets)}` });
    }
    this.#replies.done(idOf(response), outcomeOf(response));
  }

  #refused(problem: OpenAIProblem): void {
    const { log, target } = this.#parts;
    const fatal = fatalProblem(problem, target);
    if (fatal) {
      this.#lose(fatal);
      return;
    }
    const message = redacted(problem.message ?? problem.code ?? 'no reason given', target.secrets);
    const eventId = problem.event_id ?? '';
    if (eventId === SETUP_EVENT) {
      const text = `${target.service.name} did not accept the session's settings (${message}).`;
      this.#lose(new SessionLostError('invalid-request', text, { retryable: false }));
      return;
    }
    const turnId = this.#turns.commitFailed(eventId);
    // Where the server drew the turn first, ours finds an empty buffer; the turn is in the conversation all the same.
    if (turnId !== undefined && this.#options.turnDetection === 'manual') this.#replies.turnVoid(turnId);
    const raced = problem.code === 'response_cancel_not_active' || turnId !== undefined;
    if (raced) log.debug({ code: problem.code }, 'the provider had been faster');
    this.#replies.createFailed(eventId, problem.code === 'conversation_already_has_active_response');
    if (!raced) this.#tell({ type: 'refused', message });
  }

  #tell(event: SessionEvent | undefined): void {
    if (event) this.#events.push(event);
  }

  #lose(error: SessionLostError): void {
    this.#wire.lose(error);
  }

  #ended(error: SessionLostError): void {
    this.#hosted.close();
    this.#parts.hooks.failed(error);
    this.#events.fail(error);
  }
}
