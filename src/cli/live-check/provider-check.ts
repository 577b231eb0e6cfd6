import { createHash } from 'node:crypto';
import { type REST, Routes } from 'discord.js';
import type { Person } from '../../ports/voice.ts';
import type { Child } from './child.ts';
import { type Bill, cents, MOST_USD } from './cost.ts';
import type { BotAsks, BotTells, Place, SecondAsks, SecondTells } from './door.ts';
import type { EventLog } from './event-log.ts';
import { namesStep, postsStep, wordsStep } from './judgement.ts';
import { LIKE_ENOUGH, Posts } from './posts.ts';
import { SENTENCES, type Sentence } from './second-bot/sentences.ts';
import { Talk } from './second-bot/talk.ts';
import { duration, type Step } from './step.ts';
import { Stopped, unlessStopped } from './stopped.ts';

/** What one provider is checked with. The processes are ended by whoever started them. */
export interface ProviderCheckParts {
  readonly bot: Child<BotAsks, BotTells>;
  readonly second: Child<SecondAsks, SecondTells>;
  /** With the tokens of each. */
  readonly rest: REST;
  readonly secondRest: REST;
  readonly place: Place;
  readonly botId: string;
  readonly by: Person;
  readonly events: EventLog;
  readonly bill: Bill;
  /** How many commands somebody is asked to type, and how to ask; absent: none. */
  readonly commands?: { readonly names: readonly string[]; readonly limitMs: number; readonly ask: () => void };
  readonly tell: (step: Step) => void;
  readonly signal: AbortSignal;
}

const START_MS = 60_000;
const JOIN_MS = 60_000;
const GONE_MS = 10_000;
const POSTED_MS = 10_000;

/** One conversation with the bot on one provider, step by step. */
export class ProviderCheck {
  readonly #parts: ProviderCheckParts;
  readonly #talk: Talk;

  constructor(parts: ProviderCheckParts) {
    this.#parts = parts;
    this.#talk = new Talk(parts);
  }

  /** Goes through all steps, as far as they can be gone. Rejects with Stopped alone. */
  async run(): Promise<void> {
    const { rest, place } = this.#parts;
    if (!(await this.#start())) return;
    const posts = new Posts({ rest, channelId: place.channelId, sentences: Object.values(SENTENCES) });
    try {
      if (
        !(await this.#attempt('The channel’s chat', 'it can be read', async () => {
          await posts.begin();
          return 'read';
        }))
      )
        return;
      if (!(await this.#join())) return;
      await this.#greeted(posts);
      await this.#attempt('The conversation', 'goes on to its end', async () => {
        await this.#talk.hold();
        return undefined;
      });
      await this.#read(posts);
    } finally {
      posts.close();
    }
    await this.#file();
    await this.#typed();
    await this.#leave();
    this.#troubles();
    this.#cost();
  }

  #start(): Promise<boolean> {
    const { bot, place, by } = this.#parts;
    return this.#attempt('The bot starts', `≤ ${duration(START_MS)}`, async () => {
      const beganAt = performance.now();
      const { label } = await bot.ask('start', { guildId: place.guildId, ear: by.userId }, START_MS);
      return `ready after ${duration(performance.now() - beganAt)} with ${label}`;
    });
  }

  async #join(): Promise<boolean> {
    const { bot, second, place, botId, by } = this.#parts;
    const beganAt = performance.now();
    const took = () => `after ${duration(performance.now() - beganAt)}`;
    const sits = await this.#attempt('The second bot joins', '≤ 15 s', async () => {
      await second.ask('join', { ...place, botId }, 30_000);
      return took();
    });
    if (!sits) return false;
    const came = await this.#attempt('The bot joins', 'model, channel, voice server', async () => {
      await bot.ask('join', { ...place, by }, JOIN_MS);
      return took();
    });
    if (!came) return false;
    return this.#attempt('End-to-end encryption', 'both have the keys', async () => {
      const sealed = await unlessStopped(second.ask('sealed', { limitMs: 10_000 }, 15_000), this.#parts.signal);
      if (!sealed) throw new Error('The two have no common DAVE group after 10 s: neither would understand the other.');
      return 'DAVE, both in one group';
    });
  }

  #greeted(posts: Posts): Promise<boolean> {
    return this.#attempt('The greeting', `within ${duration(POSTED_MS)}`, async () => {
      const beganAt = performance.now();
      while (posts.count === 0) {
        if (performance.now() - beganAt > POSTED_MS)
          throw new Error(posts.failure ?? 'Nothing was posted: the log below says why.');
        await posts.read();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return `posted after ${duration(performance.now() - beganAt)}`;
    });
  }

  async #read(posts: Posts): Promise<void> {
    const { tell, by, signal } = this.#parts;
    const spoken = [...this.#talk.spokenAt.keys()];
    const found = (names: readonly Sentence[]) =>
      names.filter((name) => spoken.includes(name)).map((name) => posts.find(SENTENCES[name]));
    const deadline = performance.now() + POSTED_MS;
    do {
      await unlessStopped(posts.read(), signal);
      if (found(spoken).every(({ likeness }) => likeness >= LIKE_ENOUGH)) break;
      await unlessStopped(new Promise((resolve) => setTimeout(resolve, 500)), signal);
    } while (performance.now() < deadline);
    if (spoken.length === 0) return;
    tell(wordsStep('One alone: the words', found(['garden'])));
    if (spoken.includes('clock')) tell(wordsStep('Two with a cut: the words', found(['clock', 'train'])));
    if (spoken.includes('story')) tell(wordsStep('Over the answer: the words', found(['story', 'enough'])));
    tell(namesStep(found(spoken), by.name));
    const late = spoken.map((name) => {
      const { seenAt } = posts.find(SENTENCES[name]);
      return seenAt === null ? null : Math.max(0, seenAt - (this.#talk.spokenAt.get(name) ?? seenAt));
    });
    tell(
      postsStep(late, { count: posts.count, bySecond: await this.#seenBySecond(posts.ids), failure: posts.failure }),
    );
  }

  /** How many of the posts the second bot sees, as people do; null: it cannot look. */
  async #seenBySecond(ids: ReadonlySet<string>): Promise<number | null> {
    const { secondRest, place } = this.#parts;
    try {
      const query = new URLSearchParams({ limit: '100' });
      const messages = (await secondRest.get(Routes.channelMessages(place.channelId), { query })) as { id: string }[];
      return messages.filter(({ id }) => ids.has(id)).length;
    } catch {
      return null;
    }
  }

  #file(): Promise<boolean> {
    const { bot, rest, place } = this.#parts;
    return this.#attempt('A file', 'the transcript, byte for byte', async () => {
      const made = await unlessStopped(bot.ask('file', place, 30_000), this.#parts.signal);
      const route = Routes.channelMessage(place.channelId, made.messageId);
      try {
        const { attachments } = (await rest.get(route)) as { attachments: { url: string }[] };
        const url = attachments[0]?.url;
        if (url === undefined) throw new Error('The message has no file.');
        const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (!response.ok) throw new Error(`Its download was answered with ${response.status}.`);
        if (createHash('sha256').update(bytes).digest('hex') !== made.sha256)
          throw new Error('It came back with other bytes.');
        if (made.lines === 0) throw new Error('The record of the conversation is empty.');
        return `${made.lines} lines, ${Math.ceil(made.bytes / 1_024)} kB, up and down again`;
      } finally {
        await rest.delete(route).catch(() => {});
      }
    });
  }

  async #typed(): Promise<void> {
    const { bot, place, commands, signal, tell } = this.#parts;
    if (!commands) return;
    const { names, limitMs } = commands;
    await this.#attempt('Commands by hand', `${names.length} answered`, async () => {
      commands.ask();
      const question = { guildId: place.guildId, count: names.length, limitMs };
      const typed = await unlessStopped(bot.ask('commands', question, limitMs + 20_000), signal);
      for (const { name, tookMs, files } of typed) {
        const answer = tookMs === null ? 'no answer within 15 s' : `answered after ${duration(tookMs)}, ${files} files`;
        tell({ name: `/${name}`, verdict: tookMs === null ? 'failed' : 'ok', measured: answer, expected: 'an answer' });
      }
      if (typed.length < names.length)
        throw new Error('Those that are missing did not reach the bot, or nobody typed them.');
      return `${typed.length} typed`;
    });
  }

  /** What the bot itself told people that went wrong. */
  #troubles(): void {
    const { events, tell } = this.#parts;
    for (const { message } of events.all('trouble')) {
      tell({ name: 'The bot says', verdict: 'note', measured: message.slice(0, 200), expected: '' });
    }
  }

  #cost(): void {
    const { usd } = this.#parts.bill;
    const verdict = usd === null ? 'note' : usd < MOST_USD ? 'ok' : 'failed';
    this.#parts.tell({ name: 'Cost', verdict, measured: cents(usd), expected: `< ${cents(MOST_USD)}` });
  }

  #leave(): Promise<boolean> {
    const { bot, second, place, botId } = this.#parts;
    return this.#attempt('It leaves', `≤ ${duration(GONE_MS)}`, async () => {
      const beganAt = performance.now();
      await bot.ask('leave', { guildId: place.guildId }, 20_000);
      const gone = await second.ask('gone', { ...place, botId, limitMs: GONE_MS }, GONE_MS + 5_000);
      if (!gone) throw new Error('It still sits in the channel.');
      return `gone after ${duration(performance.now() - beganAt)}`;
    });
  }

  /** Whether it went well; says so. `act` gives nothing where others tell. Rejects with Stopped alone. */
  async #attempt(name: string, expected: string, act: () => Promise<string | undefined>): Promise<boolean> {
    const { tell, signal } = this.#parts;
    try {
      const measured = await unlessStopped(act(), signal);
      if (typeof measured === 'string') tell({ name, verdict: 'ok', measured, expected });
      return true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const advice = error instanceof Error ? error.message : String(error);
      tell({ name, verdict: 'failed', measured: 'failed', expected, advice });
      return false;
    }
  }
}
