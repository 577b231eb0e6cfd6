import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults, Wire } from '../shared/model-server.ts';
import { fromBase64, type Transcriber, wordsOf } from '../shared/script.ts';
import { SoundInput, type SpeechEdge } from '../shared/sound-input.ts';
import { type Conversation, type Entry, snapshot } from './conversation.ts';
import { invalidRequest, type ProtocolError } from './events.ts';
import { newId } from './ids.ts';
import { type SessionSettings, silenceMsOf } from './settings.ts';

/** A committed turn of a person, as the stand-in received it. */
export interface OpenAITurn {
  readonly session: number;
  readonly turn: number;
  readonly itemId: string;
  /** 24 kHz; empty for a turn in writing. */
  readonly pcm: Int16Array;
  readonly text: string;
  /** System and user texts between the item before and this one. */
  readonly labels: readonly string[];
  /** What was given as its transcript; null until it was. */
  transcript: string | null;
}

/** What listening needs of its session. */
export interface ListeningContext {
  readonly wire: Wire;
  readonly conversation: Conversation;
  readonly faults: ModelFaults;
  readonly hear: Transcriber | undefined;
  readonly turns: OpenAITurn[];
  settings(): { readonly audio: { readonly input: SessionSettings['audio']['input'] } };
  emit(type: string, fields: object): void;
  /** The detector found that a person speaks while interrupt_response is on. */
  interrupted(): void;
  /** The detector closed a turn while create_response is on. */
  replyDue(): void;
}

/** Rate of what clients append. */
export const INPUT_RATE = 24_000;
const MIN_COMMIT_MS = 100;
const MAX_APPEND_BYTES = 15 * 1024 * 1024;
const DEFAULT_PADDING_MS = 300;

/** The input audio buffer of a session: what is appended, found to be speech, committed and transcribed. */
export class OpenAIListening {
  readonly #context: ListeningContext;
  readonly #input = new SoundInput(INPUT_RATE);
  #turns = 0;
  /** Where the speech of the detector's open turn began, and the id that its item will have. */
  #speech: { from: number; itemId: string } | undefined;

  constructor(context: ListeningContext) {
    this.#context = context;
  }

  /** Number of the newest turn. */
  get turnCount(): number {
    return this.#turns;
  }

  append(audio: string): ProtocolError | undefined {
    const pcm = fromBase64(audio);
    if (!pcm) return invalidRequest('invalid_value', 'Invalid audio: expected base64 of 16-bit samples.', 'audio');
    if (pcm.byteLength > MAX_APPEND_BYTES) {
      return invalidRequest('invalid_value', 'Audio must not exceed 15 MiB per event.', 'audio');
    }
    this.#input.append(pcm);
    this.#context.wire.tell({ type: 'audio', samples: pcm.length, pcm });
    const detection = this.#context.settings().audio.input.turn_detection;
    if (!detection) return undefined;
    for (const edge of this.#input.detect(pcm, silenceMsOf(detection))) this.#edge(edge);
    if (!this.#speech) this.#input.keepLast(detection.prefix_padding_ms ?? DEFAULT_PADDING_MS);
    return undefined;
  }

  /** Sound that waits for its commit. */
  get bufferedMs(): number {
    return this.#input.bufferedMs;
  }

  /** What waits is replaced by silence. */
  forget(): void {
    const ms = this.#input.bufferedMs;
    this.#input.clear();
    this.#input.append(new Int16Array((ms * INPUT_RATE) / 1000));
  }

  clear(): void {
    this.#input.clear();
    this.#speech = undefined;
    this.#context.emit('input_audio_buffer.cleared', {});
  }

  /** What a client's own commit does. */
  commit(): ProtocolError | undefined {
    const ms = this.#input.bufferedMs;
    if (ms < MIN_COMMIT_MS) {
      const text = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${ms.toFixed(2)}ms of audio.`;
      return invalidRequest('input_audio_buffer_commit_empty', text);
    }
    this.#commit(this.#input.take(), this.#speech?.itemId ?? newId('item'));
    this.#speech = undefined;
    return undefined;
  }

  /** Counts an item as a turn of a person and writes it into the log. */
  count(entry: Entry): void {
    entry.turn = ++this.#turns;
    this.#context.turns.push({
      session: this.#context.wire.number,
      turn: entry.turn,
      itemId: entry.id,
      pcm: entry.pcm ?? new Int16Array(0),
      text: entry.text ?? '',
      labels: this.#context.conversation.labelsBefore(entry.id),
      transcript: null,
    });
  }

  /** Sends the transcript of an item, where the session asked for transcripts. */
  async transcribe(entry: Entry, transcript: string, delayMs: number): Promise<void> {
    const { emit, faults, wire, turns } = this.#context;
    if (!this.#context.settings().audio.input.transcription) return;
    const late = delayMs + faults.lateTranscriptMs;
    try {
      if (late > 0) await wait(late, undefined, { signal: wire.signal });
    } catch {
      return;
    }
    const at = { item_id: entry.id, content_index: 0 };
    const prefix = 'conversation.item.input_audio_transcription';
    for (const delta of wordsOf(transcript)) emit(`${prefix}.delta`, { ...at, delta });
    const seconds = Math.ceil((entry.pcm?.length ?? 0) / INPUT_RATE);
    emit(`${prefix}.completed`, { ...at, transcript, usage: { type: 'duration', seconds } });
    if (entry.wire.content?.[0]) entry.wire.content[0].transcript = transcript;
    const logged = turns.find((turn) => turn.itemId === entry.id);
    if (logged) logged.transcript = transcript;
  }

  #edge(edge: SpeechEdge): void {
    const { settings, emit, interrupted, replyDue } = this.#context;
    const detection = settings().audio.input.turn_detection;
    if (!detection) return;
    if (edge.type === 'started') {
      const padding = ((detection.prefix_padding_ms ?? DEFAULT_PADDING_MS) * INPUT_RATE) / 1000;
      const from = Math.max(0, edge.at - padding);
      this.#speech = { from, itemId: newId('item') };
      emit('input_audio_buffer.speech_started', { audio_start_ms: msOf(from), item_id: this.#speech.itemId });
      this.#context.wire.tell({ type: 'turn-began' });
      if (detection.interrupt_response) interrupted();
      return;
    }
    const speech = this.#speech;
    if (!speech) return;
    this.#speech = undefined;
    emit('input_audio_buffer.speech_stopped', { audio_end_ms: msOf(edge.at), item_id: speech.itemId });
    this.#commit(this.#input.takeUntil(speech.from, edge.at), speech.itemId);
    if (detection.create_response) replyDue();
  }

  #commit(pcm: Int16Array, itemId: string): void {
    const { conversation, emit, wire, hear } = this.#context;
    const content = [{ type: 'input_audio', transcript: null }];
    const item = { id: itemId, type: 'message', status: 'completed', role: 'user', content };
    const entry: Entry = { id: itemId, kind: 'user-audio', wire: item, pcm, producedSamples: 0 };
    const previous_item_id = conversation.insert(entry);
    emit('input_audio_buffer.committed', { previous_item_id, item_id: itemId });
    emit('conversation.item.added', { previous_item_id, item: snapshot(entry) });
    emit('conversation.item.done', { previous_item_id, item: snapshot(entry) });
    wire.tell({ type: 'turn-ended' });
    this.count(entry);
    if (hear) void this.#hear(entry, hear);
  }

  async #hear(entry: Entry, hear: Transcriber): Promise<void> {
    const context = this.#context.conversation.labelsBefore(entry.id).join('\n');
    const pcm = entry.pcm ?? new Int16Array(0);
    const refusal = this.#context.faults.openai.transcription;
    if (refusal) {
      const at = { item_id: entry.id, content_index: 0 };
      this.#context.emit('conversation.item.input_audio_transcription.failed', { ...at, error: refusal });
      return;
    }
    try {
      const text = await hear({ turn: entry.turn ?? 0, pcm, text: '', context, sampleRate: INPUT_RATE });
      await this.transcribe(entry, text, 0);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#context.emit('conversation.item.input_audio_transcription.failed', {
        item_id: entry.id,
        content_index: 0,
        error: { type: 'transcription_error', code: 'audio_unintelligible', message: text },
      });
    }
  }
}

function msOf(samples: number): number {
  return Math.round((samples * 1000) / INPUT_RATE);
}
