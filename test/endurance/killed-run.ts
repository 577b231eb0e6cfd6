import assert from 'node:assert/strict';
import { killLives } from '../support/process/kills.ts';

const KILLS = Number(process.env.KILLS ?? 200);

export const name = 'Kill -9 at random moments of a conversation: whatever was posted is in the record, once';

/** `KILLS=20` makes it shorter. */
export async function run(say: (line: string) => void): Promise<void> {
  const { writes, posted, recorded, lost, twice, unfinished, open, integrity } = await killLives(KILLS);
  say(`${KILLS} kills, ${writes} writes into the text channel`);
  say(`${posted} utterances posted, ${recorded} recorded`);
  say(`posted and not recorded once: ${lost.length}; recorded twice: ${twice.length}; left open: ${open}`);
  assert.ok(posted >= KILLS * 2, `only ${posted} were posted`);
  assert.deepEqual({ lost, twice, open, integrity }, { lost: [], twice: [], open: 0, integrity: 'ok' });
  assert.equal(unfinished, 1, 'each life ended what the last began');
}
