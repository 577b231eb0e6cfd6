import '../support/process/fast-time.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type LineFaults, lineFaults } from '../support/generators/line-faults.ts';
import { type Plan, planOf } from '../support/generators/turn-plan.ts';
import { Conversation, type Protocol } from '../support/generators/turn-plan-runner.ts';
import { usurped } from '../support/generators/usurped-rights.ts';

const SEED = Number(process.env.CONVERSATION_SEED ?? 20_261_130);
/** More of them on demand, for a longer search (npm run endurance -- conversations). */
const TIMES = Number(process.env.CONVERSATION_TIMES ?? 1);
const AT_ONCE = 12;
const UNEXPLAINED_MS = 30_000;

/** Instants at which this process had stood still: what came then was late, whatever the line did. */
const stalls: number[] = [];
const STALL_MS = 300;
let seenAt = performance.now();
setInterval(() => {
  if (performance.now() > seenAt + STALL_MS) stalls.push(performance.now());
  seenAt = performance.now();
}, STALL_MS / 10).unref();

interface Outcome {
  readonly failures: readonly string[];
  /** Of the conversations during which this process ran without a pause: lines, and those that are nobody's. */
  readonly finals: number;
  readonly nobodys: number;
  readonly calls: number;
}

/** Plays generated conversations over faulty lines, some at a time; gives what was wrong with each, and counts. */
async function playAll(protocol: Protocol, faults: fc.Arbitrary<LineFaults>, count: number): Promise<Outcome> {
  const cases = fc.sample(fc.tuple(planOf('manual', false), faults), { numRuns: Math.ceil(count * TIMES), seed: SEED });
  const failures: string[] = [];
  let finals = 0;
  let nobodys = 0;
  let calls = 0;
  let next = 0;
  const player = async () => {
    for (let index = next++; index < cases.length; index = next++) {
      const [plan, line] = cases[index] as [Plan, LineFaults];
      const from = performance.now();
      try {
        const one = await played(() => Conversation.play(protocol, plan, undefined, undefined, line));
        const told = one.of('turn-transcript').filter(({ final, text }) => final && !Conversation.typed(text));
        const calm = !stalls.some((at) => at > from);
        if (calm) finals += told.length;
        if (calm) nobodys += told.filter(({ turn }) => turn === null).length;
        calls += one.ledger.calls.length;
        const wrong = [...miscredited(one), ...usurped(one), ...unexplained(one)];
        if (wrong.length > 0) throw new Error(`${wrong.join('\n')}\n${one.story}`);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        failures.push(`conversation ${index} of seed ${SEED}: ${text}\n${JSON.stringify([plan, line])}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, player));
  return { failures, finals, nobodys, calls };
}

/** Once more where this process was so busy that not even the connection was made: time runs five times as fast. */
async function played(play: () => Promise<Conversation>): Promise<Conversation> {
  try {
    return await play();
  } catch (error) {
    if (!/did not answer within/.test(String(error))) throw error;
    return play();
  }
}

/** A line under the name of somebody who did not say every word of it. */
function miscredited(conversation: Conversation): string[] {
  return conversation.of('turn-transcript').flatMap(({ turn, text }) => {
    if (turn === null || Conversation.typed(text)) return [];
    const people = [...text.matchAll(/(\w+)#\d+/g)].map(([, person]) => person);
    return people.every((person) => person === turn.userId) ? [] : [`"${text}" was credited to ${turn.userId}`];
  });
}

/** A turn with neither an answer nor a word about it, half a minute after its end. */
function unexplained(conversation: Conversation): string[] {
  const { events, times } = conversation;
  return events.flatMap((event, i) => {
    if (event.type !== 'turn-ended') return [];
    const from = times[i] ?? 0;
    const answered = events.some((later, k) => {
      if ((times[k] ?? 0) > from + UNEXPLAINED_MS || k < i) return false;
      return (
        later.type === 'trouble' ||
        (later.type === 'reply-started' && later.turns.some(({ id }) => id === event.turn.id))
      );
    });
    return answered ? [] : [`turn ${event.turn.id} was neither answered nor explained`];
  });
}

const shown = ({ failures }: Outcome) => `${failures.length}:\n${failures.slice(0, 3).join('\n\n')}`;

describe('generated conversations over faulty lines', { concurrency: 2 }, () => {
  for (const protocol of ['gemini', 'vertex'] as const) {
    it(`name nobody wrongly on ${protocol}, whatever comes late, twice or never`, async (t) => {
      const outcome = await playAll(protocol, lineFaults({ slowestMs: 20_000, lossy: true }), 24);
      assert.equal(outcome.failures.length, 0, shown(outcome));
      t.diagnostic(`${outcome.finals} lines, ${outcome.nobodys} of nobody, ${outcome.calls} calls`);
      assert.ok(outcome.calls > 10, `only ${outcome.calls} calls`);
    });

    it(`leave at most 2 % of the lines to nobody on ${protocol}, where nothing is a second late`, async (t) => {
      const outcome = await playAll(protocol, lineFaults({ slowestMs: 900, lossy: false }), 16);
      assert.equal(outcome.failures.length, 0, shown(outcome));
      const { nobodys, finals } = outcome;
      t.diagnostic(`${finals} lines, ${nobodys} of nobody`);
      // A single line is more than 2 % of what a busy machine leaves.
      assert.ok(nobodys <= Math.max(1, finals * 0.02), `${nobodys} of ${finals}`);
    });
  }
});
