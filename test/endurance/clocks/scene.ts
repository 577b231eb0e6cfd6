import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { openDatabase } from '../../../src/store/database/database.ts';
import { SpokenNumbers } from '../../support/sound/spoken-numbers.ts';
import { StartedWorld } from '../../support/world/started-world.ts';
import type { ClockSetting } from './settings.ts';

const CLOCK = fileURLToPath(new URL('../../support/process/preload/stepped-clock.ts', import.meta.url));
const NAMES = ['Anna', 'Ben'];
const PAUSE_MS = 1_400;
const SET_EVERY_MS = 250;
/** After the last word: until everything is written down. A lost connection may be waited for that long. */
const DRAIN_MS = 45_000;
const MINUTE_MS = 60_000;
/** A record with right times is as exact as this. */
const RIGHT_MS = 40_000;

/** What came of a setting. */
export interface ClockResult {
  readonly said: number;
  /** Numbers of sentences that do not. */
  readonly missing: readonly string[];
  /** Sentences that stand once in the record, under their speaker's name. */
  readonly recorded: number;
  readonly inOrder: boolean;
  /** How far the times of the record are off at most, in ms. */
  readonly offMs: number;
  readonly connections: number;
  /** Connections in the worst minute. */
  readonly mostAMinute: number;
  /** Warnings about ends that cannot be, or that come in a hurry. */
  readonly warnings: number;
  /** Commands that were not answered as they should be. */
  readonly unanswered: number;
}

interface Row {
  readonly user_id: string | null;
  readonly text: string;
  readonly started_at: number;
}

/** Two people speak in turns to the started process for so long, and one of them types /status now and then. */
export async function playClock(setting: ClockSetting, lengthMs: number): Promise<ClockResult> {
  const numbers = new SpokenNumbers(NAMES);
  const world = await StartedWorld.prepare({
    ...setting.world,
    hear: ({ pcm, sampleRate }) => {
      const said = numbers.read(pcm, sampleRate);
      return said.length > 0 ? said.map(({ number }) => `number ${number}`).join(', ') : 'something';
    },
    script: () => ({ say: { text: 'Yes.' }, speed: 4 }),
    simulated: { frameLimit: 0, ...setting.world.simulated },
    preload: [CLOCK],
  });
  try {
    return await new ClockScene(world, numbers, setting).play(lengthMs);
  } finally {
    await world.close();
  }
}

class ClockScene {
  readonly #world: StartedWorld;
  readonly #numbers: SpokenNumbers;
  readonly #setting: ClockSetting;
  readonly #file: string;
  readonly #startedAt = performance.now();
  readonly #connectedAt: number[] = [];
  readonly #said: { readonly userId: string; readonly at: number }[] = [];
  #unanswered = 0;
  #set = '';

  constructor(world: StartedWorld, numbers: SpokenNumbers, setting: ClockSetting) {
    this.#world = world;
    this.#numbers = numbers;
    this.#setting = setting;
    this.#file = join(world.folder, 'clock');
    world.also = { STEPPED_CLOCK_FILE: this.#file };
    world.model.onEvent(({ type, at }) => {
      if (type === 'connected') this.#connectedAt.push(at);
    });
  }

  async play(lengthMs: number): Promise<ClockResult> {
    const world = this.#world;
    this.#setClock();
    const setting = setInterval(() => this.#setClock(), SET_EVERY_MS);
    try {
      await world.boot().logs('ready');
      const people = await Promise.all(NAMES.map((name) => world.person(name)));
      await world.join(people[0] as SimulatedPerson);
      const until = performance.now() + lengthMs;
      while (performance.now() < until) await this.#speak(people[this.#said.length % people.length] as SimulatedPerson);
      await this.#drained();
    } finally {
      clearInterval(setting);
    }
    await world.bot.stop();
    return this.#judge(await this.#rows());
  }

  #setClock(): void {
    const { wrongBy = () => 0 } = this.#setting;
    const ms = String(Math.round(wrongBy(performance.now() - this.#startedAt)));
    if (ms !== this.#set) writeFileSync(this.#file, ms);
    this.#set = ms;
  }

  async #speak(person: SimulatedPerson): Promise<void> {
    const number = this.#said.length;
    this.#said.push({ userId: person.userId, at: Date.now() });
    await person.voice.speak(this.#numbers.sound(person.name, number));
    if (number % 8 === 7) await this.#type(person);
    await wait(PAUSE_MS);
  }

  async #type(person: SimulatedPerson): Promise<void> {
    const { content } = await person.command('/status', {}, { timeoutMs: 10_000 }).catch(() => ({ content: '' }));
    if (!content.includes('**Channel:**')) this.#unanswered += 1;
  }

  /** Waits until the last sentence is posted, but not for ever: the result says what is missing. */
  async #drained(): Promise<void> {
    const last = `number ${this.#said.length - 1}`;
    const until = performance.now() + DRAIN_MS;
    while (!this.#world.posts().includes(last) && performance.now() < until) await wait(100);
    await wait(PAUSE_MS);
  }

  async #rows(): Promise<readonly Row[]> {
    const database = await openDatabase(`sqlite:${join(this.#world.folder, 'parley.db')}`);
    try {
      return await database('utterances').where({ by: 'person' }).orderBy('id').select('user_id', 'text', 'started_at');
    } finally {
      await database.destroy();
    }
  }

  #judge(rows: readonly Row[]): ClockResult {
    const found = rows.flatMap((row) =>
      [...row.text.matchAll(/number (\d+)/g)].map(([, number]) => ({ ...row, number: Number(number) })),
    );
    const numbers = found.map(({ number }) => number);
    const once = this.#said.filter(({ userId }, at) => {
      const own = found.filter(({ number }) => number === at);
      return own.length === 1 && own[0]?.user_id === userId;
    });
    const off = found.map(({ number, started_at }) => Math.abs(Number(started_at) - (this.#said[number]?.at ?? 0)));
    const inMinute = this.#connectedAt.map(
      (from) => this.#connectedAt.filter((at) => at >= from && at < from + MINUTE_MS).length,
    );
    const { log } = this.#world.bot;
    return {
      said: this.#said.length,
      missing: this.#said.flatMap((one, number) => {
        const own = found.filter((row) => row.number === number).map((row) => row.user_id);
        return once.includes(one) ? [] : [`${number} (${own.join(', ') || 'nowhere'})`];
      }),
      recorded: once.length,
      inOrder: numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number)),
      offMs: Math.max(0, ...off),
      connections: this.#connectedAt.length,
      mostAMinute: Math.max(0, ...inMinute),
      warnings: log.filter(({ msg }) => /that cannot be$|in a hurry/.test(msg)).length,
      unanswered: this.#unanswered,
    };
  }
}

/** What does not hold, a line each. */
export function faultsOf({ name, timesAreRight }: ClockSetting, result: ClockResult): string[] {
  const { said, missing, inOrder, offMs, mostAMinute, warnings, unanswered } = result;
  return [
    ...(missing.length > 0 ? [`of ${said} sentences not once under their name: ${missing.join(', ')}`] : []),
    ...(inOrder ? [] : ['sentences are in a wrong order']),
    ...(timesAreRight && offMs > RIGHT_MS ? [`times are off by ${Math.round(offMs / 1000)} s`] : []),
    ...(mostAMinute > 3 ? [`${mostAMinute} connections in a minute`] : []),
    ...(warnings > 1 ? [`${warnings} warnings`] : []),
    ...(unanswered > 0 ? [`${unanswered} commands were not answered`] : []),
  ].map((fault) => `${name}: ${fault}`);
}

/** A line of the table. */
export function rowOf({ name }: ClockSetting, result: ClockResult): string {
  const { said, recorded, inOrder, offMs, connections, mostAMinute, warnings } = result;
  const off = offMs > RIGHT_MS ? `${Math.round(offMs / 1000)} s off` : 'right times';
  const order = inOrder ? 'in order' : 'DISORDER';
  return `${name.padEnd(52)} ${String(connections).padStart(3)} connections, at most ${mostAMinute} a minute; ${recorded} of ${said} recorded, ${order}, ${off}; ${warnings} warning${warnings === 1 ? '' : 's'}`;
}
