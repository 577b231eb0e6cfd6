import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { tone } from '../support/sound/sound.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

const MINUTES = Number(process.env.NOISY_MINUTES ?? 10);
const EVERY_MS = 20_000;
const LATEST_MS = 8_000;
const RATE = 48_000;

export const name = `One member makes noise for ${MINUTES} minutes beside two who ask every 20 s: each is answered within 8 s`;

/** `NOISY_MINUTES=2` makes it shorter. */
export async function run(say: (line: string) => void): Promise<void> {
  for (const protocol of PROTOCOLS) {
    const tookMs = await noisyRoom(protocol);
    const sorted = tookMs.toSorted((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    say(
      `${protocol}: ${tookMs.length} questions, median ${(middle / 1_000).toFixed(1)} s, latest ${((sorted.at(-1) ?? 0) / 1_000).toFixed(1)} s`,
    );
    assert.ok(tookMs.length >= MINUTES * 5, `only ${tookMs.length} questions`);
    assert.deepEqual(
      sorted.filter((ms) => ms > LATEST_MS),
      [],
      protocol,
    );
  }
}

/** How long after the end of each question its answer was heard; Infinity: it was not. */
async function noisyRoom(protocol: (typeof PROTOCOLS)[number]): Promise<number[]> {
  const answer = tone({ hz: 1_700, ms: 2_500, rate: 24_000 });
  const world = await World.start({
    protocol,
    script: () => ({ heard: 'words', say: { text: 'Well.', pcm: answer } }),
  });
  try {
    const [anna, ben, noisy] = [
      await world.person('Anna'),
      await world.person('Ben'),
      await world.person('Television'),
    ];
    await world.join(anna);
    const stop = new AbortController();
    const noise = makeNoise(noisy, stop.signal);
    await wait(3_000);
    const both = await Promise.all([ask(world, anna, 0), ask(world, ben, 9_000)]);
    stop.abort();
    await noise;
    return both.flat();
  } finally {
    await world.close();
  }
}

async function ask(world: World, by: SimulatedPerson, firstMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  const question = { pcm: tone({ hz: 500, ms: 2_000, rate: RATE }), sampleRate: RATE, channels: 1 } as const;
  const startedAt = performance.now();
  await wait(firstMs);
  while (performance.now() - startedAt < MINUTES * 60_000) {
    const roundAt = performance.now();
    const before = world.of('reply-audible').length;
    await by.voice.speak(question);
    const endedAt = performance.now();
    const isAnswered = (): boolean => {
      const audible = new Set(
        world
          .of('reply-audible')
          .slice(before)
          .map(({ replyId }) => replyId),
      );
      return world
        .of('reply-started')
        .some((one) => audible.has(one.replyId) && one.turns.some(({ userId }) => userId === by.userId));
    };
    while (!isAnswered() && performance.now() - endedAt < EVERY_MS - 3_000) await wait(50);
    tookMs.push(isAnswered() ? performance.now() - endedAt : Number.POSITIVE_INFINITY);
    await wait(Math.max(0, EVERY_MS - (performance.now() - roundAt)));
  }
  return tookMs;
}

/** Sound whose level moves all the time, as that of a television does. */
async function makeNoise(by: SimulatedPerson, signal: AbortSignal): Promise<void> {
  const pcm = Int16Array.from({ length: 10 * RATE }, (_, at) => {
    const loud = 4_000 + ((Math.floor(at / 2_400) * 7_919) % 9_000);
    return ((at * 7_919) % (2 * loud)) - loud;
  });
  while (!signal.aborted) await by.voice.speak({ pcm, sampleRate: RATE, channels: 1 }, { signal }).catch(() => {});
}
