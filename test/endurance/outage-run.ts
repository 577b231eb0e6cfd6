import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { tone } from '../support/sound/sound.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const AT_ONCE = 4;
/** A conversation that ended with a word may have ended; one that goes on is heard again within this time. */
const BACK_WITHIN_MS = 120_000;

/** What is gone, and for how long. */
interface Case {
  readonly what: string;
  readonly seconds: number;
  cut(world: StartedWorld): void;
  restore(world: StartedWorld): void;
}

const CASES: readonly Case[] = [10, 90, 300].flatMap((seconds) => [
  ...(['reset', 'silent'] as const).map((outage) => ({
    what: `everything (${outage})`,
    seconds,
    cut: (world: StartedWorld) => world.cutNetwork(outage),
    restore: (world: StartedWorld) => world.restoreNetwork(),
  })),
  {
    what: 'the gateway',
    seconds,
    cut: ({ discord }: StartedWorld) => {
      discord.gateway.unreachable = true;
      discord.gateway.drop();
    },
    restore: ({ discord }: StartedWorld) => {
      discord.gateway.unreachable = false;
    },
  },
  {
    what: 'voice',
    seconds,
    cut: ({ discord }: StartedWorld) => discord.cutNetwork('silent', ['voice']),
    restore: ({ discord }: StartedWorld) => discord.restoreNetwork(),
  },
  {
    what: 'the model',
    seconds,
    cut: ({ model }: StartedWorld) => Object.assign(model.faults, { halfOpen: true, silentSetup: true }),
    restore: ({ model }: StartedWorld) => Object.assign(model.faults, { halfOpen: false, silentSetup: false }),
  },
]);

export const name = 'a network that is gone: the conversation goes on afterwards, or was ended with a word';

/** Throws AssertionError where the bot sits in a channel and is deaf, or believes to be elsewhere than it is. */
export async function run(say: (line: string) => void): Promise<void> {
  const wrong: string[] = [];
  const cases = [...CASES].reverse();
  const play = async (): Promise<void> => {
    for (let one = cases.pop(); one; one = cases.pop()) {
      const title = `${one.what}, ${one.seconds} s`;
      const outcome = await played(one).catch((error: Error) => {
        wrong.push(`${title}: ${error.message}`);
        return `WRONG: ${error.message}`;
      });
      say(`${title}: ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  assert.deepEqual(wrong, []);
}

async function played({ seconds, cut, restore }: Case): Promise<string> {
  let heard = 0;
  const hear = (): string => {
    heard += 1;
    return 'Good evening.';
  };
  const world = await StartedWorld.start({ hear, discord: { resumeMs: 45_000 } });
  try {
    const anna = await world.person('Anna');
    await world.join(anna);
    await isHeard(anna, () => heard);
    cut(world);
    await wait(seconds * 1_000);
    restore(world);
    const from = performance.now();
    const ended = (): boolean => /I had to leave|taken out/.test(world.posts());
    await isHeard(anna, () => heard, ended);
    const took = `${((performance.now() - from) / 1_000).toFixed(1)} s later`;
    const content = await world.status(anna, BACK_WITHIN_MS);
    const shown = world.guild.botVoiceChannelId;
    assert.match(content, shown === null ? /^I am in no voice channel/ : new RegExp(`<#${shown}>`));
    const word = world
      .posts()
      .split('\n')
      .findLast((line) => /I had to leave|taken out/.test(line));
    return word !== undefined ? `ended with a word, ${took}: ${word}` : `goes on, heard ${took}`;
  } finally {
    await world.close();
  }
}

/** `over`: there is nobody any more who could hear. */
async function isHeard(person: SimulatedPerson, count: () => number, over = () => false): Promise<void> {
  const before = count();
  const until = performance.now() + BACK_WITHIN_MS;
  while (count() === before && !over()) {
    assert.ok(performance.now() < until, 'is not heard, and nobody was told');
    await person.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
    await wait(1_000);
  }
}
