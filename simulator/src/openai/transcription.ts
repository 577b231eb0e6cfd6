import { setTimeout as wait } from 'node:timers/promises';
import { type ModelFaults, NOT_JSON, type Wire } from '../shared/model-server.ts';
import { fromBase64, type Transcriber } from '../shared/script.ts';
import { Conversation } from './conversation.ts';
import {
  invalidRequest,
  type ProtocolError,
  parseTranscriptionEvent,
  type TranscriptionEvent,
  type TranscriptionUpdate,
} from './events.ts';
import { sendFaulty, taken } from './faults.ts';
import { newId } from './ids.ts';
import { INPUT_RATE, OpenAIListening, type OpenAITurn } from './listening.ts';
import { type TurnDetectionSettings, transcriptionFault } from './settings.ts';

/** What the sessions of one server share. */
export interface TranscriptionSessionOptions {
  readonly hear: Transcriber;
  readonly faults: ModelFaults;
  readonly turns: OpenAITurn[];
  readonly sessionMs: number;
  /** How an instant in ms is told. */
  readonly expiresAt: (endsAtMs: number) => unknown;
  /** Models (or Azure deployments) that exist; default those of OpenAI. */
  readonly models?: readonly string[];
}

interface Input {
  readonly format: object;
  readonly transcription: object | null;
  readonly noise_reduction: object | null;
  readonly turn_detection: TurnDetectionSettings | null;
}

/** AudioTranscription.model of github.com/openai/openai-openapi. */
const MODELS = [
  'whisper-1',
  'gpt-transcribe',
  'gpt-live-transcribe',
  'gpt-4o-mini-transcribe',
  'gpt-4o-mini-transcribe-2025-12-15',
  'gpt-4o-transcribe',
  'gpt-4o-transcribe-diarize',
  'gpt-realtime-whisper',
];
/** They transcribe while the sound comes, know no turn detection (y0sif/whisrs#34), and lose sound that comes too fast. */
const STREAMING = ['gpt-live-transcribe', 'gpt-realtime-whisper'];
/** More than this many times real time was seen to be dropped without a word, by a client of gpt-live-transcribe. */
const FASTEST = 4;
/** What may come at once all the same: nobody has measured it, and a stalled process sends late what it has. */
const BURST_SECONDS = 4;
const SERVER_VAD = { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 } as const;

/** One connection with `?intent=transcription`: it hears and writes down, and answers nothing. */
export class OpenAITranscriptionSession {
  readonly id = newId('sess');
  readonly #options: TranscriptionSessionOptions;
  readonly #wire: Wire;
  readonly #listening: OpenAIListening;
  readonly #expiresAt: unknown;
  #input: Input;
  /** Sound that came and that real time has not caught up with. */
  #aheadSeconds = 0;
  #cameAt = performance.now();
  /** Of sound that came too fast and was dropped. */
  #droppedSeconds = 0;

  constructor(wire: Wire, options: TranscriptionSessionOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#expiresAt = options.expiresAt(Date.now() + options.sessionMs);
    this.#input = {
      format: { type: 'audio/pcm', rate: INPUT_RATE },
      transcription: null,
      noise_reduction: null,
      // Responses are no matter here, so the fields about them are not there either.
      turn_detection: SERVER_VAD as unknown as TurnDetectionSettings,
    };
    this.#listening = new OpenAIListening({
      wire,
      conversation: new Conversation(),
      faults: options.faults,
      hear: options.hear,
      turns: options.turns,
      settings: () => ({ audio: { input: this.#input } }),
      emit: (type, fields) => this.#emit(type, fields),
      interrupted: () => {},
      replyDue: () => {},
    });
    void this.#open();
  }

  get droppedSeconds(): number {
    return this.#droppedSeconds;
  }

  /** Takes one message of the client. */
  receive(raw: unknown): void {
    const { faults } = this.#options;
    if (faults.silentSetup) return;
    if (taken(faults.openai.ignore, String((raw as { type?: unknown } | null)?.type))) return;
    if (raw === NOT_JSON) {
      this.#fail(invalidRequest('invalid_json', 'We could not parse the JSON body of your event.'));
      return;
    }
    const given = (raw as { event_id?: unknown } | null)?.event_id;
    const parsed = parseTranscriptionEvent(raw);
    const error = 'error' in parsed ? parsed.error : this.#take(parsed.event);
    if (error) this.#fail(error, typeof given === 'string' ? given : null);
  }

  async #open(): Promise<void> {
    const { faults, sessionMs } = this.#options;
    try {
      if (faults.slowSetupMs > 0) await wait(faults.slowSetupMs, undefined, { signal: this.#wire.signal });
      if (faults.silentSetup) return;
      this.#emit('session.created', { session: this.#session });
      await wait(sessionMs, undefined, { signal: this.#wire.signal, ref: false });
      const text = 'Your session hit the maximum duration of 60 minutes.';
      this.#fail(invalidRequest('session_expired', text));
      this.#wire.close(1001, text);
    } catch {
      // The client left first.
    }
  }

  get #session(): object {
    const { id } = this;
    const kind = { type: 'transcription', object: 'realtime.transcription_session' };
    return { ...kind, id, expires_at: this.#expiresAt, audio: { input: this.#input }, include: null };
  }

  #take(event: TranscriptionEvent): ProtocolError | undefined {
    switch (event.type) {
      case 'session.update':
        return this.#update(event.session);
      case 'input_audio_buffer.append':
        return this.#append(event.audio);
      case 'input_audio_buffer.commit':
        return this.#listening.commit();
      case 'input_audio_buffer.clear':
        this.#listening.clear();
        return undefined;
      default:
        return event satisfies never;
    }
  }

  #update({ audio }: TranscriptionUpdate): ProtocolError | undefined {
    const change = audio?.input ?? {};
    const input = { ...this.#input, ...change } as Input;
    const model = (input.transcription as { model?: string } | null)?.model;
    if (model !== undefined && !(this.#options.models ?? MODELS).includes(model)) {
      const text = `The model \`${model}\` does not exist or you do not have access to it.`;
      return invalidRequest('model_not_found', text, 'session.audio.input.transcription.model');
    }
    const fault = transcriptionFault(input.transcription as Parameters<typeof transcriptionFault>[0]);
    if (fault) return fault;
    if (model !== undefined && STREAMING.includes(model) && input.turn_detection !== null) {
      const text = 'Turn detection is not supported for this transcription model.';
      return invalidRequest('invalid_value', text, 'session.audio.input.turn_detection');
    }
    const { opening } = this.#options.faults.openai;
    if (opening) {
      this.#fail(opening);
      return undefined;
    }
    this.#input = input;
    // An update while sound waits for its commit takes that sound out of the transcript, without a word: seen live.
    if (this.#listening.bufferedMs > 0) this.#listening.forget();
    this.#emit('session.updated', { session: this.#session });
    return undefined;
  }

  #append(audio: string): ProtocolError | undefined {
    const seconds = (fromBase64(audio)?.length ?? 0) / INPUT_RATE;
    const now = performance.now();
    this.#aheadSeconds = Math.max(0, this.#aheadSeconds - ((now - this.#cameAt) / 1000) * FASTEST);
    this.#cameAt = now;
    const model = (this.#input.transcription as { model?: string } | null)?.model ?? '';
    if (STREAMING.includes(model) && this.#aheadSeconds + seconds > BURST_SECONDS) {
      this.#droppedSeconds += seconds;
      return undefined;
    }
    this.#aheadSeconds += seconds;
    return this.#listening.append(audio);
  }

  #emit(type: string, fields: object): void {
    const event = { type, event_id: newId('event'), ...fields };
    sendFaulty(event, this.#options.faults.openai, (one) => this.#wire.send(one));
  }

  #fail(error: ProtocolError, eventId: string | null = null): void {
    const named = this.#options.faults.openai.namelessErrors ? null : eventId;
    this.#emit('error', { error: { ...error, event_id: named } });
  }
}
