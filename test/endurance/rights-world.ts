import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import tls from 'node:tls';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { type ScriptedReply, type ScriptInput, SimulatedGemini, SimulatedOpenAI } from '@parley/simulator/models';
import type { Parley } from '../../src/app/parley.ts';
import { startParley } from '../../src/app/start-parley.ts';
import { readConfig } from '../../src/config/config.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import type { Person } from '../../src/ports/voice.ts';
import { createLog } from '../../src/process/log.ts';
import { type Database, openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { tone } from '../support/sound/sound.ts';
import { recordInto, type Said } from '../support/world/recorded-lines.ts';
import { TOKEN } from './rights-truth.ts';

export type Protocol = 'openai' | 'gemini';
const PCM = tone({ hz: 1700, ms: 60, rate: 24000 });

/** What one connection to the model was given: the words of every frame, and what it goes on from. */
export interface Known {
  /** And since when; performance.now(). */
  readonly tokens: Map<string, number>;
  /** The conversations (guild ids) whose words came in it. */
  readonly guilds: Set<string>;
}

/**
 * One bot on local stand-ins, for many guilds at once. Its model obeys: what is typed names the tool that it calls, and it
 * says everything that it is given.
 */
export class RightsWorld {
  readonly protocol: Protocol;
  readonly discord: SimulatedDiscord;
  readonly model: SimulatedOpenAI | SimulatedGemini;
  readonly databaseUrl: string;
  readonly #folder: string;
  readonly #known = new Map<number, Known>();
  readonly #listeners = new Map<string, (event: BridgeEvent) => void>();
  readonly #poll: NodeJS.Timeout;
  #seenAt = 0;
  #parley!: Parley;
  #database!: Database;
  #lastRecord: Promise<unknown> = Promise.resolve();

  private constructor(
    protocol: Protocol,
    servers: { discord: SimulatedDiscord; model: SimulatedOpenAI | SimulatedGemini },
  ) {
    this.protocol = protocol;
    this.discord = servers.discord;
    this.model = servers.model;
    this.#folder = mkdtempSync(join(tmpdir(), 'parley-rights-'));
    this.databaseUrl = `sqlite:${join(this.#folder, 'parley.db')}`;
    this.#poll = setInterval(() => this.#read(), 40);
  }

  static async start(protocol: Protocol): Promise<RightsWorld> {
    const discord = await SimulatedDiscord.start({ rateFactor: 0.01, dave: false });
    tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
    const model = await (protocol === 'openai'
      ? SimulatedOpenAI.start({ script: obey })
      : SimulatedGemini.start({ script: obey }));
    const world = new RightsWorld(protocol, { discord, model });
    const key = protocol === 'openai' ? 'OPENAI' : 'GEMINI';
    const config = readConfig({
      ...{ DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DATABASE_URL: world.databaseUrl },
      ...{
        LOG_LEVEL: 'fatal',
        BUDGET_TOTAL: '0',
        PROVIDER: protocol,
        [`${key}_API_KEY`]: model.apiKey,
        [`${key}_BASE_URL`]: model.url,
      },
    });
    const log = createLog({ level: config.logLevel, redact: config.secrets, destination: process.stderr });
    const observe = (event: BridgeEvent, guildId: string): void => world.#listeners.get(guildId)?.(event);
    world.#parley = await startParley({ config, log, observe, progressMs: 60_000 });
    world.#database = await openDatabase(world.databaseUrl);
    return world;
  }

  /** Is told of everything that happens in this guild's conversations. */
  follow(guildId: string, listener: (event: BridgeEvent) => void): void {
    this.#listeners.set(guildId, listener);
  }

  /** What the connections know in which this conversation is, or was. */
  knownOf(guildId: string): readonly Known[] {
    this.#read();
    return [...this.#known.values()].filter(({ guilds }) => guilds.has(guildId));
  }

  /** Puts what was said before into the bot's own database, while the bot may be writing there. */
  record(guildId: string, lines: readonly Said[]): Promise<void> {
    return this.#written(() => recordInto(new RecordStore(this.#database, openText), guildId, lines));
  }

  /** Has somebody want something remembered in a room, before the conversation. */
  note(
    guildId: string,
    note: { readonly text: string; readonly by: Person; readonly channelId: string },
  ): Promise<void> {
    return this.#written(() => new NoteStore(this.#database).add(guildId, note));
  }

  /** One after the other, and again where the bot was writing. */
  #written(write: () => Promise<unknown>): Promise<void> {
    const written = this.#lastRecord.then(async () => {
      for (let tries = 1; ; tries++) {
        try {
          await write();
          return;
        } catch (error) {
          if (tries === 40) throw error;
          await wait(25 + 50 * Math.random());
        }
      }
    });
    this.#lastRecord = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    await this.#database.destroy();
    await this.#parley.stop();
    await this.model.close();
    await this.discord.close();
    rmSync(this.#folder, { recursive: true });
  }

  #read(): void {
    const fresh = this.model.frames.filter(({ at, direction }) => at > this.#seenAt && direction === 'client');
    this.#seenAt = this.model.frames.at(-1)?.at ?? this.#seenAt;
    for (const { session, message, at } of fresh) {
      const text = JSON.stringify(message);
      const known = this.#known.get(session) ?? { tokens: new Map(), guilds: new Set() };
      this.#known.set(session, known);
      for (const [token] of text.matchAll(TOKEN)) if (!known.tokens.has(token)) known.tokens.set(token, at);
      for (const [, guildId = ''] of text.matchAll(/@@(\d+):/g)) known.guilds.add(guildId);
    }
  }
}

/** `@@GUILD:TOOL:ARGUMENT@@` in what is typed is carried out; what comes back is said, every word. */
function obey({ text, toolResults }: ScriptInput): ScriptedReply {
  if (toolResults.length > 0)
    return { say: { text: words(toolResults.map(({ output }) => output).join(' ')), pcm: PCM }, speed: 20 };
  const [, tool, argument = ''] = /@@\d+:(\w+):([^@]*)@@/.exec(text) ?? [];
  if (tool === 'find') return { calls: [{ name: 'search_transcripts', arguments: { words: argument, limit: 20 } }] };
  if (tool === 'recall') return { calls: [{ name: 'recall', arguments: {} }] };
  if (tool === 'post') return { calls: [{ name: 'post_message', arguments: { text: argument } }] };
  return { say: { text: words(text) || 'Yes.', pcm: PCM }, speed: 20 };
}

function words(text: string): string {
  return `I know ${[...new Set([...text.matchAll(TOKEN)].map(([token]) => token))].join(' ')}.`;
}
