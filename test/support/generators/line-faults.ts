import type { ScriptedReply, SimulatedGemini } from '@parley/simulator/models';
import fc from 'fast-check';

/** What befalls the messages of a conversation with Gemini, one after the other, again and again. */
export interface LineFaults {
  /** How much later each pong comes; null: none ever does. */
  readonly pongsMs: readonly number[] | null;
  readonly wordsMs: readonly number[];
  /** After how long the words of a turn come once more; null: they do not. */
  readonly againMs: readonly (number | null)[];
  /** Which ends of answers never come. */
  readonly lost: readonly ('generationComplete' | 'turnComplete' | null)[];
  readonly twice: readonly boolean[];
  /** What comes of an answer behind its end. */
  readonly late: readonly { readonly afterMs: number; readonly what: 'word' | 'sound' | 'call' | null }[];
}

/** `slowestMs`: of pongs and words. `lossy`: ends are lost, and things come twice and late. */
export const lineFaults = ({ slowestMs, lossy }: { slowestMs: number; lossy: boolean }): fc.Arbitrary<LineFaults> => {
  const delay = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: slowestMs }));
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 5 });
  const seldom = <T, N>(one: fc.Arbitrary<T>, none: N) =>
    lossy ? fc.oneof({ weight: 3, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: one }) : fc.constant(none);
  return fc.record({
    pongsMs: fc.option(some(delay), { freq: 3 }),
    wordsMs: some(delay),
    againMs: some(seldom(fc.integer({ min: 0, max: slowestMs }), null)),
    lost: some(seldom(fc.constantFrom('generationComplete' as const, 'turnComplete' as const), null)),
    twice: some(seldom(fc.constant(true), false)),
    late: some(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 1_000 }),
        what: seldom(fc.constantFrom('word' as const, 'sound' as const, 'call' as const), null),
      }),
    ),
  });
};

/** Gives one after the other, again and again. */
export function inTurn<T>(all: readonly T[]): () => T {
  let next = 0;
  return () => all[next++ % all.length] as T;
}

export function applyFaults(server: SimulatedGemini, faults: LineFaults): void {
  const pong = faults.pongsMs && inTurn(faults.pongsMs);
  server.faults.pongMs = pong ?? (() => Number.POSITIVE_INFINITY);
  const again = inTurn(faults.againMs);
  const lost = inTurn(faults.lost);
  Object.assign(server.whims, {
    wordsLateMs: inTurn(faults.wordsMs),
    wordsAgainMs: () => again() ?? undefined,
    loses: (end: string) => lost() === end,
    callsTwice: inTurn(faults.twice),
  });
}

/** What comes late of a reply, as planned; `call`: what it calls if it does. */
export function lateOf(
  { afterMs, what }: LineFaults['late'][number],
  call: () => NonNullable<ScriptedReply['calls']>[number],
): Pick<ScriptedReply, 'late'> {
  if (what === null) return {};
  if (what === 'word') return { late: { afterMs, word: ' indeed' } };
  if (what === 'sound') return { late: { afterMs, sound: new Int16Array(2_400).fill(1_000) } };
  return { late: { afterMs, calls: [call()] } };
}
