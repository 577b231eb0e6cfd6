import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type SimulatedPerson, seededRandom } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { openDatabase } from '../../../src/store/database/database.ts';
import { StrictMcp } from '../../support/mcp/mcp-http.ts';
import { SpokenNumbers } from '../../support/sound/spoken-numbers.ts';
import { StartedWorld } from '../../support/world/started-world.ts';
import type { Protocol } from '../../support/world/world.ts';
import type { Recorded, Struck } from './judgement.ts';
import { MCP_TROUBLES } from './mcp-troubles.ts';
import { type Sentence, Sentences, talk } from './people.ts';
import { ENDS, TROUBLES, type Trouble } from './troubles.ts';
import { type Typed, type } from './typing.ts';

const NAMES = ['Anna', 'Ben', 'Carl'];
/** What the bot sends to the model, by protocol. */
const MODEL_RATES = { openai: 24_000, gemini: 16_000 } as const;
const DISK_MB = 64;
const TYPE_EVERY_MS = 8_000;
/** Between the end of a trouble and the next one: somebody has to be heard in between. */
const CALM_MS: readonly [from: number, to: number] = [8_000, 25_000];
/** After the last word, until all is written. */
const DRAIN_MS = 15_000;
const MEMORY_EVERY_MS = 15_000;
/** Of so many answers one calls a tool of the MCP server. */
const CALL_EVERY = 4;
const MINUTE_MS = 60_000;
const CLOCK = new URL('../../support/process/preload/stepped-clock.ts', import.meta.url).href;
const LIVE_MEMORY = new URL('../../support/process/preload/live-memory.ts', import.meta.url).href;

/** Memory of the bot's process, in MB. `at`: ms since the beginning. `live`: what a collection leaves, where that is known. */
export interface MemorySample {
  readonly at: number;
  readonly pid: number;
  readonly resident: number;
  readonly live: number | undefined;
}

/** All that happened. */
export interface ChaosResult {
  readonly sentences: readonly Sentence[];
  /** The numbers that came to the model. */
  readonly heard: ReadonlySet<number>;
  readonly struck: readonly Struck[];
  readonly typed: readonly Typed[];
  readonly recorded: readonly Recorded[];
  /** What stands in the channel at the end, post by post. */
  readonly posts: readonly string[];
  readonly requests: StartedWorld['discord']['requests'];
  readonly memory: readonly MemorySample[];
  /** What the bot's processes logged, one behind the other. */
  readonly logged: string;
  /** New connections to the model, minute by minute. */
  readonly connections: readonly number[];
  readonly startedAt: number;
  /** How many calls of the MCP server's tool the model made, each with a number of its own, and the numbers carried out. */
  readonly mcp: { readonly made: number; readonly madeAt: readonly number[]; readonly carriedOut: readonly number[] };
}

export interface ChaosOptions {
  readonly lengthMs: number;
  readonly seed: number;
  /** In which part of the time the process is ended now and then, 0…1: memory is judged after it. */
  readonly endsUntil: number;
  readonly protocol: Protocol;
  /** Only troubles whose name contains one of these; empty: all. */
  readonly only: readonly string[];
  readonly say: (line: string) => void;
}

/** Three people speak and type while everything around the bot goes wrong. Checks nothing. Needs to be root: it mounts a disk. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, protocol } = options;
  const numbers = new SpokenNumbers(NAMES);
  const heard = new Set<number>();
  const mcp = await StrictMcp.start();
  const calls = new McpCalls();
  const world = await StartedWorld.prepare({
    protocol,
    hear: ({ pcm }) => {
      const said = numbers.read(pcm, MODEL_RATES[protocol]);
      for (const { number } of said) heard.add(number);
      return said.length > 0 ? said.map(({ number }) => `number ${number}`).join(', ') : 'something';
    },
    script: (input) => calls.next(input),
    simulated: { frameLimit: 0 },
    discord: { seed },
    preload: [CLOCK, LIVE_MEMORY],
  });
  const disk = join(world.folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', disk]);
  try {
    return await new Chaos({ world, disk, numbers, heard, options, mcp, calls }).run();
  } finally {
    await world.stop();
    execFileSync('umount', ['-l', disk]);
    await world.close();
    mcp.close();
  }
}

/** What the model answers: every few times a call of the MCP server's tool, each with a number of its own. */
class McpCalls {
  made = 0;
  /** performance.now() */
  readonly madeAt: number[] = [];
  #asked = 0;

  next({ toolResults }: ScriptInput): ScriptedReply {
    if (toolResults.length === 0) this.#asked += 1;
    if (toolResults.length > 0 || this.#asked % CALL_EVERY !== 0) return { say: { text: 'Yes.' }, speed: 4 };
    this.made += 1;
    this.madeAt.push(performance.now());
    return { calls: [{ name: 'far__add', arguments: { n: this.made } }] };
  }
}

class Chaos {
  readonly #world: StartedWorld;
  readonly #disk: string;
  readonly #clockFile: string;
  readonly #numbers: SpokenNumbers;
  readonly #heard: ReadonlySet<number>;
  readonly #options: ChaosOptions;
  readonly #mcp: StrictMcp;
  readonly #calls: McpCalls;
  readonly #random: () => number;
  readonly #sentences = new Sentences();
  readonly #struck: Struck[] = [];
  readonly #memory: MemorySample[] = [];
  readonly #memoryFile: string;
  readonly #connections: number[] = [];
  readonly #ending = new AbortController();
  #under: { readonly trouble: Trouble; readonly from: number } | undefined;
  #startedAt = 0;

  constructor(parts: {
    world: StartedWorld;
    disk: string;
    numbers: SpokenNumbers;
    heard: ReadonlySet<number>;
    options: ChaosOptions;
    mcp: StrictMcp;
    calls: McpCalls;
  }) {
    this.#world = parts.world;
    this.#disk = parts.disk;
    this.#clockFile = join(parts.world.folder, 'clock');
    this.#memoryFile = join(parts.world.folder, 'memory');
    this.#numbers = parts.numbers;
    this.#heard = parts.heard;
    this.#options = parts.options;
    this.#mcp = parts.mcp;
    this.#calls = parts.calls;
    this.#random = seededRandom(parts.options.seed, 'troubles');
  }

  async run(): Promise<ChaosResult> {
    const world = this.#world;
    const { signal } = this.#ending;
    this.#setClock(0);
    const servers = join(world.folder, 'mcp.json');
    writeFileSync(
      servers,
      JSON.stringify({ mcpServers: { far: { url: this.#mcp.url, timeoutMs: 5_000, risk: 'read' } } }),
    );
    world.also = {
      DATABASE_URL: `sqlite:${join(this.#disk, 'parley.db')}`,
      STEPPED_CLOCK_FILE: this.#clockFile,
      LIVE_MEMORY_FILE: this.#memoryFile,
      MCP_CONFIG: servers,
    };
    await world.boot().logs('ready');
    const people = await Promise.all(NAMES.map((name) => world.person(name)));
    const owner = world.guild.addPerson({ name: 'Olga', admin: true });
    await world.join(people[0] as (typeof people)[number]);
    this.#startedAt = performance.now();
    const talking = people.map((person) =>
      talk(person, {
        sentences: this.#sentences,
        numbers: this.#numbers,
        random: seededRandom(this.#options.seed, person.name),
        pauseMs: [4_000, 14_000],
        signal,
      }),
    );
    const typing = type(owner, world, {
      everyMs: TYPE_EVERY_MS,
      random: seededRandom(this.#options.seed, 'typing'),
      mayFail: (from, to) => this.#isAway(from, to),
      signal,
    });
    const memory = setInterval(() => this.#weigh(), MEMORY_EVERY_MS);
    const connections = setInterval(() => this.#count(), MINUTE_MS);
    try {
      await Promise.race([this.#strikes(), Promise.all([...talking, typing])]);
      this.#ending.abort();
      await Promise.all(talking);
      await wait(DRAIN_MS);
      return { ...this.#result(), typed: await typing, recorded: await this.#record() };
    } finally {
      this.#ending.abort();
      clearInterval(memory);
      clearInterval(connections);
    }
  }

  async #strikes(): Promise<void> {
    const { lengthMs, endsUntil, only, say } = this.#options;
    for (;;) {
      const [from, to] = CALM_MS;
      await wait(from + this.#random() * (to - from));
      const passedMs = performance.now() - this.#startedAt;
      if (passedMs >= lengthMs) return;
      const lived = [...TROUBLES, ...MCP_TROUBLES];
      const all = passedMs < lengthMs * endsUntil ? [...lived, ...ENDS, ...ENDS] : lived;
      const wanted = all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
      const trouble = wanted[Math.floor(this.#random() * wanted.length)] as Trouble;
      await this.#strike(trouble);
      const { all: said } = this.#sentences;
      say(
        `${(passedMs / 60_000).toFixed(1)} min: ${trouble.name}; ${said.length} said, ${this.#heard.size} heard, ${this.#memory.at(-1)?.resident.toFixed(0) ?? '?'} MB`,
      );
    }
  }

  async #strike(trouble: Trouble): Promise<void> {
    const from = performance.now();
    this.#under = { trouble, from };
    await trouble.strike({
      world: this.#world,
      random: this.#random,
      mcp: this.#mcp,
      disk: this.#disk,
      setClock: (ms) => this.#setClock(ms),
      join: () => this.#world.join(this.#world.guild.people[0] as SimulatedPerson),
    });
    const { name, deafens, takesAway = false, losesMs = 0 } = trouble;
    this.#struck.push({ name, deafens, takesAway, losesMs, from, over: performance.now() });
    this.#under = undefined;
  }

  /** Whether the process, or its way to Discord, was gone for a part of this time. */
  #isAway(from: number, to: number): boolean {
    const under = this.#under;
    const now = performance.now();
    const times = [
      ...this.#struck.filter((one) => one.takesAway),
      ...(under?.trouble.takesAway ? [{ from: under.from, over: now }] : []),
    ];
    return times.some((time) => from <= time.over && to >= time.from);
  }

  #setClock(ms: number): void {
    writeFileSync(this.#clockFile, String(ms));
  }

  #count(): void {
    const before = this.#connections.reduce((sum, count) => sum + count, 0);
    this.#connections.push(this.#world.model.requests.length - before);
  }

  #weigh(): void {
    const { child, running } = this.#world.bot;
    const { pid } = child;
    if (pid === undefined || !running) return;
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const at = performance.now() - this.#startedAt;
    // What lived a moment after it was asked last.
    const live =
      this.#memory.at(-1)?.pid === pid ? Number(readFileSync(this.#memoryFile, 'utf8') || Number.NaN) : Number.NaN;
    if (found) {
      const resident = Number(found[1]) / 1024;
      this.#memory.push({ at, pid, resident, live: Number.isFinite(live) ? live : undefined });
    }
    writeFileSync(this.#memoryFile, '');
    child.kill('SIGUSR2');
  }

  #result(): Omit<ChaosResult, 'typed' | 'recorded'> {
    return {
      sentences: this.#sentences.all,
      heard: this.#heard,
      struck: this.#struck,
      requests: this.#world.discord.requests,
      posts: this.#world.guild
        .messages(this.#world.channelId)
        .flatMap(({ id, content }) => content.split('\n').map((line) => `${id} ${line}`)),
      memory: this.#memory,
      logged: this.#world.bots.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('\n'),
      connections: this.#connections,
      startedAt: this.#startedAt,
      mcp: {
        made: this.#calls.made,
        madeAt: this.#calls.madeAt,
        carriedOut: this.#mcp.calls.map(({ args }) => (args as { n: number }).n),
      },
    };
  }

  /** What stands in the database once the bot has stopped. */
  async #record(): Promise<Recorded[]> {
    await this.#world.stop();
    const database = await openDatabase(`sqlite:${join(this.#disk, 'parley.db')}`);
    try {
      const rows = await database('utterances').where({ by: 'person' }).select('user_id', 'text').orderBy('id');
      return rows.map((row) => ({ userId: row.user_id, text: row.text }));
    } finally {
      await database.destroy();
    }
  }
}
