import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type DiscordOptions,
  type RelayedPacket,
  SimulatedDiscord,
  type SimulatedGuild,
  type SimulatedPerson,
} from '@parley/simulator/discord';
import {
  type ModelEvent,
  type ScriptedReply,
  SimulatedOpenAI,
  type SimulatedOpenAIOptions,
} from '@parley/simulator/models';
import { type BotKind, BotProcess } from './bot-process.ts';
import type { Utterance } from './sounds.ts';
import { StallWatch } from './stall-watch.ts';

/** A guild with one voice channel and its people in it. */
export interface Place {
  readonly guild: SimulatedGuild;
  readonly channelId: string;
  readonly people: readonly SimulatedPerson[];
}

/** How the stage is set. */
export interface StageOptions {
  /** How many people are in the voice channel of each guild. */
  readonly people: readonly number[];
  readonly discord?: DiscordOptions;
  readonly model?: Pick<SimulatedOpenAIOptions, 'hear' | 'sessionMs'>;
  /** More variables for the bot. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What was to be measured did not happen as it should: there is no number, but this reason. */
export class Invalid extends Error {
  override readonly name = 'Invalid';
}

const POLL_MS = 5;
/** After joining, what goes on in the background (DAVE, announcements) comes to rest. */
const SETTLE_MS = 700;

/**
 * One bot, as a process of its own, between a simulated Discord and a simulated OpenAI, which run in this process: all
 * instants are of one clock. Close it.
 */
export class Stage {
  readonly bot: BotProcess;
  readonly discord: SimulatedDiscord;
  readonly places: readonly Place[];
  /** What the model did and got, oldest first. */
  readonly events: ModelEvent[] = [];
  readonly stalls = new StallWatch();
  readonly #openai: SimulatedOpenAI;
  readonly #setReply: (reply: ScriptedReply) => void;
  readonly #folder: string;

  private constructor(parts: {
    bot: BotProcess;
    discord: SimulatedDiscord;
    openai: SimulatedOpenAI;
    places: readonly Place[];
    setReply: (reply: ScriptedReply) => void;
    folder: string;
  }) {
    this.bot = parts.bot;
    this.discord = parts.discord;
    this.places = parts.places;
    this.#openai = parts.openai;
    this.#setReply = parts.setReply;
    this.#folder = parts.folder;
    parts.openai.onEvent((event) => this.events.push(event));
  }

  /** The bot is logged in, and in no channel. */
  static async start(kind: BotKind, options: StageOptions): Promise<Stage> {
    const discord = await SimulatedDiscord.start(options.discord);
    let reply: ScriptedReply = { silent: true };
    const openai = await SimulatedOpenAI.start({ script: () => reply, frameLimit: 0, ...options.model });
    const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
    const certificate = join(folder, 'certificate.pem');
    await writeFile(certificate, discord.certificate);
    const places = await Promise.all(options.people.map((count, index) => place(discord, index, count)));
    const bot = new BotProcess(kind, {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      OPENAI_API_KEY: openai.apiKey,
      OPENAI_BASE_URL: openai.url,
      PROVIDER: 'openai',
      DATABASE_URL: 'sqlite::memory:',
      NODE_EXTRA_CA_CERTS: certificate,
      ...options.env,
    });
    const setReply = (next: ScriptedReply): void => {
      reply = next;
    };
    const stage = new Stage({ bot, discord, openai, places, setReply, folder });
    try {
      await stage.#loggedIn();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  /** What the model answers from now on. */
  set reply(reply: ScriptedReply) {
    this.#setReply(reply);
  }

  /** The model's record of people's turns. */
  get turns(): SimulatedOpenAI['turns'] {
    return this.#openai.turns;
  }

  /** Brings the bot into a place and waits until everything is at rest. */
  async join(place: Place): Promise<void> {
    const { guild, channelId, people } = place;
    if (this.bot.kind === 'plain') {
      const joined = await this.bot.ask(
        { join: { guildId: guild.id, channelId } },
        (answer) => answer.joined === guild.id,
      );
      if (joined.error) throw new Invalid(`the plain bridge could not join: ${joined.error}`);
    } else {
      const answer = await (people[0] as SimulatedPerson).command('/join');
      if (!/listening/.test(answer.content)) throw new Invalid(`/join was answered with: ${answer.content}`);
    }
    await this.until(
      () => this.discord.voice.connected(channelId).includes(this.discord.botUser.id),
      5_000,
      'the bot in the channel',
    );
    await wait(SETTLE_MS);
  }

  async leave(place: Place): Promise<void> {
    if (this.bot.kind === 'plain') this.bot.tell({ leave: { guildId: place.guild.id } });
    else await (place.people[0] as SimulatedPerson).command('/leave');
    await this.until(() => place.guild.botVoiceChannelId === null, 5_000, 'the bot out of the channel');
  }

  /** Somebody says something in real time; gives the packets as they came to the voice server, in order. */
  async say(person: SimulatedPerson, utterance: Utterance): Promise<RelayedPacket[]> {
    const mark = performance.now();
    await person.voice.speak(utterance.sound);
    const expected = utterance.packets + 5;
    // The last ones are still on the way to the server.
    await this.until(() => this.packets(person.userId, mark).length >= expected, 500, 'a person’s packets').catch(
      () => {},
    );
    const packets = this.packets(person.userId, mark);
    if (packets.length !== expected)
      throw new Invalid(`${packets.length} of ${expected} packets of a person were sent`);
    return packets;
  }

  /** Packets of one user since an instant, oldest first. */
  packets(userId: string, since: number): RelayedPacket[] {
    return this.discord.voice.packets.filter((packet) => packet.userId === userId && packet.at >= since);
  }

  /** Packets of the bot's own voice since an instant, without the silence that ends a talk spurt. */
  voicePackets(since: number): RelayedPacket[] {
    return this.packets(this.discord.botUser.id, since).filter((packet) => !packet.silence);
  }

  /** The first event of this kind since an instant. */
  find(type: ModelEvent['type'], since: number): ModelEvent | undefined {
    return this.events.find((event) => event.type === type && event.at >= since);
  }

  /** Waits for an event of the model since an instant; throws Invalid when it does not come. */
  async event(type: ModelEvent['type'], since: number, timeoutMs: number, what: string): Promise<ModelEvent> {
    await this.until(() => this.find(type, since) !== undefined, timeoutMs, what);
    return this.find(type, since) as ModelEvent;
  }

  async until(holds: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!holds()) {
      if (!this.bot.running) throw new Invalid(`the bot's process ended: ${this.bot.output.slice(-600)}`);
      if (performance.now() > deadline) throw new Invalid(`not within ${timeoutMs} ms: ${what}`);
      await wait(POLL_MS);
    }
  }

  async close(): Promise<void> {
    this.stalls.close();
    await this.bot.stop();
    await this.discord.close();
    await this.#openai.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #loggedIn(): Promise<void> {
    if (this.bot.kind === 'plain') await this.bot.ask(undefined, (answer) => answer.ready === true);
    else await this.until(() => hasCommand(this.discord, 'join'), 45_000, 'the registration of the bot’s commands');
    await wait(SETTLE_MS);
  }
}

function hasCommand(discord: SimulatedDiscord, name: string): boolean {
  return discord.guilds.every((guild) => discord.commands.visibleIn(guild.id).some((one) => one.name === name));
}

async function place(discord: SimulatedDiscord, index: number, count: number): Promise<Place> {
  const guild = discord.createGuild({ name: `Guild ${index + 1}` });
  const channelId = guild.createVoiceChannel({ name: 'Voice' });
  const people = Array.from({ length: count }, (_, i) => guild.addPerson({ name: `Person ${i + 1}` }));
  for (const person of people) await person.join(channelId);
  return { guild, channelId, people };
}
