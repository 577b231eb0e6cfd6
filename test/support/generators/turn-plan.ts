import type { SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import fc from 'fast-check';
import type { Timing } from '../../../src/model/connection/model-socket.ts';
import type { Delivery } from '../../../src/ports/tool-calls.ts';
import type { Deed } from '../world/rights-ledger.ts';

/**
 * One thing that happens, `afterMs` after the one before began; `overBot`: not before the bot speaks, if it does soon.
 * Speech comes in chunks of 120 ms.
 */
export type Step = { readonly afterMs: number; readonly overBot: boolean; readonly who: number } & (
  | { readonly kind: 'speak'; readonly chunks: number; readonly pauseMs: number }
  | { readonly kind: 'ask' }
  | { readonly kind: 'leave' }
);

/** One answer of the model. `sayMs` 0: it says nothing. */
export interface PlannedReply {
  readonly delayMs: number;
  readonly sayMs: number;
  readonly calls: readonly { readonly does: Deed; readonly tookMs: number; readonly later: Delivery | null }[];
  readonly fails: boolean;
}

/** A conversation in which everything is decided but what the machine's clock does. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly replies: readonly PlannedReply[];
  readonly transcriptDelaysMs: readonly number[];
  readonly interruptionMs: number;
  /** Frames of 20 ms played per 4 ms of the test. */
  readonly playSpeed: number;
  readonly playbackClock: boolean;
  readonly turnDetection: 'manual' | 'server';
  /** How many pieces of sound still come after a reply was broken off, and how long the server needs for that. */
  readonly lateDeltas: number;
  readonly cancelMs: number;
  /** How long a message takes to the model, and back. */
  readonly delayMs: number;
  /** Whether a reply may be silence. */
  readonly silence: boolean;
  /** Several fields in one message, where the protocol allows it. */
  readonly bundle: boolean;
  readonly geminiModel: string;
  /** What else is wrong with the stand-in, and how long is waited for what it owes. */
  readonly arrange?: (server: SimulatedOpenAI | SimulatedGemini) => void;
  readonly timing?: Timing;
}

const when = {
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 250 })),
  overBot: fc.boolean(),
  who: fc.integer({ min: 0, max: 2 }),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('speak' as const),
      ...when,
      chunks: fc.integer({ min: 1, max: 5 }),
      pauseMs: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const), ...when }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), ...when }) },
);
const delay = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 }));
const call = fc.record({
  does: fc.constantFrom<Deed[]>('look', 'look', 'post', 'lock', 'shut'),
  tookMs: delay,
  later: fc.constantFrom(null, null, null, 'interrupt' as const, 'when-idle' as const, 'silent' as const),
});
/** Generates plans; `silence`: the model may answer with nothing. */
export const planOf = (turnDetection: Plan['turnDetection'], silence: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    steps: fc.array(step, { minLength: 2, maxLength: 9 }),
    replies: fc.array(
      fc.record({
        delayMs: delay,
        sayMs: fc.oneof(
          { weight: 1, arbitrary: fc.constant(0) },
          { weight: 5, arbitrary: fc.integer({ min: 20, max: 1_500 }) },
        ),
        calls: fc.oneof(fc.constant([]), fc.array(call, { maxLength: 3 })),
        fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    transcriptDelaysMs: fc.array(delay, { minLength: 1, maxLength: 4 }),
    interruptionMs: fc.constantFrom(120, 120, 0),
    playSpeed: fc.integer({ min: 1, max: 3 }),
    playbackClock: fc.boolean(),
    turnDetection: fc.constant(turnDetection),
    silence: fc.constant(silence),
    lateDeltas: fc.integer({ min: 0, max: 2 }),
    cancelMs: fc.integer({ min: 0, max: 60 }),
    delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 80 })),
    bundle: fc.boolean(),
    geminiModel: fc.constantFrom('gemini-3.8-live', 'gemini-3.8-live', 'gemini-3.1-flash-live-preview'),
  });

/** What befalls the connection, `atMs` after the beginning. */
export interface Trouble {
  readonly atMs: number;
  readonly kind: 'drop' | 'failure' | 'going-away' | 'switch';
}

export const troubles: fc.Arbitrary<Trouble[]> = fc.array(
  fc.record({
    atMs: fc.integer({ min: 0, max: 1_500 }),
    kind: fc.constantFrom(
      'drop' as const,
      'drop' as const,
      'failure' as const,
      'going-away' as const,
      'switch' as const,
    ),
  }),
  { minLength: 1, maxLength: 4 },
);
