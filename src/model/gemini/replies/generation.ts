import type { SessionEvent } from '../../../ports/model.ts';
import { PcmDecoder } from '../../connection/pcm-base64.ts';
import { GeminiProviderTools } from '../provider-tools.ts';

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
  readonly work: GeminiProviderTools;
  /** Nobody owed it: it came behind the end of an answer. */
  readonly trailing: boolean;
  /** When anything was last heard of it, and of its first sound. */
  lastAt: number;
  soundFrom: number;
  /** A turn ended while it was under way: what comes now may be the answer to that one. */
  superseded: boolean;
  /** A tool of the provider's worked for it. */
  works: boolean;
  samples: number;
  said: string;
  /** Calls that have neither result nor cancellation. */
  readonly waiting: Set<string>;
  calls: number;
  soundEnded: boolean;
  interrupted: boolean;
  over: boolean;
}

/** Where generations are told, and what is asked of the line. Instants in ms of performance.now(). */
export interface GenerationOutlets {
  emit(event: SessionEvent): void;
  /** Nothing more of this reply is to be heard. */
  mute(replyId: string): void;
  /** See ModelSocket. */
  caughtUpTo(): number;
  echo(back: (now: number) => void): void;
  /** Asks the model for an answer to what it did not answer yet. */
  nudge(): void;
  /** What is owed does not come, though it was asked for once more. */
  unanswered(): void;
  now(): number;
}

const SAMPLES_PER_MS = 24;

/** A generation that begins at `now`, with nothing said in it. `trailing`: nobody owed it. */
export function newGeneration(
  replyId: string,
  turnIds: readonly number[],
  doubtful: readonly number[],
  mode: Generation['mode'],
  now: number,
  trailing = false,
): Generation {
  return {
    replyId,
    turnIds,
    doubtful,
    mode,
    announced: false,
    held: [],
    decoder: new PcmDecoder(),
    work: new GeminiProviderTools(),
    trailing,
    lastAt: now,
    soundFrom: now,
    superseded: false,
    works: false,
    samples: 0,
    said: '',
    waiting: new Set(),
    calls: 0,
    soundEnded: false,
    interrupted: false,
    over: false,
  };
}

/** Ends that do not come are not waited for longer than this; `pause`: where nothing shows that it is at its end. */
const END_LIMITS_MS = { interrupted: 1_000, trailing: 2_000, soundEnded: 3_000, pause: 10_000 } as const;

/**
 * When an end of it is not waited for any more: behind the last sign of it, or behind the end of its sound if that was
 * played at once, for turnComplete waits for that (livekit/agents#6431); undefined: it waits for us.
 */
export function endLimit(generation: Generation): number | undefined {
  const { interrupted, trailing, soundEnded, waiting, lastAt } = generation;
  // As recorded, turnComplete with the usage is next.
  if (interrupted) return lastAt + END_LIMITS_MS.interrupted;
  if (waiting.size > 0) return undefined;
  const limitMs = END_LIMITS_MS[trailing ? 'trailing' : soundEnded ? 'soundEnded' : 'pause'];
  return playedOutAt(generation) + limitMs;
}

/** When its sound is over if it was played at once, or the last sign of it. */
export function playedOutAt({ lastAt, soundFrom, samples }: Generation): number {
  return Math.max(lastAt, soundFrom + samples / SAMPLES_PER_MS);
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
