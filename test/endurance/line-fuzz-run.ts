import assert from 'node:assert/strict';
import { fuzzLine } from '../support/generators/line-fuzz.ts';

export const name = '100,000 random and mutated datagrams and voice gateway messages through the real line';

const SEEDS = [1, 2, 3, 4, 5];
const DATAGRAMS = 12_000;
const MESSAGES = 8_000;

/** Throws AssertionError when somebody is not heard after it, or memory grew; what is thrown in the line ends the process. */
export async function run(say: (line: string) => void): Promise<void> {
  for (const seed of SEEDS) {
    const result = await fuzzLine({ datagrams: DATAGRAMS, messages: MESSAGES, seed: seed * 1_000 });
    say(`seed ${seed * 1_000}: ${JSON.stringify(result)}`);
    assert.ok(result.heardShare >= 0.95, 'the person was not heard again');
    assert.ok(result.grownBytes < 8 << 20, 'memory grew');
    assert.ok(result.counts.datagrams > DATAGRAMS * 0.7, 'too few datagrams arrived');
  }
}
