import type { Wire } from '../shared/model-server.ts';
import { fromBase64 } from '../shared/script.ts';
import { SoundInput } from '../shared/sound-input.ts';
import { type Blob, InvalidPayload, type RealtimeInput, type Setup } from './messages.ts';

/** What listening needs of its session. */
export interface GeminiListeningContext {
  readonly wire: Wire;
  readonly config: Setup['realtimeInputConfig'];
  /** A person begins to speak. */
  began(): void;
  /** A text beside the sound of the open activity. */
  noted(text: string): void;
  /** A person's turn is complete: sound at sampleRate, or text. */
  ended(pcm: Int16Array, text: string): void;
}

const DEFAULT_RATE = 16_000;
const DEFAULT_SILENCE_MS = 500;
const DEFAULT_PADDING_MS = 20;
const KEPT_MS = 100;

/** The realtime input of a session: activities that the client marks, or that a detector finds. */
export class GeminiListening {
  readonly #context: GeminiListeningContext;
  readonly #manual: boolean;
  #input = new SoundInput(DEFAULT_RATE);
  /** Where the open activity begins, in samples. */
  #activity: { from: number } | undefined;

  constructor(context: GeminiListeningContext) {
    this.#context = context;
    this.#manual = context.config?.automaticActivityDetection?.disabled ?? false;
  }

  get sampleRate(): number {
    return this.#input.sampleRate;
  }

  /** Whether somebody speaks. */
  get active(): boolean {
    return this.#activity !== undefined;
  }

  /** Throws InvalidPayload for what the session's mode does not allow. */
  take(input: RealtimeInput): void {
    if (input.mediaChunks) {
      throw new InvalidPayload('realtime_input.media_chunks is deprecated. Use audio, video, or text instead.');
    }
    if (!this.#manual && (input.activityStart || input.activityEnd)) {
      const text = 'Explicit activity control is not supported when automatic activity detection is enabled.';
      throw new InvalidPayload(text);
    }
    if (input.activityStart) this.#start();
    if (input.audio) this.#takeAudio(input.audio);
    if (input.text !== undefined) this.#takeText(input.text);
    if (input.activityEnd) this.#end(this.#input.position);
    const stopped = input.audioStreamEnd && !this.#manual ? this.#input.stopSpeech() : undefined;
    if (stopped) this.#end(stopped.at);
  }

  #start(): void {
    if (this.#activity) throw new InvalidPayload('Request contains an invalid argument.');
    this.#input.clear();
    this.#begin(this.#input.position);
  }

  #begin(from: number): void {
    this.#activity = { from };
    this.#context.wire.tell({ type: 'turn-began' });
    this.#context.began();
  }

  #end(to: number): void {
    if (!this.#activity) throw new InvalidPayload('Request contains an invalid argument.');
    const pcm = this.#input.takeUntil(this.#activity.from, to);
    this.#activity = undefined;
    this.#context.ended(pcm, '');
  }

  #takeText(text: string): void {
    if (this.#activity) {
      this.#context.noted(text);
      return;
    }
    this.#context.began();
    this.#context.ended(new Int16Array(0), text);
  }

  #takeAudio(blob: Blob): void {
    const rate = Number(/^audio\/pcm;\s*rate=(\d+)$/.exec(blob.mimeType ?? '')?.[1]);
    const pcm = fromBase64(blob.data ?? '');
    if (!rate || !pcm) throw new InvalidPayload('Request contains an invalid argument.');
    if (rate !== this.#input.sampleRate) this.#input = new SoundInput(rate);
    this.#context.wire.tell({ type: 'audio', samples: pcm.length, pcm });
    // What comes outside an activity is nobody's turn.
    if (this.#manual && !this.#activity) return;
    this.#input.append(pcm);
    if (!this.#manual) this.#detect(pcm);
  }

  #detect(pcm: Int16Array): void {
    const detection = this.#context.config?.automaticActivityDetection;
    const padding = detection?.prefixPaddingMs ?? DEFAULT_PADDING_MS;
    for (const edge of this.#input.detect(pcm, detection?.silenceDurationMs ?? DEFAULT_SILENCE_MS)) {
      if (edge.type === 'stopped') this.#end(edge.at);
      else this.#begin(Math.max(0, edge.at - (padding * this.#input.sampleRate) / 1000));
    }
    if (!this.#activity) this.#input.keepLast(Math.max(KEPT_MS, padding));
  }
}
