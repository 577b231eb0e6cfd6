import { setTimeout as wait } from 'node:timers/promises';
import type { ModelFaults, Wire } from '../shared/model-server.ts';
import { type Transcriber, wordsOf } from '../shared/script.ts';
import type { GeminiWhims } from './whims.ts';

/** A turn of a person, as the stand-in received it. */
export interface GeminiTurn {
  readonly session: number;
  readonly turn: number;
  readonly pcm: Int16Array;
  readonly sampleRate: number;
  /** What was written; '' for a spoken turn. */
  readonly text: string;
  /** Texts since the turn before and beside its sound. */
  readonly labels: readonly string[];
  /** What was given as its transcript; null until it was. */
  transcript: string | null;
}

/** The turns of people in one session: counted, logged, transcribed, answered or not. */
export class GeminiTurns {
  readonly #wire: Wire;
  readonly #faults: ModelFaults;
  readonly #whims: GeminiWhims;
  readonly #hear: Transcriber | undefined;
  readonly #log: GeminiTurn[];
  readonly #transcribes: boolean;
  #unanswered: GeminiTurn[] = [];
  #count: number;

  constructor(options: {
    readonly wire: Wire;
    readonly faults: ModelFaults;
    readonly whims: GeminiWhims;
    readonly hear: Transcriber | undefined;
    readonly log: GeminiTurn[];
    /** Whether the setup asked for transcripts of people. */
    readonly transcribes: boolean;
    /** Turns before this connection, where it resumes a session. */
    readonly before: number;
  }) {
    this.#wire = options.wire;
    this.#faults = options.faults;
    this.#whims = options.whims;
    this.#hear = options.hear;
    this.#log = options.log;
    this.#transcribes = options.transcribes;
    this.#count = options.before;
  }

  /** Number of the newest turn. */
  get count(): number {
    return this.#count;
  }

  add(fields: Pick<GeminiTurn, 'pcm' | 'sampleRate' | 'text' | 'labels'>): void {
    const turn: GeminiTurn = { session: this.#wire.number, turn: ++this.#count, ...fields, transcript: null };
    this.#unanswered.push(turn);
    this.#log.push(turn);
    if (this.#hear && turn.pcm.length > 0) void this.#listen(turn, this.#hear);
  }

  /** Takes what no reply has answered. */
  takeUnanswered(): GeminiTurn[] {
    return this.#unanswered.splice(0);
  }

  giveBack(turns: readonly GeminiTurn[]): void {
    this.#unanswered.unshift(...turns);
  }

  /** Gives spoken turns what the script says it heard, the newest last. */
  heard(turns: readonly GeminiTurn[], texts: string | readonly string[] | undefined, delayMs: number): void {
    if (texts === undefined || this.#hear) return;
    const all = typeof texts === 'string' ? [texts] : texts;
    const spoken = turns.filter(({ pcm }) => pcm.length > 0).slice(-all.length);
    for (const [i, turn] of spoken.entries()) void this.#transcribe(turn, all[i] ?? '', delayMs);
  }

  async #listen(turn: GeminiTurn, hear: Transcriber): Promise<void> {
    try {
      await this.#transcribe(turn, await hear({ ...turn, context: turn.labels.join('\n') }), 0);
    } catch {
      // A turn that cannot be transcribed gets no transcript: the protocol has no word for it.
    }
  }

  async #transcribe(turn: GeminiTurn, transcript: string, delayMs: number): Promise<void> {
    const late = delayMs + this.#faults.lateTranscriptMs + (this.#whims.wordsLateMs?.() ?? 0);
    const again = this.#whims.wordsAgainMs?.();
    const { signal } = this.#wire;
    try {
      if (late > 0) await wait(late, undefined, { signal });
      if (!this.#transcribes) return;
      this.#write(transcript);
      turn.transcript = transcript;
      if (again === undefined) return;
      await wait(again, undefined, { signal });
      this.#write(transcript);
    } catch {
      // The connection is gone.
    }
  }

  /** In pieces and without an end mark. */
  #write(transcript: string): void {
    for (const text of wordsOf(transcript)) this.#wire.send({ serverContent: { inputTranscription: { text } } });
  }
}
