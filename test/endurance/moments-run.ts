import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@parley/simulator/discord';
import { tone } from '../support/sound/sound.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const SEED = Number(process.env.MOMENTS_SEED ?? 1);
const LIVES = Number(process.env.MOMENTS_LIVES ?? 6);
const ACTS = Number(process.env.MOMENTS_ACTS ?? 60);
const MOST_PAUSE_MS = 500;
const RECOVERED_WITHIN_MS = 120_000;
const CLOSE_CODES = [1000, 1006, 4001, 4003, 4004, 4006, 4009, 4014, 4015, 4020, 4022];

export const name = `${LIVES} lives of the process in which ${ACTS} things each happen at random moments of joining, living and leaving`;

/** `MOMENTS_SEED`, `MOMENTS_LIVES` and `MOMENTS_ACTS` change it. */
export async function run(say: (line: string) => void): Promise<void> {
  const failed: string[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    const seed = SEED + life;
    const protocol = seed % 2 === 0 ? 'gemini' : 'openai';
    const told = await live(seed, protocol).catch((error: unknown) => String(error).slice(0, 3_000));
    say(`seed ${seed} (${protocol}): ${told ?? 'lives, is where it says that it is, and hears'}`);
    if (told) failed.push(`seed ${seed}: ${told}`);
  }
  assert.deepEqual(failed, []);
}

/** Gives what was wrong afterwards; undefined: nothing. */
async function live(seed: number, protocol: 'openai' | 'gemini'): Promise<string | undefined> {
  let heard = 0;
  const hear = (): string => {
    heard += 1;
    return 'Good evening.';
  };
  const world = await StartedWorld.start({ hear, protocol, discord: { rateFactor: 0.02 } });
  try {
    const random = seededRandom(seed, 'moments');
    const { guild, discord, model, channelId } = world;
    const anna = await world.person('Anna');
    const ben = guild.addPerson({ name: 'Ben', admin: true });
    await ben.join(channelId);
    const other = guild.createVoiceChannel({ name: 'Attic' });
    const seat = { guildId: guild.id, userId: discord.botUser.id };
    const answers: Promise<unknown>[] = [];
    const type = (person: typeof anna, command: string, options = {}): void => {
      // While the gateway is away nobody is answered.
      answers.push(person.command(command, options, { timeoutMs: 30_000 }).catch(() => {}));
    };
    const sound = { pcm: tone({ hz: 300, ms: 500, rate: 48_000 }), sampleRate: 48_000, channels: 1 as const };
    const join = (): void => type(anna, '/join');
    const acts: (() => unknown)[] = [
      join,
      join,
      join,
      () => type(ben, '/leave'),
      () => type(ben, '/join', { channel: other }),
      () => type(anna, '/status'),
      () => type(anna, '/ask', { text: 'Well?' }),
      () => discord.voice.sever(seat, CLOSE_CODES[Math.floor(random() * CLOSE_CODES.length)]),
      () => guild.kickBot(),
      () => guild.botVoiceChannelId && guild.moveBot(random() < 0.5 ? other : channelId),
      () => guild.places.reallocate(seat.userId, random() * 500),
      () => discord.gateway.drop(),
      () => discord.gateway.askToReconnect(),
      () => random() < 0.2 && discord.gateway.invalidate(),
      () => model.dropAll(),
      () => guild.hinderBot({ mute: random() < 0.3, deaf: random() < 0.3 }),
      () => anna.voice.speak(sound).catch(() => {}),
      () => ben.voice.speak(sound).catch(() => {}),
      () => Object.assign(model.faults, { slowSetupMs: random() * 800 }),
      () => discord.gateway.events.lateMs.set('VOICE_STATE_UPDATE', random() * 300),
      () => discord.gateway.events.lateMs.set('VOICE_SERVER_UPDATE', random() * 300),
      () => discord.outage(guild),
      () => discord.outageOver(guild),
    ];
    for (let i = 0; i < ACTS; i += 1) {
      await acts[Math.floor(random() * acts.length)]?.();
      await wait(random() * MOST_PAUSE_MS);
      if (!world.bot.running) return `the process ended:\n${world.bot.output}`;
    }
    discord.outageOver(guild);
    discord.gateway.events.clear();
    Object.assign(model.faults, { slowSetupMs: 0 });
    guild.hinderBot({ mute: false, deaf: false });
    await Promise.all(answers);
    return await settled(world, { anna, ben }, () => heard);
  } finally {
    await world.close();
  }
}

type People = Readonly<Record<'anna' | 'ben', Awaited<ReturnType<StartedWorld['person']>>>>;

/** Sent away and called in again, it is in one place, says so, and hears. */
async function settled(world: StartedWorld, { anna, ben }: People, heard: () => number): Promise<string | undefined> {
  const { guild } = world;
  const until = performance.now() + RECOVERED_WITHIN_MS;
  const again = async (act: () => Promise<boolean>): Promise<boolean> => {
    for (;;) {
      if (await act().catch(() => false)) return true;
      if (performance.now() > until || !world.bot.running) return false;
      await wait(500);
    }
  };
  const isGone = async (): Promise<boolean> => {
    await ben.command('/leave', {}, { timeoutMs: 30_000 });
    const { content } = await anna.command('/status', {}, { timeoutMs: 30_000 });
    return /^I am in no voice channel here/.test(content) && guild.botVoiceChannelId === null;
  };
  if (!(await again(isGone))) return `did not go:\n${world.bot.output}`;
  if (world.model.openSessions > 0) return `${world.model.openSessions} sessions of the model stay open`;
  await anna.moveTo(world.channelId);
  const isBack = async (): Promise<boolean> => {
    await anna.command('/join', {}, { timeoutMs: 30_000 });
    return guild.botVoiceChannelId === world.channelId;
  };
  if (!(await again(isBack))) return `did not come:\n${world.bot.output}`;
  const before = heard();
  const hears = async (): Promise<boolean> => {
    await anna.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48_000 }), sampleRate: 48_000, channels: 1 });
    await wait(1_000);
    return heard() > before;
  };
  if (!(await again(hears))) return `does not hear:\n${world.bot.output}`;
  const fatal = world.bot.log.find(({ level }) => level >= 60);
  return fatal && `logged ${JSON.stringify(fatal)}`;
}
