import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { playRights } from '../endurance/rights-conversation.ts';
import { RightsWorld } from '../endurance/rights-world.ts';

const SEED = Number(process.env.CONVERSATION_SEED ?? 20_261_130);
/** Over both protocols; more and longer ones on demand (npm run endurance -- rights). */
const CONVERSATIONS = Number(process.env.RIGHTS_CONVERSATIONS ?? 6);
const STEPS = Number(process.env.RIGHTS_STEPS ?? 4);
const AT_ONCE = 8;

// Most of it is waiting.
describe('nothing is read, posted, said or known for anybody who has no right to it at that moment', {
  concurrency: 2,
}, () => {
  for (const [at, protocol] of (['openai', 'gemini'] as const).entries()) {
    test(protocol, async (context) => {
      const world = await RightsWorld.start(protocol);
      context.after(() => world.close());
      const seeds = Array.from({ length: Math.ceil(CONVERSATIONS / 2) }, (_, one) => SEED + 2 * one + at);
      const failures: string[] = [];
      const counts: Record<string, number> = {};
      const player = async (): Promise<void> => {
        for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
          const outcome = await playRights(world, seed, STEPS);
          for (const [what, count] of Object.entries(outcome.counts)) counts[what] = (counts[what] ?? 0) + count;
          if (outcome.problems.length > 0) failures.push(`conversation ${seed}: ${outcome.problems[0]}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, player));
      context.diagnostic(JSON.stringify(counts));
      assert.equal(failures.length, 0, `${failures.length} conversations:\n${failures.slice(0, 3).join('\n\n')}`);
      // Else nothing was shown.
      assert.ok((counts.told ?? 0) > 0 && (counts.find ?? 0) > 0);
    });
  }
});
