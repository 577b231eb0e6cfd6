import assert from 'node:assert/strict';
import { type SoakResult, soak } from './soak.ts';
import { trend } from './trend.ts';

const MINUTES = Number(process.env.SOAK_MINUTES ?? 30);
/** Compilers, pools, the ring of what was not answered yet and the history fill up first. */
const WARM_UP_MS = (MINUTES * 60_000) / 2;
/** What may come on top of a rise that is not told from noise (three standard errors), over the second half of the run. */
const LIVE_SLACK_MB = 2;
const RSS_SLACK_MB = 2;

export const name = `${MINUTES} minutes of people who come, leave, rejoin, move and speak, over a bad network`;

/** Throws AssertionError when a frame went to the wrong person, sound is missing, or memory grows. */
export async function run(say: (line: string) => void): Promise<void> {
  const result = await soak({ lengthMs: MINUTES * 60_000, memoryEveryMs: 20_000, seed: 7, say });
  say(summary(result));
  assertSound(result);
  assertFlat(result, 'liveMb', LIVE_SLACK_MB, say);
  assertFlat(result, 'rssMb', RSS_SLACK_MB, say);
}

/** One paragraph for people. */
export function summary({ deeds, heard, botPackets, struck }: SoakResult): string {
  return (
    `${deeds.spurts} talk spurts, ${deeds.joins} joins, ${deeds.rejoins} rejoins, ${deeds.moves} moves, ` +
    `${deeds.leftSpeaking} left while speaking; ${struck.lost} packets lost, ${struck.reordered} reordered, ` +
    `${struck.duplicated} doubled; ${heard.turns} turns, ${heard.right} frames with their speaker’s mark, ` +
    `${heard.wrong} with another’s, ${heard.concealed} made up by the codec, ${heard.unmarked} without a clear mark, of ${deeds.spokenFrames} spoken; ` +
    `the bot sent ${botPackets} packets of speech.`
  );
}

/** All sound is there, and everybody's own. */
export function assertSound({ deeds, heard, botPackets, ended }: SoakResult): void {
  assert.equal(ended, undefined, 'the bot is where it was');
  assert.deepEqual(heard.examples, [], 'sound that was given to somebody else');
  assert.equal(heard.wrong, 0);
  const { right, concealed, unmarked } = heard;
  assert.ok(right >= 0.9 * deeds.spokenFrames, `${right} of ${deeds.spokenFrames} frames came`);
  const there = right + concealed + unmarked;
  assert.ok(there >= 0.96 * deeds.spokenFrames, `${there} of ${deeds.spokenFrames} frames came or were made up`);
  assert.ok(unmarked <= 0.05 * right, `${unmarked} frames bear no clear mark`);
  assert.ok(botPackets > 0, 'the bot never spoke');
}

function assertFlat(
  { memory }: SoakResult,
  kind: 'liveMb' | 'rssMb',
  slackMb: number,
  say: (line: string) => void,
): void {
  const samples = memory.filter(({ at }) => at >= WARM_UP_MS).map((one) => ({ at: one.at, value: one[kind] }));
  const { rise, error } = trend(samples);
  say(`${kind}: a rise of ${rise.toFixed(2)} ± ${error.toFixed(2)} MB over ${samples.length} samples`);
  assert.ok(rise <= 3 * error + slackMb, `${kind} rose by ${rise.toFixed(1)} MB, which is more than noise`);
}
