import assert from 'node:assert/strict';
import { it } from 'node:test';
import { faultsOf, typeThroughRestarts } from '../endurance/typing.ts';

it('everything typed while the process starts and stops is answered, or told of the restart', async () => {
  const result = await typeThroughRestarts({ lives: 2, typed: 8, seed: 7 });
  assert.deepEqual(faultsOf(result), []);
  assert.ok(result.typed.length >= 6, `only ${result.typed.length} were typed`);
});
