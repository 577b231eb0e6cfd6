import type { SessionEvent } from '../bridge/ports.ts';
import { GeminiServerWork } from './gemini-server-work.ts';
import { PcmDecoder } from './pcm-base64.ts';

/** One generation of the model, from its first output to turnComplete or interrupted. */
export interface Generation {
  readonly replyId: string;
  readonly turnIds: readonly number[];
  /** Those of them that the server may not have known of when it began. */
  readonly doubtful: readonly number[];
  /**
   * live: passed on. held: it answers turns that are to wait, so it is kept until somebody asks for it or speaks on.
   * dropped: nobody is to hear it.
   */
  mode: 'live' | 'held' | 'dropped';
  /** The bridge knows of it, so it has to learn of its end. */
  announced: boolean;
  readonly held: SessionEvent[];
  readonly decoder: PcmDecoder;
  readonly work: GeminiServerWork;
  samples: number;
  said: string;
  /** Calls that have neither result nor cancellation. */
  readonly waiting: Set<string>;
  calls: number;
  soundEnded: boolean;
  interrupted: boolean;
  over: boolean;
}

export interface GenerationOutlets {
  emit(event: SessionEvent): void;
  /** Nothing more of this reply is to be heard. */
  mute(replyId: string): void;
  /** See Wire. */
  caughtUpTo(): number;
  echo(back: (now: number) => void): void;
  /** Asks the model for an answer to what it did not answer yet. */
  nudge(): void;
}

const SAMPLES_PER_MS = 24;

export function newGeneration(
  replyId: string,
  turnIds: readonly number[],
  doubtful: readonly number[],
  mode: Generation['mode'],
): Generation {
  return {
    replyId,
    turnIds,
    doubtful,
    mode,
    announced: false,
    held: [],
    decoder: new PcmDecoder(),
    work: new GeminiServerWork(),
    samples: 0,
    said: '',
    waiting: new Set(),
    calls: 0,
    soundEnded: false,
    interrupted: false,
    over: false,
  };
}

/**
 * The part of the words that was heard, judged by the share of the sound; undefined where all or nothing was said. Words
 * without sound are posted when they are complete: cut off before, nobody has read them.
 */
export function heardPart({ samples, said }: Generation, heardMs: number): string | undefined {
  const producedMs = samples / SAMPLES_PER_MS;
  if (said === '') return undefined;
  if (samples === 0) return '';
  if (heardMs >= producedMs) return undefined;
  return said.slice(0, Math.round((said.length * heardMs) / producedMs));
}
