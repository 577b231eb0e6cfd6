import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { ConversationItem, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { HistoryItem, SessionOptions } from '../../ports/capabilities.ts';
import type { SessionLostError } from '../../ports/errors.ts';
import type { Heard, SessionEvent, SpeechSession } from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';
import { EventQueue } from '../connection/event-queue.ts';
import type { ModelLog, Timing } from '../connection/model-socket.ts';
import type { OpeningHooks } from '../connection/open-session.ts';
import { speakerLabel, typedBy } from '../connection/prompt-text.ts';
import type { Target } from '../connection/service.ts';
import type { OpenAITraits } from '../traits.ts';
import { COMMIT_MINIMUM, OpenAIConnection } from './connection.ts';
import { fatalProblem } from './failures.ts';
import { OpenAIHostedTools } from './hosted-tools.ts';
import { historyItem, userItem } from './items.ts';
import type { McpServer } from './mcp-server.ts';
import { callIn, type FinishedResponse, IGNORED, idOf, outcomeOf } from './messages.ts';
import { OpenAINotes } from './notes.ts';
import { OpenAIRefusals } from './refusals.ts';
import { OpenAIDeeds } from './replies/deeds.ts';
import { OpenAIReplies } from './replies/replies.ts';
import { noAnswer, shortfallOf } from './replies/shortfalls.ts';
import { OpenAIWords } from './replies/words.ts';
import { openAISession } from './setup.ts';
import { OpenAITurns } from './turns.ts';

/** A socket that begins to open, and what its session is to be. */
export interface OpenAISessionDeps {
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

interface OpenTurn {
  readonly turn: Turn;
  samples: number;
  /** The item that says whose turn it is, once it was sent. */
  labelId: string | undefined;
  closedByServer: boolean;
}

/** One connection to the Realtime API. */
export class OpenAISession implements SpeechSession {
  readonly #deps: OpenAISessionDeps;
  readonly #connection: OpenAIConnection;
  readonly #events = new EventQueue((error) => this.#lose(error));
  readonly #turns = new OpenAITurns();
  readonly #replies: OpenAIReplies;
  readonly #hosted: OpenAIHostedTools;
  readonly #words: OpenAIWords;
  readonly #deeds: OpenAIDeeds;
  readonly #notes: OpenAINotes;
  readonly #refusals: OpenAIRefusals;
  #options: SessionOptions;
  #open: OpenTurn | undefined;

  constructor(deps: OpenAISessionDeps) {
    const { target, timing } = deps;
    this.#deps = deps;
    this.#options = deps.options;
    this.#replies = new OpenAIReplies({
      send: (event) => this.#connection.send(event),
      emit: (event) => this.#events.push(event),
      mute: (replyId) => this.#events.mute(replyId),
      unanswered: () => this.#lose(this.#refusals.silence()),
      noAnswer: (empty) => noAnswer(empty, target, this.#refusals.complaint),
      patience: timing.replies,
    });
    this.#words = new OpenAIWords({
      turns: this.#turns,
      transcriber: deps.traits.transcriber,
      target,
      emit: (event) => this.#events.push(event),
      remove: (itemId) => this.#deeds.remove(itemId),
      cut: (turnId) => this.#cutByServer(turnId),
      patience: timing.words,
    });
    this.#deeds = new OpenAIDeeds({
      send: (event) => this.#connection.send(event),
      undone: () => this.#lose(this.#refusals.silence()),
      late: (what) => deps.log.warn({ what }, 'the provider has not confirmed it'),
      patience: timing.deeds,
    });
    this.#notes = new OpenAINotes((event) => this.#connection.send(event), this.#deeds);
    this.#refusals = new OpenAIRefusals({
      target,
      log: deps.log,
      replies: this.#replies,
      words: this.#words,
      deeds: this.#deeds,
      turns: this.#turns,
      opening: () => !this.#connection.isReady,
      manual: () => this.#options.turnDetection === 'manual',
      emit: (message) => this.#events.push({ type: 'refused', message }),
      lose: (error) => this.#lose(error),
    });
    this.#hosted = new OpenAIHostedTools({
      send: (event) => this.#connection.send(event),
      emit: (event) => this.#events.push(event),
      acts: (replyId) => this.#replies.acts(replyId),
      owes: (replyId, turnIds) => this.#replies.hostedResult(replyId, turnIds),
    });
    this.#connection = new OpenAIConnection({
      ...deps,
      setUp: (eventId) =>
        this.#connection.send({ type: 'session.update', event_id: eventId, session: this.#settings(true) }),
      begin: () => this.#begin(),
      configured: () => this.#deeds.configured(),
      refused: (problem) => this.#refusals.handle(problem),
      handle: (event) => this.#handle(event),
      ended: (error) => this.#ended(error),
    });
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  get expiresAt(): number | undefined {
    return this.#connection.expiresAt;
  }

  beginTurn(turn: Turn): void {
    this.#open = { turn, samples: 0, labelId: undefined, closedByServer: false };
    this.#turns.began(turn);
    // Where the server cuts the turns nobody knows when; else the name goes out with the commit.
    if (this.#options.turnDetection !== 'manual') this.#label(this.#open);
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
    for (const one of [typedBy(turn), text]) this.#sendItem(userItem(one));
    this.#replies.turnEnded(turn.id);
    this.#replies.respond();
  }

  respond(): void {
    this.#replies.respond();
  }

  pass(turnIds: readonly number[]): void {
    this.#replies.pass(turnIds);
  }

  interrupt(heard: readonly Heard[]): void {
    this.#replies.interrupt(heard);
  }

  withdraw(_userId: UserId, turnIds: readonly number[]): void {
    if (this.#open && turnIds.includes(this.#open.turn.id)) {
      this.#open = undefined;
      this.#connection.clear();
    }
    this.#replies.withdraw(turnIds);
    for (const itemId of this.#turns.withdraw(turnIds)) this.#deeds.remove(itemId);
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
    if (this.#connection.isReady) this.#notes.tell(options.notes);
    // From now on the server may cut the turn that is open.
    if (this.#open && this.#open.labelId === undefined && options.turnDetection !== 'manual') this.#label(this.#open);
    this.#deeds.configure(this.#settings(!this.#replies.spoke));
  }

  close(): void {
    this.#release();
    this.#connection.close();
    this.#events.end();
  }

  /** Before every turn, not only when the speaker changes: an item cut or forgotten since would take the name along. */
  #label(open: OpenTurn): void {
    open.labelId = this.#connection.itemId('label');
    this.#sendItem({ ...userItem(speakerLabel(open.turn)), id: open.labelId });
  }

  #close(open: OpenTurn): void {
    const { turn, samples, closedByServer } = open;
    if (closedByServer && !this.#turns.speaking) {
      // What came after the server's own cut is silence; the next person's turn must not begin with it.
      this.#connection.clear();
      return;
    }
    // Nothing was said: there is nothing to commit, and nothing to answer.
    if (samples === 0) return;
    if (samples < COMMIT_MINIMUM) this.#append(new Int16Array(COMMIT_MINIMUM - samples));
    // Next to its sound: the item of a reply that begins while somebody speaks is put between what was sent before.
    if (open.labelId === undefined) this.#label(open);
    const eventId = this.#connection.eventId('commit');
    this.#words.committing(eventId, turn.id, open.labelId);
    this.#connection.send({ type: 'input_audio_buffer.commit', event_id: eventId });
    this.#replies.turnEnded(turn.id);
  }

  #append(pcm: Pcm): void {
    this.#turns.appended(pcm.length);
    this.#connection.append(pcm);
  }

  #sendItem(item: ConversationItem, kind = 'text'): void {
    const eventId = this.#connection.eventId(kind);
    this.#connection.send({ type: 'conversation.item.create', event_id: eventId, item });
  }

  #begin(): void {
    this.#notes.tell(this.#options.notes);
    for (const item of this.#deps.history) this.#sendItem(historyItem(item), 'history');
    this.#deps.hooks.ready();
  }

  #settings(withVoice: boolean) {
    const { traits, mcpServers } = this.#deps;
    return openAISession(this.#options, { traits, mcpServers, withVoice });
  }

  #handle(event: RealtimeServerEvent): void {
    if ('response_id' in event && typeof event.response_id === 'string') this.#replies.alive(event.response_id);
    this.#followItem(event);
    if (this.#hosted.handle(event) || this.#deeds.handle(event) || this.#handleResponse(event)) return;
    if (!this.#words.handle(event) && !IGNORED.test(event.type)) this.#refusals.unknown(event);
  }

  /** Which items of a response have begun and ended, whatever is in them. */
  #followItem(event: RealtimeServerEvent): void {
    if (event.type === 'response.output_item.added') {
      this.#replies.itemAdded(event.response_id, event.item.id ?? '', event.item.type === 'message');
    } else if (event.type === 'response.output_item.done') {
      this.#replies.itemDone(event.response_id, event.item.id ?? '');
    }
  }

  /** Messages about what the model says; false for any other. */
  #handleResponse(event: RealtimeServerEvent): boolean {
    const replies = this.#replies;
    switch (event.type) {
      case 'response.created':
        replies.created(idOf(event.response), event.response.metadata);
        return true;
      case 'response.output_item.added':
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

  /** The server itself ended this turn. */
  #cutByServer(turnId: number): void {
    this.#replies.turnEnded(turnId);
    if (this.#open?.turn.id !== turnId) return;
    this.#open.closedByServer = true;
    this.#events.push({ type: 'turn-closed', turnId });
  }

  #responseDone(response: FinishedResponse): void {
    const problem = response.status_details?.error;
    const fatal = problem && fatalProblem(problem, this.#deps.target);
    if (fatal) {
      this.#lose(fatal);
      return;
    }
    const responseId = idOf(response);
    this.#replies.ending(responseId, response.metadata);
    // Calls whose own message was lost; those that came are known.
    for (const item of response.output ?? []) {
      const call = callIn(item);
      if (call) this.#replies.toolCall(responseId, call);
    }
    this.#replies.done(responseId, outcomeOf(response), (empty) => shortfallOf(response, empty, this.#deps.target));
  }

  #lose(error: SessionLostError): void {
    this.#connection.lose(error);
  }

  #release(): void {
    this.#hosted.close();
    this.#replies.close();
    this.#words.close();
    this.#deeds.close();
  }

  #ended(error: SessionLostError): void {
    this.#release();
    this.#deps.hooks.failed(error);
    this.#events.fail(error);
  }
}
