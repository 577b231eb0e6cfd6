import assert from 'node:assert/strict';
import { faultsOf, typeThroughRestarts } from './typing.ts';

const LIVES = Number(process.env.TYPING_LIVES ?? 50);
const SEED = Number(process.env.TYPING_SEED ?? 1);
const TYPED_A_LIFE = 4;

export const name = `${LIVES} starts and stops under typing: everything is answered, or told of the restart`;

/** `TYPING_LIVES=5` makes it shorter, `TYPING_SEED` makes another one. */
export async function run(say: (line: string) => void): Promise<void> {
  const result = await typeThroughRestarts({ lives: LIVES, typed: LIVES * TYPED_A_LIFE, seed: SEED });
  const { typed, refused, lives, unready } = result;
  const count = (outcome: string) => typed.filter((one) => one.outcome === outcome).length;
  const latest = Math.max(...typed.map(({ lateMs }) => lateMs));
  say(`${lives} lives, ${unready} ended before the bot was ready`);
  say(`typed ${typed.length}: ${count('answered')} answered, ${count('told of the restart')} told of the restart`);
  say(`the latest answer ${(latest / 1_000).toFixed(1)} s after the bot was ready; lost: ${count('lost')}`);
  say(`${refused} more while no process was connected, which Discord itself refuses`);
  assert.ok(typed.length >= LIVES * TYPED_A_LIFE - 2, `only ${typed.length} were typed`);
  assert.deepEqual(faultsOf(result), []);
}
