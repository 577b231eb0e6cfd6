import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { openDatabase } from '../../../src/store/database/database.ts';
import { Spoken } from '../sound/spoken.ts';
import { type StartedOptions, StartedWorld } from './started-world.ts';

/** Two people in a voice channel with the started bot, whose database lies where a test can do it harm. */
export class FailingWorld {
  readonly world: StartedWorld;
  readonly file: string;
  readonly spoken: Spoken;
  readonly anna: SimulatedPerson;
  readonly ben: SimulatedPerson;
  readonly #said: string[] = [];

  private constructor(parts: Pick<FailingWorld, 'world' | 'file' | 'spoken' | 'anna' | 'ben'>) {
    this.world = parts.world;
    this.file = parts.file;
    this.spoken = parts.spoken;
    this.anna = parts.anna;
    this.ben = parts.ben;
  }

  /** With the bot in the channel, and something said that stands in the record. `folder`: of the database. */
  static async start(context: TestContext, folder: string, options: StartedOptions = {}): Promise<FailingWorld> {
    const file = join(folder, 'parley.db');
    const spoken = new Spoken();
    const env = { DATABASE_URL: `sqlite:${file}`, ...options.env };
    const world = await StartedWorld.start({ ...options, hear: spoken.hear, env });
    context.after(() => world.close());
    const anna = world.guild.addPerson({ name: 'Anna', admin: true });
    await anna.join(world.channelId);
    const ben = await world.person('Ben');
    await world.join(anna);
    const failing = new FailingWorld({ world, file, spoken, anna, ben });
    await failing.say('before it');
    await world.until('the first words', () => world.posts().includes('before it'));
    return failing;
  }

  /** Anna and Ben say these in turn. */
  async say(...all: readonly string[]): Promise<void> {
    for (const words of all) {
      const person = this.#said.length % 2 === 0 ? this.anna : this.ben;
      this.#said.push(`${person.name}: ${words}`);
      await this.spoken.say(person, words);
    }
  }

  /** All that was said, in its order: `Anna: before it`. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** Waits for the line in the channel that nothing can be written; gives it. */
  async toldWhy(): Promise<string> {
    await this.world.until(
      'word that nothing can be written',
      () => this.lines(/cannot write down what is said/).length > 0,
    );
    return this.lines(/cannot write down what is said/)[0] ?? '';
  }

  /** Waits until so many utterances are kept in memory; throws with the status when they are not within 30 s. */
  async kept(count: number): Promise<void> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const { content } = await this.anna.command('/status');
      if (content.includes(`I keep ${count} utterance`)) return;
      if (performance.now() > deadline) throw new Error(`not ${count} utterances are kept: ${content}`);
    }
  }

  /** Waits until it is said that all is well again; gives that line. */
  async toldEnd(): Promise<string> {
    await this.world.until('word that it is over', () => this.lines(/I can write down again/).length > 0);
    return this.lines(/I can write down again/)[0] ?? '';
  }

  /** Lines in the channel that say this, without answers that only one person sees. */
  lines(what: RegExp): readonly string[] {
    const posts = this.world.guild.messages(this.world.channelId).filter(({ flags }) => !(flags & 64));
    return posts.flatMap(({ content }) => content.split('\n')).filter((line) => what.test(line));
  }

  /** What people said as it was posted, in the order of the posts. */
  get posted(): readonly string[] {
    return this.lines(/^\*\*(Anna|Ben):\*\*/).map((line) => line.replaceAll('*', ''));
  }

  /** Stops the bot and gives everything that was said, as the record has it, in its order. */
  async recorded(): Promise<readonly string[]> {
    await this.world.bot.stop();
    const database = await openDatabase(`sqlite:${this.file}`);
    try {
      const rows = await database('utterances').where({ state: 'final' }).orderBy('id').select('name', 'text');
      return rows.map(({ name, text }) => `${name}: ${text}`);
    } finally {
      await database.destroy();
    }
  }
}
