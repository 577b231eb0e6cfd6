import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type DiscordOptions,
  SimulatedDiscord,
  type SimulatedGuild,
  type SimulatedPerson,
} from '@parley/simulator/discord';
import {
  type Script,
  SimulatedGemini,
  type SimulatedGeminiOptions,
  SimulatedOpenAI,
  type SimulatedOpenAIOptions,
  type Transcriber,
  type Writer,
} from '@parley/simulator/models';
import { COMPILED } from '../process/process.ts';
import { eventually } from '../time/eventually.ts';
import { violationsOf } from './conformance.ts';
import type { Protocol } from './world.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** What the README says for a person (`npm start`), and for a service. */
const WAYS = {
  npm: ['npm', 'start'],
  service: ['node_modules/.bin/node', 'src/start.js'],
} as const;

/** A line of the bot's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: number; readonly msg: string };

/** The bot in a process of its own, started as people start it. It belongs to whoever made it: `kill()` it. */
export class StartedBot {
  readonly child: ChildProcess;
  /** When it was started; performance.now(). */
  readonly startedAt = performance.now();
  stdout = '';
  stderr = '';
  readonly #ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  /** `env`: all that the bot gets beside PATH and HOME. `preload`: modules (file paths) that Node loads before the bot. */
  constructor(options: {
    readonly way?: keyof typeof WAYS;
    readonly env: NodeJS.ProcessEnv;
    readonly preload?: readonly string[];
    readonly cwd?: string;
  }) {
    const { way = 'service', preload = [], cwd = ROOT } = options;
    const [command, ...args] = WAYS[way];
    const imports = preload.map((file) => `--import=${file}`).join(' ');
    this.child = spawn(command, args, {
      cwd,
      // npm start has the bot as a grandchild: one group, so that nothing is left behind.
      detached: true,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...COMPILED,
        ...(imports && { NODE_OPTIONS: imports }),
        ...options.env,
      },
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.#ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The log so far, oldest first; what is no JSON (npm's own lines) is left out. */
  get log(): readonly LogLine[] {
    return this.stdout.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
  }

  /** Waits for a log line whose message contains `text`. Throws with the output when it does not come. */
  async logs(text: string, timeoutMs = 45_000): Promise<LogLine> {
    const found = (): LogLine | undefined => this.log.find((line) => String(line.msg).includes(text));
    await eventually(`the log line “${text}”`, () => found() !== undefined || !this.running, {
      withinMs: timeoutMs,
      story: () => this.output,
    });
    const line = found();
    if (!line) throw new Error(`ended without the log line “${text}”:\n${this.output}`);
    return line;
  }

  /** The exit code once process and output are closed; throws after `timeoutMs`, having killed it. */
  async exit(timeoutMs = 45_000): Promise<number | null> {
    const timer = setTimeout(() => this.kill(), timeoutMs);
    const { code, signal } = await this.#ended;
    clearTimeout(timer);
    if (signal === 'SIGKILL') throw new Error(`was killed, or did not exit within ${timeoutMs} ms:\n${this.output}`);
    return code;
  }

  /** Asks it to stop, as a terminal or a supervisor does, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 15_000): Promise<number | null> {
    if (this.running) this.child.kill(signal);
    return this.exit(timeoutMs);
  }

  /** Ends the whole process group at once (SIGKILL). Idempotent. */
  kill(): void {
    try {
      if (this.child.pid) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }

  get output(): string {
    return `${this.stderr}${this.stdout}`.slice(-8_000);
  }
}

/** What a started world is made of. */
export interface StartedOptions {
  /** Default: openai. */
  readonly protocol?: Protocol;
  /** What the model answers; default: nothing. */
  readonly script?: Script;
  readonly hear?: Transcriber;
  readonly write?: Writer;
  readonly discord?: DiscordOptions;
  /** Of the model's stand-in. */
  readonly simulated?: Partial<SimulatedOpenAIOptions & SimulatedGeminiOptions>;
  /** Variables of the bot, over those of the world. */
  readonly env?: NodeJS.ProcessEnv;
  readonly way?: keyof typeof WAYS;
  readonly preload?: readonly string[];
}

/**
 * The stand-ins in the test's process, and the bot in one of its own: a guild with a voice channel and a text channel, and
 * a folder for the bot's database. Close it.
 */
export class StartedWorld {
  readonly discord: SimulatedDiscord;
  readonly model: SimulatedOpenAI | SimulatedGemini;
  readonly protocol: Protocol;
  readonly guild: SimulatedGuild;
  readonly channelId: string;
  readonly textChannelId: string;
  /** Temporary; holds the database (`parley.db`) and the stand-in's certificate. Removed with the world. */
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-started-'));
  /** Variables of every bot that is booted from now on, over those of the world. */
  also: NodeJS.ProcessEnv = {};
  readonly #options: StartedOptions;
  /** Every bot that was booted, oldest first. */
  readonly bots: StartedBot[] = [];
  #closed: Promise<void> | undefined;

  private constructor(
    servers: { discord: SimulatedDiscord; model: SimulatedOpenAI | SimulatedGemini },
    options: StartedOptions,
  ) {
    this.discord = servers.discord;
    this.model = servers.model;
    this.protocol = options.protocol ?? 'openai';
    this.#options = options;
    this.guild = servers.discord.createGuild({ name: 'Test' });
    this.channelId = this.guild.createVoiceChannel({ name: 'Lounge' });
    this.textChannelId = this.guild.createTextChannel({ name: 'talk' });
    writeFileSync(join(this.folder, 'discord.pem'), servers.discord.certificate);
  }

  /** The stand-ins alone, so that a test can set them up; then `boot()`. */
  static async prepare(options: StartedOptions = {}): Promise<StartedWorld> {
    const { protocol = 'openai', script = () => ({ silent: true }), hear, write } = options;
    const simulated = { script, ...options.simulated, ...(hear && { hear }), ...(write && { write }) };
    const discord = await SimulatedDiscord.start(options.discord);
    const model = await (protocol === 'openai' ? SimulatedOpenAI.start(simulated) : SimulatedGemini.start(simulated));
    return new StartedWorld({ discord, model }, options);
  }

  /** Everything, with the bot ready. */
  static async start(options: StartedOptions = {}): Promise<StartedWorld> {
    const world = await StartedWorld.prepare(options);
    try {
      world.boot();
      await world.bot.logs('ready');
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** The variables that lead the bot to this world. */
  get env(): NodeJS.ProcessEnv {
    const { apiKey, url } = this.model;
    const model =
      this.protocol === 'openai'
        ? { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: url }
        : { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: url };
    return {
      DISCORD_TOKEN: this.discord.token,
      DISCORD_API_URL: this.discord.apiUrl,
      DATABASE_URL: `sqlite:${join(this.folder, 'parley.db')}`,
      NODE_EXTRA_CA_CERTS: join(this.folder, 'discord.pem'),
      PROVIDER: this.protocol,
      // Thousands of answers are no money here.
      BUDGET_TOTAL: '0',
      ...model,
    };
  }

  /** The bot that was booted last. */
  get bot(): StartedBot {
    const bot = this.bots.at(-1);
    if (!bot) throw new Error('the bot was not started');
    return bot;
  }

  /** Starts the bot (again); does not wait for it. */
  boot(more: Pick<StartedOptions, 'env' | 'way' | 'preload'> = {}): StartedBot {
    const { way, preload } = { ...this.#options, ...more };
    const bot = new StartedBot({
      env: { ...this.env, ...this.#options.env, ...this.also, ...more.env },
      ...(way && { way }),
      ...(preload && { preload }),
    });
    this.bots.push(bot);
    return bot;
  }

  /** A person who sits in the voice channel, with a real voice connection. */
  async person(name: string): Promise<SimulatedPerson> {
    const person = this.guild.addPerson({ name });
    await person.join(this.channelId);
    return person;
  }

  /** Brings the bot in; throws with its answer when it does not come. */
  async join(by: SimulatedPerson): Promise<void> {
    const answer = await by.command('/join');
    if (this.guild.botVoiceChannelId !== by.voiceChannelId) throw new Error(`/join answered: ${answer.content}`);
  }

  /** All that stands in a channel (the voice channel's chat unless said), a post a line. */
  posts(channelId = this.channelId): string {
    return this.guild
      .messages(channelId)
      .map((message) => message.content)
      .join('\n');
  }

  /** The bot's network is gone: Discord's REST, gateway and voice, and the model. People talk on. */
  cutNetwork(outage: 'reset' | 'silent'): void {
    this.discord.cutNetwork(outage);
    Object.assign(this.model.faults, { halfOpen: true, silentSetup: true });
  }

  /** The bot's network is back; what broke meanwhile stays broken. */
  restoreNetwork(): void {
    this.discord.restoreNetwork();
    Object.assign(this.model.faults, { halfOpen: false, silentSetup: false });
  }

  /** What `/status` says; while the gateway is away nobody is answered, so it is asked again for a while. */
  async status(person: SimulatedPerson, timeoutMs = 120_000): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await person.command('/status', {}, { timeoutMs: 30_000 }).catch((error: Error) => error);
      if (!(answer instanceof Error)) return answer.content;
      if (performance.now() > deadline) throw answer;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Waits for a condition; throws with the bot's output when it does not come. */
  async until(what: string, condition: () => boolean, withinMs = 30_000): Promise<void> {
    await eventually(what, condition, { withinMs, story: () => this.bots.at(-1)?.output ?? '' });
  }

  /**
   * Stops the bot and the stand-ins and removes the folder. Throws when the bot sent what violates a published schema
   * (where the schemas are there). Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Stops the bot, killing it where it does not go. Idempotent. */
  async stop(): Promise<void> {
    const bot = this.bots.at(-1);
    if (bot?.running) await bot.stop().catch(() => {});
    bot?.kill();
  }

  async #close(): Promise<void> {
    await this.stop();
    await this.model.close();
    await this.discord.close();
    rmSync(this.folder, { recursive: true, force: true });
    const protocol = this.protocol;
    const frames = this.model.frames.map(({ direction, message }) => ({ protocol, direction, message }));
    const requests = this.discord.requests.map(({ method, path, body }) => ({ method, path, body }));
    const violations = await violationsOf({ frames, requests });
    if (violations && violations.length > 0) throw new Error(`sent what is not allowed:\n${violations.join('\n')}`);
  }
}
