import type { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeServerEvent, SessionUpdateEvent } from 'openai/resources/realtime/realtime';
import type { Provider, SessionOptions } from '../../../ports/capabilities.ts';
import type { SessionLostError } from '../../../ports/errors.ts';
import type { SessionEvent, SpeechSession } from '../../../ports/model.ts';
import type { Turn, UserId } from '../../../ports/voice.ts';
import { EventQueue } from '../../connection/event-queue.ts';
import { type ModelLog, repeated, type Timing } from '../../connection/model-socket.ts';
import type { OpeningHooks } from '../../connection/open-session.ts';
import { NOT_WRITTEN } from '../../connection/prompt-text.ts';
import type { Target } from '../../connection/service.ts';
import { COMMIT_MINIMUM, OpenAIConnection } from '../connection.ts';
import { fatalProblem, type OpenAIProblem, openingProblem } from '../failures.ts';
import { Unwritable } from '../unwritable.ts';
import { transcribedSeconds } from '../usage.ts';
import { TranscriptionItems } from './items.ts';
import { transcriberTraits } from './models.ts';
import { type SpokenTurn, TranscriptionOutbox } from './outbox.ts';

const RATE = 24_000;
/** Words that have not come by then after the end of a turn are asked for again. */
const LATE_MS = 20_000;
const TRIES = 3;
const ODD = 'the provider reports an unknown error';

/** A socket that begins to open, and which transcriber it leads to. */
export interface OpenAITranscriptionDeps {
  readonly rt: OpenAIRealtimeWS;
  readonly provider: Provider;
  readonly target: Target;
  /** On Azure a deployment. */
  readonly transcriber: string;
  readonly options: Pick<SessionOptions, 'language'>;
  readonly log: ModelLog;
  readonly timing: Timing;
  readonly hooks: OpeningHooks;
  /** How long words are waited for; only tests need another. */
  readonly lateMs?: number | undefined;
}

/**
 * One connection that only writes down: `?intent=transcription`, session.type `transcription`. Turns go one after the
 * other and are committed by us, so the k-th commit is the k-th item, and each item is one person's turn.
 */
export class OpenAITranscription implements SpeechSession {
  readonly #deps: OpenAITranscriptionDeps;
  readonly #connection: OpenAIConnection;
  readonly #events = new EventQueue((error) => this.#connection.lose(error));
  readonly #outbox: TranscriptionOutbox;
  readonly #items = new TranscriptionItems();
  readonly #unwritable: Unwritable;
  readonly #deadlines = new Map<SpokenTurn, NodeJS.Timeout>();
  #language: string | null;
  #open: SpokenTurn | undefined;
  #reconfigure = false;

  constructor(deps: OpenAITranscriptionDeps) {
    this.#deps = deps;
    this.#language = deps.options.language;
    this.#unwritable = new Unwritable(deps.target, (event) => this.#events.push(event));
    this.#outbox = new TranscriptionOutbox({
      rate: RATE,
      pace: transcriberTraits(deps.transcriber).pace,
      append: (pcm) => this.#connection.append(pcm),
      commit: (turn) => this.#commit(turn),
      discard: () => this.#connection.clear(),
      between: () => this.#configureIfDue(),
    });
    this.#connection = new OpenAIConnection({
      ...deps,
      setUp: (eventId) => this.#configure(eventId),
      begin: () => deps.hooks.ready(),
      configured: () => {},
      refused: (problem) => this.#refused(problem),
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
    this.#open = { turn, chunks: [], sent: 0, ended: false, tries: 0, done: false };
    this.#outbox.push(this.#open);
  }

  appendAudio(pcm: Int16Array): void {
    if (!this.#open || pcm.length === 0) return;
    this.#open.chunks.push(pcm);
    this.#outbox.pump();
  }

  endTurn(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    let missing = COMMIT_MINIMUM;
    for (const { length } of open.chunks) missing -= length;
    if (open.chunks.length > 0 && missing > 0) open.chunks.push(new Int16Array(missing));
    open.ended = true;
    this.#outbox.pump();
  }

  /** What is typed needs nobody to write it down. */
  appendText(): void {}

  respond(): void {}

  pass(): void {}

  interrupt(): void {}

  /** What was committed cannot be deleted here: its words are not told. */
  withdraw(_userId: UserId, turnIds: readonly number[]): void {
    if (this.#open && turnIds.includes(this.#open.turn.id)) this.#open = undefined;
    for (const turn of this.#items.awaited) {
      if (!turnIds.includes(turn.turn.id)) continue;
      turn.done = true;
      this.#evict(turn);
    }
    this.#outbox.withdraw(turnIds);
  }

  acknowledge(): boolean {
    return false;
  }

  sendToolResult(): void {}

  approve(): void {}

  update({ language }: SessionOptions): void {
    if (language === this.#language) return;
    this.#language = language;
    this.#reconfigure = true;
    // An update takes the sound that waits in the buffer out of the transcript: seen live.
    if (!this.#outbox.amid) this.#configureIfDue();
  }

  close(): void {
    this.#release();
    this.#connection.close();
    this.#events.end();
  }

  #commit(turn: SpokenTurn): void {
    // Nobody said anything.
    if (turn.chunks.length === 0) return;
    const eventId = this.#connection.eventId('commit');
    this.#items.committing(eventId, turn);
    this.#connection.send({ type: 'input_audio_buffer.commit', event_id: eventId });
    const timer = setTimeout(() => this.#unwritten(turn), this.#deps.lateMs ?? LATE_MS);
    this.#deadlines.set(turn, timer.unref());
  }

  #configureIfDue(): void {
    if (!this.#reconfigure) return;
    this.#reconfigure = false;
    this.#configure(this.#connection.eventId('update'));
  }

  /** developers.openai.com/api/docs/guides/realtime-transcription; turn_detection null: we draw the turns. */
  #configure(eventId: string): void {
    const { transcriber } = this.#deps;
    // ISO 639-1 only: the first part of the tag.
    const iso = this.#language?.split('-')[0]?.toLowerCase();
    const inList = transcriberTraits(transcriber).languageAs === 'languages';
    const language = iso ? (inList ? { languages: [iso] } : { language: iso }) : {};
    const session = {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: RATE },
          transcription: { model: transcriber, ...language },
          turn_detection: null,
        },
      },
    } as const satisfies SessionUpdateEvent['session'];
    this.#connection.send({ type: 'session.update', event_id: eventId, session });
  }

  #handle(event: RealtimeServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.committed':
        for (const id of this.#items.committed(event.item_id, event.previous_item_id)) this.#tellItem(id);
        return;
      case 'conversation.item.input_audio_transcription.delta':
        this.#items.heard(event.item_id, event.delta ?? '', false);
        this.#tellItem(event.item_id);
        return;
      case 'conversation.item.input_audio_transcription.completed':
        // Told twice, it is billed once.
        if (this.#items.isDone(event.item_id)) return;
        this.#bill(event.item_id, event.usage);
        this.#unwritable.wrote();
        this.#items.heard(event.item_id, wordsIn(event.transcript), true);
        this.#tellItem(event.item_id);
        return;
      case 'conversation.item.input_audio_transcription.failed': {
        this.#unwritable.failed(event.error ?? {});
        const turn = this.#items.turnOf(event.item_id);
        if (turn) this.#unwritten(turn);
        return;
      }
      default:
        if ('error' in event) this.#deps.log.warn({ type: event.type, said: this.#safe(event.error) }, ODD);
    }
  }

  /** Words of a turn, once it is known whose they are. */
  #tellItem(itemId: string): void {
    const turn = this.#items.turnOf(itemId);
    const words = this.#items.wordsOf(itemId);
    if (!turn || !words) return;
    if (words.done) this.#settle(turn, words.text, [itemId]);
    else this.#emit(turn, words.text, false, [itemId]);
  }

  #bill(itemId: string, usage: unknown): void {
    const { provider, transcriber: model } = this.#deps;
    const turn = this.#items.turnOf(itemId);
    let samples = 0;
    for (const { length } of turn?.chunks ?? []) samples += length;
    const billed = transcribedSeconds(usage) ?? { seconds: samples / RATE, estimated: true };
    this.#events.push({ type: 'transcription-usage', turnId: turn?.turn.id ?? null, model, provider, ...billed });
  }

  /** The server could not write it down, or says nothing: it gets it again, some times. */
  #unwritten(turn: SpokenTurn): void {
    if (turn.done) return;
    const said = this.#items.said(turn);
    this.#items.late(turn);
    turn.tries += 1;
    if (said !== '' || turn.tries >= TRIES) {
      if (said !== '') this.#settle(turn, said);
      else this.#giveUp(turn);
      return;
    }
    this.#deps.log.debug({ tries: turn.tries }, 'a turn was not written down; it is given again');
    this.#evict(turn);
    turn.sent = 0;
    this.#outbox.push(turn);
  }

  #settle(turn: SpokenTurn, text: string, itemIds: readonly string[] = []): void {
    this.#emit(turn, text, true, itemIds);
    turn.done = true;
    this.#evict(turn);
  }

  #giveUp(turn: SpokenTurn): void {
    const words = { text: NOT_WRITTEN, final: true, missing: true, itemIds: [] } as const;
    this.#events.push({ type: 'turn-transcript', turnId: turn.turn.id, ...words });
    turn.done = true;
    this.#evict(turn);
  }

  #emit({ turn, done }: SpokenTurn, text: string, final: boolean, itemIds: readonly string[]): void {
    // It was given twice, and the first one was only slow.
    if (done) return;
    this.#events.push({ type: 'turn-transcript', turnId: turn.id, text: text.trim(), final, itemIds });
  }

  #evict(turn: SpokenTurn): void {
    clearTimeout(this.#deadlines.get(turn));
    this.#deadlines.delete(turn);
    this.#items.evict(turn);
  }

  #refused(problem: OpenAIProblem): void {
    const { target } = this.#deps;
    const fatal = this.#connection.isReady ? fatalProblem(problem, target) : openingProblem(problem, target);
    if (fatal) {
      this.#connection.lose(fatal);
      return;
    }
    const message = repeated(problem.message ?? problem.code ?? 'no reason given', target.secrets);
    this.#events.push({ type: 'refused', message });
    const turn = this.#items.refused(problem.event_id ?? '');
    if (turn) this.#unwritten(turn);
  }

  #safe(error: unknown): string {
    return repeated(JSON.stringify(error) ?? '', this.#deps.target.secrets);
  }

  #release(): void {
    this.#outbox.close();
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
  }

  #ended(error: SessionLostError): void {
    this.#release();
    this.#deps.hooks.failed(error);
    this.#events.fail(error);
  }
}

function wordsIn(transcript: unknown): string {
  if (typeof transcript === 'string') return transcript;
  throw new TypeError('a transcript that is no text');
}
