import type { ConversationItem, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { SessionEvent } from '../../../ports/model.ts';
import { Deadlines } from '../../connection/deadline.ts';
import { NOT_WRITTEN } from '../../connection/prompt-text.ts';
import type { Target } from '../../connection/service.ts';
import type { OpenAIProblem } from '../failures.ts';
import type { OpenAITurns } from '../turns.ts';
import { Unwritable } from '../unwritable.ts';
import { transcribedSeconds } from '../usage.ts';
import type { WordsPatience } from './patience.ts';

/** Whose turns the words are of, and where they go. */
export interface OpenAIWordsDeps {
  readonly turns: OpenAITurns;
  /** Writes down; null: nothing does. */
  readonly transcriber: string | null;
  readonly target: Target;
  emit(event: SessionEvent): void;
  /** Whoever said it took it back. */
  remove(itemId: string): void;
  /** The server itself ended this turn. */
  cut(turnId: number): void;
  readonly patience?: WordsPatience | undefined;
}

const PATIENCE: WordsPatience = { commitMs: 15_000, wordsMs: 30_000 };

/** What people said, as the server of one OpenAI session tells it: each turn gets its words once, or that there are none. */
export class OpenAIWords {
  readonly #deps: OpenAIWordsDeps;
  readonly #patience: WordsPatience;
  readonly #late = new Deadlines();
  readonly #unwritable: Unwritable;

  constructor(deps: OpenAIWordsDeps) {
    this.#deps = deps;
    this.#patience = deps.patience ?? PATIENCE;
    this.#unwritable = new Unwritable(deps.target, (event) => deps.emit(event));
  }

  /** The end of a turn was sent. */
  committing(eventId: string, turnId: number, labelId: string | undefined): void {
    this.#deps.turns.committing(eventId, turnId, labelId);
    this.#late.set(eventId, this.#patience.commitMs, () => {
      if (this.#deps.turns.commitLate(eventId) !== undefined) this.#missing(turnId);
    });
  }

  /** The server did not take this commit. Gives its turn; undefined for an unknown event. */
  commitFailed(eventId: string): number | undefined {
    this.#late.clear(eventId);
    return this.#deps.turns.commitFailed(eventId);
  }

  /** Messages about what people say; false for any other. */
  handle(event: RealtimeServerEvent): boolean {
    const { turns } = this.#deps;
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        turns.speechStarted(event.item_id, event.audio_start_ms);
        return true;
      case 'input_audio_buffer.speech_stopped':
        turns.speechStopped(event.item_id, event.audio_end_ms);
        return true;
      case 'input_audio_buffer.committed':
        this.#committed(event.item_id, event.previous_item_id);
        return true;
      case 'conversation.item.added':
      case 'conversation.item.done':
        this.#added(event.item, event.previous_item_id);
        return true;
      case 'conversation.item.input_audio_transcription.delta':
        this.#emit(turns.transcriptDelta(event.item_id, event.delta ?? ''));
        return true;
      case 'conversation.item.input_audio_transcription.completed':
        this.#completed(event.item_id, event.transcript, event.usage);
        return true;
      case 'conversation.item.input_audio_transcription.failed':
        this.#failed(event.item_id, event.error);
        return true;
      default:
        return false;
    }
  }

  close(): void {
    this.#late.close();
  }

  /** The confirmation may be lost; a person's item says the same. */
  #added(item: ConversationItem, previousItemId: string | null | undefined): void {
    const { id = '' } = item;
    const person = item.type === 'message' && item.role === 'user';
    if (person && this.#deps.turns.explains(id, previousItemId)) this.#committed(id, previousItemId);
  }

  #committed(itemId: string, previousItemId: string | null | undefined): void {
    const { turns, transcriber, remove, cut } = this.#deps;
    const committed = turns.committed(itemId, previousItemId);
    if (!committed) return;
    const { turnId, eventId, byServer, withdrawn } = committed;
    if (eventId !== undefined) this.#late.clear(eventId);
    if (withdrawn) {
      remove(itemId);
      return;
    }
    // Nobody writes it down: nobody is to wait for the words.
    if (transcriber === null) this.#emit(turns.transcriptDone(itemId));
    else this.#await(itemId);
    if (byServer && turnId !== null) cut(turnId);
  }

  #await(itemId: string): void {
    const { turns } = this.#deps;
    this.#emit(turns.earlyTranscript(itemId));
    if (!turns.isDone(itemId)) this.#late.set(itemId, this.#patience.wordsMs, () => this.#unwritten(itemId));
  }

  #completed(itemId: string, transcript: unknown, usage: unknown): void {
    const { turns, transcriber, emit } = this.#deps;
    if (typeof transcript !== 'string') throw new TypeError('a transcript that is no text');
    this.#late.clear(itemId);
    const known = turns.isDone(itemId);
    this.#emit(turns.transcriptDone(itemId, transcript));
    this.#unwritable.wrote();
    if (transcriber === null || known) return;
    const { turnId, seconds } = turns.soundOf(itemId);
    const billed = transcribedSeconds(usage) ?? { seconds, estimated: true };
    emit({ type: 'transcription-usage', turnId, model: transcriber, ...billed });
  }

  #failed(itemId: string, problem: OpenAIProblem | undefined): void {
    if (this.#deps.turns.isDone(itemId)) return;
    this.#late.clear(itemId);
    this.#unwritable.failed(problem ?? {});
    this.#unwritten(itemId);
  }

  /** No more words come of this item: what is known stands, and where there is nothing, that is said. */
  #unwritten(itemId: string): void {
    const event = this.#deps.turns.transcriptDone(itemId);
    if (event?.type !== 'turn-transcript' || event.turnId === null) return;
    if (event.final && event.text === '') this.#missing(event.turnId);
    else this.#emit(event);
  }

  #missing(turnId: number): void {
    this.#emit({ type: 'turn-transcript', turnId, text: NOT_WRITTEN, final: true, missing: true, itemIds: [] });
  }

  #emit(event: SessionEvent | undefined): void {
    if (event) this.#deps.emit(event);
  }
}
