import type { BotKind } from './bot-process.ts';
import { exchange, fiveSpeakers, idleCpu, memory, oneSpeaker, type Script } from './scenarios.ts';
import { Invalid, Stage } from './stage.ts';

/** What is measured. Latencies in ms, CPU in percent of one core, memory in MB. */
export const MEASURES = [
  'cpuIdle',
  'cpuOne',
  'cpuFive',
  'cpuOneWhole',
  'cpuSpeaking',
  'onset',
  'steady',
  'firstAudio',
  'interrupt',
  'commit',
  'memoryBase',
  'memoryChannel',
  'memoryChannelLive',
] as const;
export type Measure = (typeof MEASURES)[number];
export type Samples = Record<Measure, number[]>;

export interface RunResult {
  readonly samples: Samples;
  /** What could not be measured in two attempts, and why. */
  readonly failures: string[];
  /** Why first attempts gave no number. */
  readonly retried: string[];
}

type Part = (name: string, act: () => Promise<void>) => Promise<void>;

export function noSamples(): Samples {
  return Object.fromEntries(MEASURES.map((measure) => [measure, [] as number[]])) as Samples;
}

/** `profile`: where CPU profiles of one and of five speakers go: `…-one.cpuprofile` and `…-five.cpuprofile`. */
export interface RunOptions {
  readonly exchanges: number;
  readonly idleMs: number;
  readonly profile?: string | undefined;
}

/** All scenarios once with one bot, in a fresh process. */
export async function run(kind: BotKind, script: Script, options: RunOptions): Promise<RunResult> {
  const samples = noSamples();
  const failures: string[] = [];
  const retried: string[] = [];
  const part: Part = async (name, act) => {
    try {
      // A machine that stood still for a moment spoils a scenario; what happens twice is the bot's doing, or the bench's.
      await act().catch((error: unknown) => {
        if (!(error instanceof Invalid) || name === 'start') throw error;
        retried.push(`${name}: ${error.message}`);
        return act();
      });
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  let stage: Stage | undefined;
  await part('start', async () => {
    const started = await Stage.start(kind, { people: [5, 1, 1, 1] });
    stage = started;
    const { baseMb, channelRssMb, channelLiveMb } = await memory(started);
    samples.memoryBase.push(baseMb);
    samples.memoryChannel.push(channelRssMb);
    samples.memoryChannelLive.push(channelLiveMb);
  });
  if (stage && failures.length === 0) await conversation(stage, script, { ...options, samples, part });
  await stage?.close();
  return { samples, failures, retried };
}

async function conversation(
  stage: Stage,
  script: Script,
  options: RunOptions & {
    samples: Samples;
    part: Part;
  },
): Promise<void> {
  const { samples, part } = options;
  const profiled = <T>(name: string, act: () => Promise<T>): Promise<T> =>
    options.profile ? stage.bot.profiled(`${options.profile}-${name}.cpuprofile`, act) : act();
  let idle = 0;
  for (let i = 0; i < options.exchanges; i += 1) {
    const last = i === options.exchanges - 1;
    if (last) {
      // By now the code that runs while nothing happens is compiled.
      await part('idle', async () => {
        idle = await idleCpu(stage, options.idleMs);
        samples.cpuIdle.push(idle * 100);
      });
    }
    await part('exchange', async () => {
      const result = await exchange(stage, script, last ? idle : undefined);
      samples.firstAudio.push(...result.firstAudio);
      samples.interrupt.push(result.interrupt);
      samples.commit.push(...result.commit);
      if (result.speakingCpu !== undefined) samples.cpuSpeaking.push(result.speakingCpu * 100);
    });
  }
  await part('five speakers', async () => {
    const five = () => fiveSpeakers(stage, script, idle);
    samples.cpuFive.push((await profiled('five', five)) * 100);
  });
  await part('one speaker', async () => {
    const { cpu, onset, steady } = await profiled('one', () => oneSpeaker(stage, script, idle));
    samples.cpuOne.push(cpu * 100);
    samples.cpuOneWhole.push((cpu + idle) * 100);
    samples.onset.push(onset);
    samples.steady.push(...steady);
  });
}
