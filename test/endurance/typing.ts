import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Answer, type SimulatedPerson, type StoredMessage, seededRandom } from '@parley/simulator/discord';
import { commands } from '../../commands/index.ts';
import type { Behaviour } from '../support/mcp/mcp-child.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const CHILD = fileURLToPath(new URL('../support/mcp/mcp-child.ts', import.meta.url));
/** For an answer, from the moment when the bot is ready. */
const ANSWERED_WITHIN_MS = 10_000;
const RESTARTING = 'I am being restarted. Please try again in a minute.';
/** How long the bot is left alone after READY, at most: about as long as its start takes. */
const LONGEST_LIFE_MS = 3_000;
/** A guild of some lives comes so much later. */
const LATE_GUILD_MS = 1_500;
const OPEN = 1;

/** What became of something typed. `lateMs`: from the bot's readiness, or from the typing where that was later. */
interface Typed {
  readonly what: string;
  readonly outcome: 'answered' | 'told of the restart' | 'lost';
  readonly words: string;
  readonly lateMs: number;
  /** Where in the life of the process it was typed. */
  readonly when: string;
}

/** What became of everything that was typed. */
export interface TypingResult {
  readonly typed: readonly Typed[];
  /** Refused by Discord itself: no process was connected. */
  readonly refused: number;
  readonly lives: number;
  /** Lives that were ended before the bot was ready. */
  readonly unready: number;
}

/**
 * Starts and stops the process again and again, in the midst of its start, too, while somebody types, presses a button, and
 * has values proposed. Its MCP servers hang, or do not want to end; in every third life the server comes late.
 */
export async function typeThroughRestarts(options: {
  readonly lives: number;
  /** How much is typed while somebody is there to take it. */
  readonly typed: number;
  readonly seed: number;
}): Promise<TypingResult> {
  const world = await StartedWorld.prepare();
  try {
    return await new Typing(world, options).run();
  } finally {
    await world.close();
  }
}

class Typing {
  readonly #world: StartedWorld;
  readonly #options: { readonly lives: number; readonly typed: number };
  readonly #random: () => number;
  readonly #person: SimulatedPerson;
  readonly #card: StoredMessage;
  readonly #typed: Typed[] = [];
  readonly #under = new Set<Promise<void>>();
  #refused = 0;
  #sent = 0;
  #unready = 0;
  /** When the present life became ready; performance.now(). */
  #readyAt = Number.POSITIVE_INFINITY;
  /** What the present life last did, and when. */
  #phase = { name: 'the start', at: performance.now() };

  constructor(world: StartedWorld, { seed, ...options }: { lives: number; typed: number; seed: number }) {
    this.#world = world;
    this.#options = options;
    this.#random = seededRandom(seed, 'typing');
    world.discord.commands.overwrite(
      '',
      commands.map(({ data }) => data.toJSON()),
    );
    this.#person = world.guild.addPerson({ name: 'Olga', admin: true });
    this.#card = world.guild.board.post({
      authorId: world.discord.botUser.id,
      channel: world.guild.channels.get(world.textChannelId)!,
      body: { content: 'A card', components: [{ type: 1, components: BUTTONS }] },
      files: [],
    });
  }

  async run(): Promise<TypingResult> {
    const { lives } = this.#options;
    const ended = new AbortController();
    const typing = this.#typeUntil(ended.signal);
    for (let life = 0; life < lives; life += 1) await this.#live(life);
    ended.abort();
    await typing;
    return { typed: this.#typed, refused: this.#refused, lives, unready: this.#unready };
  }

  /** One process. It is stopped somewhere between its first session and three seconds after it was ready. */
  async #live(life: number): Promise<void> {
    const world = this.#world;
    this.#readyAt = Number.POSITIVE_INFINITY;
    world.discord.holdBack(world.guild, life % 3 === 0 ? LATE_GUILD_MS : 0);
    const bot = world.boot({ env: this.#servers() });
    await world.until('a session', () => this.#isConnected() || !bot.running, 120_000);
    this.#enter('its session');
    const until = performance.now() + this.#random() * LONGEST_LIFE_MS;
    // So much is due by the end of this life, however slow the machine is.
    const due = (this.#options.typed * (life + 1)) / this.#options.lives;
    while (performance.now() < until || this.#sent < due - 2) {
      await wait(20);
      if (this.#readyAt !== Number.POSITIVE_INFINITY || !bot.log.some(({ msg }) => msg === 'ready')) continue;
      this.#readyAt = performance.now();
      this.#enter('it was ready');
    }
    if (this.#readyAt === Number.POSITIVE_INFINITY) this.#unready += 1;
    this.#enter('it was asked to stop');
    await bot.stop('SIGTERM', 60_000);
    this.#enter('its end');
  }

  #enter(name: string): void {
    this.#phase = { name, at: performance.now() };
  }

  #servers(): NodeJS.ProcessEnv {
    const file = join(this.#world.folder, 'mcp.json');
    const server = (behaviour: Omit<Behaviour, 'diary'>) => ({
      command: process.execPath,
      args: [CHILD, JSON.stringify({ ...behaviour, diary: `${file}.diary` } satisfies Behaviour)],
    });
    const clings = this.#random() < 0.5;
    writeFileSync(file, JSON.stringify({ mcpServers: { hangs: server({ silent: true }), ends: server({ clings }) } }));
    return { MCP_CONFIG: file };
  }

  #isConnected(): boolean {
    return this.#world.discord.gateway.sessions.some(({ socket }) => socket?.readyState === OPEN);
  }

  async #typeUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await wait(this.#random() * 400, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      if (this.#isConnected()) this.#send();
      else this.#refused += 1;
    }
    await Promise.all(this.#under);
  }

  #send(): void {
    const acts = this.#acts();
    const [what, act] = acts[Math.floor(this.#random() * acts.length)]!;
    const at = performance.now();
    const when = `${Math.round(at - this.#phase.at)} ms after ${this.#phase.name}`;
    this.#sent += 1;
    const note = (outcome: Typed['outcome'], words: string) => this.#note({ what, outcome, words, when }, at);
    const one = act().then(
      (words) => note(words === RESTARTING ? 'told of the restart' : 'answered', words),
      (error: unknown) => note('lost', String(error)),
    );
    this.#under.add(one);
    void one.finally(() => this.#under.delete(one));
  }

  #note(typed: Omit<Typed, 'lateMs'>, at: number): void {
    const from = this.#readyAt === Number.POSITIVE_INFINITY ? performance.now() : Math.max(at, this.#readyAt);
    this.#typed.push({ ...typed, lateMs: performance.now() - from });
  }

  /** What somebody does, with the words that it brings. */
  #acts(): readonly (readonly [what: string, act: () => Promise<string>])[] {
    const person = this.#person;
    // A form is an answer, too, and so is a list without a proposal.
    const words = ({ content, modal }: Answer) => (modal ? 'a form' : content);
    // Long enough for a start on a slow machine; what counts is the time since the bot was ready.
    const at = { channelId: this.#world.textChannelId, timeoutMs: 60_000 };
    const typed = ['/status', '/tools servers', '/privacy about', '/notes list', '/transcript search', '/usage show'];
    return [
      ...typed.map((command) => {
        const values: Record<string, string> = command === '/transcript search' ? { text: 'word' } : {};
        return [command, () => person.command(command, values, at).then(words)] as const;
      }),
      ['a button', () => person.press(this.#card, 'tool-cancel/old/1', at).then(words)],
      ['a button with a form', () => person.press(this.#card, 'rule/note/1', at).then(words)],
      ['a proposal', () => person.autocomplete('/voice voice', 'name', 'a', {}, at).then((list) => `${list.length}`)],
    ];
  }
}

const BUTTONS = ['tool-cancel/old/1', 'rule/note/1'].map((custom_id) => ({ type: 2, style: 2, label: 'X', custom_id }));

/** What was not as it has to be, a line each. */
export function faultsOf({ typed }: TypingResult): string[] {
  return typed
    .filter(({ outcome, lateMs, words }) => outcome === 'lost' || lateMs > ANSWERED_WITHIN_MS || words === '')
    .map(
      ({ what, when, outcome, words, lateMs }) =>
        `${what}, ${when}: ${outcome} after ${Math.round(lateMs)} ms: ${words}`,
    );
}
