// `npm run endurance -- killed` does it 200 times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killLives } from '../support/process/kills.ts';

const KILLS = 12;

test('whatever was posted before kill -9 is in the database, once', async (t) => {
  const { writes, posted, recorded, lost, twice, unfinished, open, integrity } = await killLives(KILLS);
  t.diagnostic(`${KILLS} kills, ${writes} writes, ${posted} utterances posted, ${recorded} recorded`);
  assert.ok(posted >= KILLS * 2, `${posted} were posted`);
  assert.deepEqual({ lost, twice }, { lost: [], twice: [] });
  assert.equal(unfinished, 1, 'each life ended what the last began');
  assert.equal(open, 0);
  assert.equal(integrity, 'ok');
});
