// What the stand-in of a model answers. It does not understand speech: a script decides, turn by turn.

/** One thing a person said or wrote that the reply has to answer. `pcm` is empty for a turn in writing. */
export interface ScriptedTurn {
  /** 1 for the first turn of the session. */
  readonly turn: number;
  /** Mono, at ScriptInput.sampleRate. */
  readonly pcm: Int16Array;
  /** What was written in this turn; '' for a spoken one. */
  readonly text: string;
  /** Labels and system texts between the turn before and this one, one per line. */
  readonly context: string;
}

/** What a script gets to know when the model has to answer. */
export interface ScriptInput {
  /** Number of the newest turn, 1 for the first of the session; unchanged when a reply only follows tool results. */
  readonly turn: number;
  /** The sound of all unanswered turns, joined. Mono. */
  readonly pcm: Int16Array;
  /** 24000 with OpenAI, whatever the client declared with Gemini. */
  readonly sampleRate: number;
  /** What was written in all unanswered turns; '' for spoken ones. */
  readonly text: string;
  /** Labels and system texts since the last reply, one per line. */
  readonly context: string;
  /** The unanswered turns one by one, oldest first. */
  readonly unanswered: readonly ScriptedTurn[];
  readonly toolResults: readonly { readonly name: string; readonly callId: string; readonly output: string }[];
  readonly declaredTools: readonly string[];
  /** The session's instructions, or those of this one response. */
  readonly instructions: string;
  /** Aborted when the reply is cancelled or the connection closes. */
  readonly signal: AbortSignal;
}

export interface ScriptedReply {
  /**
   * What the model understood: the transcript of the newest unanswered turn, or of each of them, oldest first.
   * Not used for turns that the server's `hear` option has transcribed.
   */
  readonly heard?: string | readonly string[];
  /** What it says. `pcm`: 24 kHz mono; by default speechLike(text). */
  readonly say?: { readonly text: string; readonly pcm?: Int16Array };
  /** Gemini: a thought of the model, sent before anything else; nobody should hear or read it. */
  readonly thought?: string;
  /** Tools that it calls, after what it says. */
  readonly calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  /** Gemini: searches the web before it speaks. The session must have asked for the tool. */
  readonly search?: {
    readonly queries: readonly string[];
    readonly sources: readonly { readonly uri: string; readonly title: string }[];
  };
  /** Gemini: runs this code before it speaks. `failed`: `output` is what went wrong. */
  readonly code?: { readonly code: string; readonly output: string; readonly failed?: boolean };
  /** Gemini: reads these pages before it speaks. */
  readonly pages?: readonly { readonly url: string; readonly failed?: boolean }[];
  /** OpenAI: calls on hosted MCP servers, after what it says. `error`: why the call fails. */
  readonly hosted?: readonly {
    readonly server: string;
    readonly name: string;
    readonly arguments: unknown;
    readonly output?: string;
    readonly error?: string;
  }[];
  /** Gemini: what still comes of the reply, so long after its end (livekit/agents#7195, pipecat-ai/pipecat#4148). */
  readonly late?: {
    readonly afterMs: number;
    readonly word?: string;
    readonly sound?: Int16Array;
    readonly calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  };
  /** Thinking time before the first output. */
  readonly delayMs?: number;
  /** How long after the start of the reply `heard` is sent; by default at once, before the first output. */
  readonly transcriptDelayMs?: number;
  /** Speed at which sound is sent, as a multiple of real time. Default 4. */
  readonly speed?: number;
  /** Gemini with extended thinking: another reply to the same turns follows this one, for which the script is asked again. */
  readonly goesOn?: true;
  /** Answers nothing (Gemini: turnComplete without sound; OpenAI: a completed response without output). */
  readonly silent?: boolean;
}

/** Called for every reply that the model gives. May throw: the reply then fails as it does with the provider. */
export type Script = (input: ScriptInput) => ScriptedReply | Promise<ScriptedReply>;

/** Transcribes a spoken turn as soon as it is complete, whether or not it is answered. */
export type Transcriber = (turn: ScriptedTurn & { readonly sampleRate: number }) => string | Promise<string>;

/** Rate of everything that the stand-ins say. */
export const OUTPUT_RATE = 24_000;
const MS_PER_CHARACTER = 62;
const PITCH_SAMPLES = 190; // 126 Hz
const SYLLABLE_SAMPLES = 5_400; // 225 ms

/** A script that gives these replies one after the other, then the last one for ever. */
export function inOrder(replies: readonly ScriptedReply[]): Script {
  let next = 0;
  return () => replies[Math.min(next++, replies.length - 1)] ?? { silent: true };
}

/** How long a person takes to say the text. */
function spokenMs(text: string): number {
  return Math.max(300, Math.round(text.length * MS_PER_CHARACTER));
}

/** A humming with syllables, about as long as the text would take to say: 24 kHz mono, around −18 dBFS. */
export function speechLike(text: string): Int16Array {
  const period = Float64Array.from({ length: PITCH_SAMPLES }, (_, i) => {
    const phase = (2 * Math.PI * i) / PITCH_SAMPLES;
    return Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.5 * Math.sin(5 * phase) + 0.3 * Math.sin(9 * phase);
  });
  const pcm = new Int16Array(Math.round((spokenMs(text) * OUTPUT_RATE) / 1000));
  for (let i = 0; i < pcm.length; i++) {
    const syllable = 0.15 + 0.85 * Math.sin((Math.PI * (i % SYLLABLE_SAMPLES)) / SYLLABLE_SAMPLES);
    pcm[i] = Math.round(4_200 * syllable * (period[i % PITCH_SAMPLES] ?? 0));
  }
  return pcm;
}

/** The text in pieces as a model writes them: words with the space before them. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Samples as the wire carries them: base64 of signed 16-bit little endian. */
export function toBase64(pcm: Int16Array): string {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64');
}

/** Samples of base64 text; undefined where it is no base64 or no whole number of 16-bit samples. */
export function fromBase64(text: string): Int16Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  const expected = Math.floor((text.replace(/=+$/, '').length * 3) / 4);
  if (bytes.length !== expected || bytes.length % 2 !== 0) return undefined;
  const copy = new Uint8Array(bytes); // its own, aligned memory
  return new Int16Array(copy.buffer);
}

/** The chunks one after the other, in one array. */
export function joined(chunks: readonly Int16Array[]): Int16Array {
  const pcm = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    pcm.set(chunk, at);
    at += chunk.length;
  }
  return pcm;
}

/** The promise's value; throws the signal's reason as soon as it is aborted, whatever the promise does then. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
