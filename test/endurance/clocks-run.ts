import assert from 'node:assert/strict';
import { faultsOf, playClock, rowOf } from './clocks/scene.ts';
import { CLOCK_SETTINGS } from './clocks/settings.ts';

const SECONDS = Number(process.env.CLOCKS_SECONDS ?? 75);
/** Processes at a time. */
const AT_ONCE = Number(process.env.CLOCKS_AT_ONCE ?? 2);

export const name = `${CLOCK_SETTINGS.length} wrong clocks and short lives of sessions, ${SECONDS} s and more each, while two people speak`;

/** `CLOCKS_SECONDS` and `CLOCKS_AT_ONCE` change it. */
export async function run(say: (line: string) => void): Promise<void> {
  const waiting = [...CLOCK_SETTINGS];
  const faults: string[] = [];
  const play = async (): Promise<void> => {
    for (let setting = waiting.shift(); setting; setting = waiting.shift()) {
      const result = await playClock(setting, Math.max(SECONDS * 1_000, setting.leastMs ?? 0));
      say(rowOf(setting, result));
      const found = faultsOf(setting, result);
      for (const fault of found) say(`  ✖ ${fault}`);
      faults.push(...found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  assert.deepEqual(faults, []);
}
