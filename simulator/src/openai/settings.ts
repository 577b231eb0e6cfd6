import { invalidRequest, type ProtocolError, type SessionUpdate } from './events.ts';

/** The `session` object as the server reports it, with every field filled in. */
export interface SessionSettings {
  readonly type: 'realtime';
  readonly object: 'realtime.session';
  readonly id: string;
  readonly model: string;
  readonly output_modalities: readonly ('text' | 'audio')[];
  readonly instructions: string;
  readonly tools: NonNullable<SessionUpdate['tools']>;
  /** Seconds since 1970, unless a test wants something else. */
  readonly expires_at: unknown;
  readonly max_output_tokens: number | 'inf';
  readonly audio: {
    readonly input: {
      readonly format: object;
      readonly transcription: object | null;
      readonly noise_reduction: object | null;
      readonly turn_detection: TurnDetectionSettings | null;
    };
    readonly output: { readonly format: object; readonly voice: unknown; readonly speed: number };
  };
  readonly [other: string]: unknown;
}

export interface TurnDetectionSettings {
  readonly type: 'server_vad' | 'semantic_vad';
  readonly silence_duration_ms?: number;
  readonly prefix_padding_ms?: number;
  readonly eagerness?: 'low' | 'medium' | 'high' | 'auto';
  readonly create_response: boolean;
  readonly interrupt_response: boolean;
}

const SERVER_VAD = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 200,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
} as const;
const SEMANTIC_VAD = {
  type: 'semantic_vad',
  eagerness: 'auto',
  create_response: true,
  interrupt_response: true,
} as const;

/** What a session begins with; the values stand in real recordings of 2026. */
export function defaultSettings(model: string, id: string, expiresAt: unknown): SessionSettings {
  return {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    output_modalities: ['audio'],
    instructions: 'You are a helpful, witty, and friendly AI.',
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at: expiresAt,
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: SERVER_VAD,
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
    },
    include: null,
  };
}

/** The settings after a session.update: what it names is replaced, the rest stays. */
export function updated(settings: SessionSettings, change: SessionUpdate): SessionSettings {
  const { audio, ...rest } = change;
  const { transcription, turn_detection, ...input } = audio?.input ?? {};
  return {
    ...settings,
    ...rest,
    audio: {
      input: {
        ...settings.audio.input,
        ...input,
        transcription: transcription === undefined ? settings.audio.input.transcription : filled(transcription),
        turn_detection: turn_detection === undefined ? settings.audio.input.turn_detection : detection(turn_detection),
      },
      output: { ...settings.audio.output, ...audio?.output },
    },
  } as SessionSettings;
}

function filled(transcription: object | null): object | null {
  return transcription && { model: null, language: null, prompt: null, ...transcription };
}

function detection(change: { readonly type: string } | null): TurnDetectionSettings | null {
  if (!change) return null;
  return { ...(change.type === 'server_vad' ? SERVER_VAD : SEMANTIC_VAD), ...change } as TurnDetectionSettings;
}

/** How long it must be quiet until the turn ends. Semantic detection really judges the words; here eagerness is time. */
export function silenceMsOf(detection: TurnDetectionSettings): number {
  if (detection.type === 'server_vad') return detection.silence_duration_ms ?? SERVER_VAD.silence_duration_ms;
  return { low: 1_500, medium: 700, auto: 700, high: 350 }[detection.eagerness ?? 'auto'];
}

type Transcription = NonNullable<NonNullable<NonNullable<SessionUpdate['audio']>['input']>['transcription']>;

/** Which models are told what: the SDK's AudioTranscription. */
const LISTS = ['gpt-transcribe', 'gpt-live-transcribe'];
const DELAYS = ['gpt-realtime-whisper'];

/** Why the service does not take these settings of a transcription together. */
export function transcriptionFault(settings: Transcription | null | undefined): ProtocolError | undefined {
  const { model, languages, keywords, delay, prompt } = settings ?? {};
  const refused = (field: string) =>
    invalidRequest(
      'invalid_value',
      `'${field}' is not supported for the transcription model '${model}'.`,
      `session.audio.input.transcription.${field}`,
    );
  // Of a deployment's name nothing is known.
  if (model === undefined || !/^(gpt|whisper)-/.test(model)) return undefined;
  if (languages && !LISTS.includes(model)) return refused('languages');
  if (keywords && !LISTS.includes(model)) return refused('keywords');
  if (delay && !DELAYS.includes(model)) return refused('delay');
  return prompt && DELAYS.includes(model) ? refused('prompt') : undefined;
}

/** Voices of the service (VoiceIdsShared of its published description). */
const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar'];

/** Why the service does not take a voice: it knows no such name. Custom voices come as objects. */
export function voiceFault(voice: unknown): ProtocolError | undefined {
  if (typeof voice !== 'string' || VOICES.includes(voice)) return undefined;
  const known = VOICES.map((name) => `'${name}'`);
  const text = `Invalid value: '${voice}'. Supported values are: ${known.slice(0, -1).join(', ')}, and ${known.at(-1)}.`;
  return invalidRequest('invalid_value', text, 'session.audio.output.voice');
}
