import tls from 'node:tls';
import {
  type DiscordOptions,
  SimulatedDiscord,
  type SimulatedGuild,
  type SimulatedPerson,
} from '@parley/simulator/discord';
import { type Script, SimulatedGemini, SimulatedOpenAI, type Transcriber, type Writer } from '@parley/simulator/models';
import { PermissionFlagsBits } from 'discord.js';
import type { Parley } from '../../../src/app/parley.ts';
import { startParley } from '../../../src/app/start-parley.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { LinkPatience } from '../../../src/discord/voice/link/close-codes.ts';
import type { RetryPolicy } from '../../../src/model/durable/retry-policy.ts';
import type { BridgeEvent } from '../../../src/ports/bridge-events.ts';
import type { Provider } from '../../../src/ports/capabilities.ts';
import { createLog } from '../../../src/process/log.ts';
import type { Tool } from '../../../src/tools/tool.ts';
import { eventually } from '../time/eventually.ts';
import { violationsOf } from './conformance.ts';

export type Protocol = 'openai' | 'gemini';
export const PROTOCOLS: readonly Protocol[] = ['openai', 'gemini'];
/** What each provider's model hears at. */
export const INPUT_RATE: Readonly<Record<Protocol, number>> = { openai: 24000, gemini: 16000 };

/** The whole product on local stand-ins: a guild with one voice channel, people, the bot logged in. */
export class World {
  readonly protocol: Protocol;
  readonly provider: Provider;
  readonly discord: SimulatedDiscord;
  readonly model: SimulatedOpenAI | SimulatedGemini;
  /** A server of the other protocol, where one was wanted. */
  readonly #second: SimulatedOpenAI | SimulatedGemini | undefined;
  readonly guild: SimulatedGuild;
  readonly channelId: string;
  readonly events: BridgeEvent[] = [];
  #parley: Parley | undefined;
  #closed: Promise<void> | undefined;

  private constructor(servers: {
    protocol: Protocol;
    provider: Provider;
    discord: SimulatedDiscord;
    model: SimulatedOpenAI | SimulatedGemini;
    second: SimulatedOpenAI | SimulatedGemini | undefined;
  }) {
    const { protocol, provider, discord, model, second } = servers;
    this.protocol = protocol;
    this.provider = provider;
    this.discord = discord;
    this.model = model;
    this.#second = second;
    this.guild = discord.createGuild({ name: 'Test' });
    this.channelId = this.guild.createVoiceChannel({ name: 'Lounge' });
  }

  /** Starts the stand-ins and the bot. `env` overrides variables of the bot. */
  static async start(options: {
    protocol: Protocol;
    script: Script;
    hear?: Transcriber;
    /** What the text models write. */
    write?: Writer;
    discord?: DiscordOptions;
    env?: NodeJS.ProcessEnv;
    /** Of the model's stand-in. */
    simulated?: { readonly bundle?: boolean; readonly mcpServers?: Readonly<Record<string, readonly string[]>> };
    /** With a lost model. */
    patience?: RetryPolicy;
    /** With a lost voice connection. */
    linkPatience?: LinkPatience;
    /** Whether the bot is given a provider of the other protocol, too. */
    second?: boolean;
    /** Which provider of the protocol; default: the one of its name. */
    provider?: Provider;
    /** Beside the built-in ones. */
    tools?: readonly Tool[];
    /** What moderators see around a hit, in ms. */
    contextMs?: number;
  }): Promise<World> {
    const { protocol, script } = options;
    const model = {
      script,
      ...options.simulated,
      ...(options.hear && { hear: options.hear }),
      ...(options.write && { write: options.write }),
    };
    const discord = await SimulatedDiscord.start(options.discord);
    tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
    const start = (one: Protocol) => (one === 'openai' ? SimulatedOpenAI.start(model) : SimulatedGemini.start(model));
    const second = options.second === true ? await start(otherThan(protocol)) : undefined;
    const provider = options.provider ?? protocol;
    const world = new World({ protocol, provider, discord, model: await start(protocol), second });
    await world.#boot(options);
    return world;
  }

  /** The variables that lead the bot to this world. */
  get env(): NodeJS.ProcessEnv {
    return {
      DISCORD_TOKEN: this.discord.token,
      DISCORD_API_URL: this.discord.apiUrl,
      DATABASE_URL: 'sqlite::memory:',
      LOG_LEVEL: 'fatal',
      // Thousands of answers are no money here.
      BUDGET_TOTAL: '0',
      PROVIDER: this.provider,
      ...endpoint(this.provider, this.model),
      ...(this.#second && endpoint(otherThan(this.protocol), this.#second)),
    };
  }

  /** The server of the other protocol; throws where none was wanted. */
  get second(): SimulatedOpenAI | SimulatedGemini {
    if (!this.#second) throw new Error('there is one model only');
    return this.#second;
  }

  get parley(): Parley {
    if (!this.#parley) throw new Error('the bot is not running');
    return this.#parley;
  }

  async #boot({
    env = {},
    patience,
    linkPatience,
    tools,
    contextMs,
  }: Omit<Parameters<typeof World.start>[0], 'protocol' | 'script'>) {
    const config = readConfig({ ...this.env, ...env });
    const log = createLog({ level: config.logLevel, redact: config.secrets, destination: process.stderr });
    this.#parley = await startParley({
      config,
      log,
      ...(patience && { patience }),
      ...(linkPatience && { linkPatience }),
      ...(tools && { tools }),
      ...(contextMs !== undefined && { contextMs }),
      // However loaded the machine is, the first thing that is read is the answer.
      progressMs: 60_000,
      observe: (event) => {
        this.events.push(event);
      },
    });
  }

  /** Stops the bot and starts it anew, with these variables. */
  async restart(env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.#parley?.stop();
    await this.#boot({ env });
  }

  /** A person in the voice channel, with a real voice connection. */
  async person(name: string): Promise<SimulatedPerson> {
    const person = this.guild.addPerson({ name });
    await person.join(this.channelId);
    return person;
  }

  /** Brings the bot in and waits until it hears these people. */
  async join(by: SimulatedPerson): Promise<void> {
    const answer = await by.command('/join');
    if (this.guild.botVoiceChannelId !== this.channelId) throw new Error(`/join answered: ${answer.content}`);
  }

  /** Takes this person's right to write in the voice channel's chat away. */
  denyWriting(person: SimulatedPerson): void {
    const channel = this.guild.channels.get(this.channelId);
    if (!channel) throw new Error('the channel is gone');
    channel.overwrites.push({ id: person.userId, type: 1, allow: 0n, deny: PermissionFlagsBits.SendMessages });
    this.guild.channelChanged(channel);
  }

  /** Events of one type so far. */
  of<Type extends BridgeEvent['type']>(type: Type): (BridgeEvent & { type: Type })[] {
    return this.events.filter((event): event is BridgeEvent & { type: Type } => event.type === type);
  }

  /** Waits for a condition on the events; throws with what did happen when it does not come. */
  async until(what: string, condition: () => boolean, withinMs = 30_000): Promise<void> {
    const story = (): string => {
      const told = this.events.filter((event) => event.type !== 'level').map((event) => JSON.stringify(event));
      return told.join('\n').slice(-4_000);
    };
    await eventually(what, condition, { withinMs, everyMs: 5, story });
  }

  /** Every violation of the published schemas in what the bot sent so far; undefined where the schemas are absent. */
  violations(): Promise<string[] | undefined> {
    const servers = this.#second ? [this.model, this.#second] : [this.model];
    const frames = servers.flatMap((server) => {
      const protocol = server instanceof SimulatedOpenAI ? ('openai' as const) : ('gemini' as const);
      return server.frames.map(({ direction, message }) => ({ protocol, direction, message }));
    });
    const requests = this.discord.requests.map(({ method, path, body }) => ({ method, path, body }));
    return violationsOf({ frames, requests });
  }

  /**
   * Stops everything. Throws when anything that was sent violates a published schema (where the schemas are there).
   * Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#parley?.stop();
    await this.model.close();
    await this.#second?.close();
    await this.discord.close();
    const violations = await this.violations();
    if (violations && violations.length > 0) throw new Error(`sent what is not allowed:\n${violations.join('\n')}`);
  }
}

/** The protocol of a world's second model. */
export function otherThan(protocol: Protocol): Protocol {
  return protocol === 'openai' ? 'gemini' : 'openai';
}

function endpoint(provider: Provider, { apiKey, url }: SimulatedOpenAI | SimulatedGemini): NodeJS.ProcessEnv {
  switch (provider) {
    case 'openai':
      return { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: url };
    case 'azure':
      return { AZURE_OPENAI_API_KEY: apiKey, AZURE_OPENAI_BASE_URL: url, AZURE_OPENAI_DEPLOYMENT: 'gpt-realtime' };
    case 'gemini':
      return { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: url };
    case 'vertex':
      return { VERTEX_PROJECT: 'project', VERTEX_API_KEY: apiKey, VERTEX_BASE_URL: url };
    default:
      return provider satisfies never;
  }
}
