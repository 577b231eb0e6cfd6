import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { FairQueue } from '../../lib/fair-queue.ts';
import type { ToolContext, ToolServer } from '../../ports/tools.ts';
import { claimantOf } from '../claimant.ts';
import { type Risk, type Tool, ToolError } from '../tool.ts';
import { fitting } from './budget.ts';
import { type ListedTool, McpConnection } from './connection.ts';
import type { McpEntry } from './entry.ts';
import { failureOf, McpFailure } from './failure.ts';
import { portableNames } from './names.ts';
import type { McpResult } from './result.ts';
import { isRepeatable, type McpToolParts, mcpTool, riskOf } from './tool.ts';

export interface McpServerParts {
  readonly entry: McpEntry;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>;
  /** Takes secrets out of text. */
  readonly hide: (text: string) => string;
  /** Other tools are offered than before. */
  readonly onTools: () => void;
}

type State =
  | { readonly status: 'starting' }
  | { readonly status: 'running'; readonly connection: McpConnection }
  /** `nextTryAt` null: it is not tried again. */
  | { readonly status: 'failed'; readonly failure: McpFailure; readonly nextTryAt: number | null }
  | { readonly status: 'stopped' };

/** More than a session should pay for with every reply; `allow` says which. */
const MOST_TOOLS = 64;
const TOO_MANY = `one server may have ${MOST_TOOLS}`;
/** About a half of what OpenAI takes of instructions and tools in a session (16,384 tokens). */
const MOST_BYTES = 32 * 1024;
const TOO_LONG = 'what it says of them is too long for a session';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 300_000;
/** One that ran for so long had not failed to start. */
const STABLE_MS = 30_000;
/** Its tools stay for so long after it went: whoever calls one has it tried again, and reads why it is not there. */
const GONE_MS = 600_000;
/** What somebody has to put right is tried once more at once, and then not often: nobody may be looking. */
const FIRST_LASTING_WAIT_MS = 10_000;
const LONGEST_LASTING_WAIT_MS = 900_000;
/** Whoever asks for it does not wait longer than this for the next try, and not more often. */
const HURRY_MS = 5_000;
/** More than this nobody is asked to wait who called a tool. */
const SHORTEST_PAUSE_MS = 1_000;
/** A call waits this long for a server that is just coming back. */
const CALL_PATIENCE_MS = 5_000;
const RISKS: readonly Risk[] = ['read', 'write', 'dangerous'];

/** One server of mcp.json: started, kept, started again when it fails. Whoever made it closes it. */
export class McpServer {
  readonly #parts: McpServerParts;
  readonly #stop = new AbortController();
  readonly #settled = Promise.withResolvers<void>();
  /** The highest risk that the server ever named: a tool that comes to call itself harmless is none the less what it was. */
  readonly #risks = new Map<string, Risk>();
  #state: State = { status: 'starting' };
  #changed = Promise.withResolvers<void>();
  /** The server's own names of tools of which it says that a second call changes nothing. */
  #repeatable: ReadonlySet<string> = new Set();
  #tools: readonly Tool[] = [];
  #offered = 0;
  /** How many of its tools can only be called by way of a task. */
  #tasks = 0;
  #offers = 0;
  /** A call may take minutes, so one guild never has all places, and one person never all of their guild's. */
  readonly #queue = new FairQueue({
    atOnce: 8,
    atOnceForGuild: 5,
    atOnceForPerson: 4,
    mostForPerson: 24,
    mostForGuild: 48,
    mostWaiting: 200,
  });
  /** Why not all of its tools are offered; undefined: they are. */
  #limit: string | undefined;
  /** It has been there: what fails then may come right again. */
  #worked = false;
  #goneSince: number | undefined;
  /** It asked to be left alone until then; performance.now(). */
  #pausedUntil = 0;
  #hurriedAt = Number.NEGATIVE_INFINITY;
  #hurry = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: McpServerParts) {
    this.#parts = parts;
  }

  get tools(): readonly Tool[] {
    return this.#tools;
  }

  /** Its state for people. */
  get shown(): ToolServer {
    const { name } = this.#parts.entry;
    const state = this.#state;
    switch (state.status) {
      case 'running': {
        const limit = {
          ...(this.#limit === undefined ? {} : { limit: this.#limit }),
          ...(this.#tasks > 0 ? { unusable: this.#tasks } : {}),
        };
        return { name, state: { status: 'running', tools: this.#tools.length, offered: this.#offered, ...limit } };
      }
      case 'failed': {
        const nextTryMs = state.nextTryAt === null ? null : Math.max(0, state.nextTryAt - performance.now());
        return { name, state: { status: 'failed', reason: this.#parts.hide(state.failure.message), nextTryMs } };
      }
      case 'starting':
      case 'stopped':
        return { name, state: { status: state.status } };
      default:
        return state satisfies never;
    }
  }

  /** Begins. Resolves when the first start succeeded or failed. */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#settled.promise;
  }

  /** Ends the server, whatever it does. Idempotent; takes at most 2 s. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#stop.abort(new Error('the bot is stopping'));
    this.#set({ status: 'stopped' });
    this.#tools = [];
    this.#settled.resolve();
    if (state.status === 'running') await state.connection.close();
    await this.#running;
  }

  /** Somebody wants it now: a long wait for the next try ends. Does nothing where it is not waited for. */
  tryNow(): void {
    const state = this.#state;
    const now = performance.now();
    if (state.status !== 'failed' || state.nextTryAt === null || now - this.#hurriedAt < HURRY_MS) return;
    if (state.nextTryAt - now < HURRY_MS || this.#pausedUntil > now) return;
    this.#hurriedAt = now;
    this.#state = { ...state, nextTryAt: now };
    this.#hurry.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let [failures, lasting] = [0, 0];
    while (!signal.aborted) {
      const startedAt = performance.now();
      const failure = await this.#once();
      if (signal.aborted) return;
      failures = performance.now() - startedAt > STABLE_MS && this.#state.status === 'running' ? 1 : failures + 1;
      lasting = failure.lasting ? lasting + 1 : 0;
      const final = failure.final && !this.#worked;
      const waitMs = final ? null : this.#waitFor(failure, failures, lasting);
      this.#failed(failure, waitMs);
      this.#goneSince ??= performance.now();
      if (final || performance.now() - this.#goneSince > GONE_MS) this.#withdraw();
      this.#settled.resolve();
      if (waitMs === null) return;
      this.#hurry = new AbortController();
      await wait(waitMs, undefined, { signal: AbortSignal.any([signal, this.#hurry.signal]) }).catch(() => {});
    }
  }

  #waitFor({ retryAfterMs = 0 }: McpFailure, failures: number, lasting: number): number {
    if (retryAfterMs > 0) this.#pausedUntil = performance.now() + retryAfterMs;
    const rare = Math.min(FIRST_LASTING_WAIT_MS * 2 ** (lasting - 2), LONGEST_LASTING_WAIT_MS);
    return Math.max(lasting > 1 ? rare : backOff(failures), retryAfterMs);
  }

  /** One connection from its beginning to its end, and why it ended. */
  async #once(): Promise<McpFailure> {
    const { entry, log } = this.#parts;
    const { signal } = this.#stop;
    const lost = Promise.withResolvers<McpFailure>();
    if (!signal.aborted) this.#set({ status: 'starting' });
    try {
      const connection: McpConnection = await McpConnection.open({
        entry,
        signal,
        log,
        onLost: lost.resolve,
        onTools: () => void this.#offer(connection.tools),
      });
      if (signal.aborted) {
        await connection.close();
        return failureOf(signal.reason, undefined);
      }
      this.#worked = true;
      this.#goneSince = undefined;
      this.#set({ status: 'running', connection });
      await this.#offer(connection.tools);
      log.info({ mcp: entry.name, tools: this.#tools.length }, 'an MCP server is running');
      this.#settled.resolve();
    } catch (error) {
      return failureOf(error, undefined);
    }
    signal.addEventListener('abort', () => lost.resolve(failureOf(signal.reason, undefined)), { once: true });
    return await lost.promise;
  }

  #failed(failure: McpFailure, waitMs: number | null): void {
    const nextTryAt = waitMs === null ? null : performance.now() + waitMs;
    this.#set({ status: 'failed', failure, nextTryAt });
    const reason = this.#parts.hide(failure.message);
    const next = waitMs === null ? 'never, before the bot is started anew' : `in ${(waitMs / 1_000).toFixed(1)} s`;
    this.#parts.log.warn({ mcp: this.#parts.entry.name, reason, next }, 'an MCP server is not running');
  }

  #set(state: State): void {
    if (this.#state.status === 'stopped') return;
    this.#state = state;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #withdraw(): void {
    if (this.#tools.length === 0) return;
    this.#tools = [];
    this.#parts.onTools();
  }

  async #offer(listed: readonly ListedTool[]): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { entry, log, hide, onTools } = this.#parts;
    const allowed = listed.filter(({ name }) => entry.allow === null || entry.allow.includes(name));
    const absent = (entry.allow ?? []).filter((name) => !listed.some((tool) => tool.name === name));
    if (absent.length > 0)
      log.warn({ mcp: entry.name, absent }, 'an MCP server has not all the tools of its allow list');
    const usable = allowed.filter((tool) => !needsTask(tool));
    // By all names, so that a name does not depend on what is allowed beside it.
    const names = portableNames(
      entry.prefix,
      listed.map(({ name }) => name),
    );
    const unique = new Map(usable.map((tool) => [tool.name, tool]));
    const kept = [...unique.values()].slice(0, MOST_TOOLS);
    const make = (at: number, least: number): Tool => {
      const tool = kept[at] as ListedTool;
      const name = names.get(tool.name) ?? tool.name;
      const call: McpToolParts['call'] = (own, args, context) => this.#inTurn(own, args, context);
      return mcpTool({ entry, listed: tool, least, name, risk: this.#riskOf(tool), hide, call });
    };
    this.#offers += 1;
    const offer = this.#offers;
    const tools = await fitting(kept.length, make, MOST_BYTES);
    if (offer !== this.#offers || this.#stop.signal.aborted) return;
    this.#offered = unique.size;
    this.#tasks = allowed.length - usable.length;
    this.#limit = unique.size <= tools.length ? undefined : tools.length < kept.length ? TOO_LONG : TOO_MANY;
    if (this.#limit !== undefined) {
      const fields = { mcp: entry.name, offered: unique.size, used: tools.length, limit: this.#limit };
      log.warn(fields, 'an MCP server has too many tools: name those that you want in "allow"');
    }
    this.#repeatable = new Set(kept.filter(isRepeatable).map(({ name }) => name));
    const before = JSON.stringify(this.#tools);
    this.#tools = tools;
    if (JSON.stringify(this.#tools) !== before) onTools();
  }

  #riskOf(tool: ListedTool): Risk {
    const { risk, fromOperator } = riskOf(this.#parts.entry, tool);
    if (fromOperator) return risk;
    const before = this.#risks.get(tool.name) ?? 'read';
    const highest = RISKS[Math.max(RISKS.indexOf(risk), RISKS.indexOf(before))] ?? risk;
    this.#risks.set(tool.name, highest);
    return highest;
  }

  /** Servers of Discord and their people share a server of tools in turn. */
  #inTurn(name: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<McpResult> {
    return this.#queue.run(claimantOf(context), {
      signal: context.signal,
      tooMany: () => new ToolError(`The tool server ${this.#parts.entry.name} is busy; try again in a few seconds.`),
      work: () => this.#call(name, args, context),
    });
  }

  async #call(name: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<McpResult> {
    const options = {
      signal: context.signal,
      onProgress: (fraction: number | null, text: string) => context.progress(fraction, this.#parts.hide(text)),
    };
    const connection = await this.#connection(context.signal);
    this.#mindPause();
    try {
      return await connection.call(name, args, options);
    } catch (error) {
      if (!(error instanceof McpFailure)) throw error;
      if (error.retryAfterMs !== undefined) this.#pausedUntil = performance.now() + error.retryAfterMs;
      const { entry, log, hide } = this.#parts;
      const reason = hide(error.message);
      // It was not carried out, and twice would be the same as once.
      const again = error.undone && error.lost && this.#repeatable.has(name);
      log.warn({ mcp: entry.name, tool: name, said: reason, again }, 'a call of an MCP server failed');
      if (!again) throw error;
      const next = await this.#connection(context.signal, connection);
      return next.call(name, args, options);
    }
  }

  /** Throws ToolError while the server asks to be left alone. */
  #mindPause(): void {
    const leftMs = this.#pausedUntil - performance.now();
    if (leftMs < SHORTEST_PAUSE_MS) return;
    const { name } = this.#parts.entry;
    const seconds = Math.ceil(leftMs / 1_000);
    throw new ToolError(
      `The tool server ${name} asks to be left alone for ${seconds} s. Nothing was done; try again after that.`,
    );
  }

  /** The connection (another one than `lost`), waited for a moment while it is being made. Throws ToolError that says why there is none. */
  async #connection(signal: AbortSignal, lost?: McpConnection): Promise<McpConnection> {
    const deadline = performance.now() + CALL_PATIENCE_MS;
    for (;;) {
      signal.throwIfAborted();
      const state = this.#state;
      if (state.status === 'running' && state.connection !== lost) return state.connection;
      const left = deadline - performance.now();
      const never = state.status === 'stopped' || (state.status === 'failed' && state.nextTryAt === null);
      this.tryNow();
      if (left <= 0 || never) throw new ToolError(this.#absence(state));
      const late = AbortSignal.any([signal, this.#stop.signal]);
      await Promise.race([this.#changed.promise, wait(left, undefined, { signal: late }).catch(() => {})]);
    }
  }

  #absence(state: State): string {
    const { entry, hide } = this.#parts;
    const why = state.status === 'failed' ? `: ${hide(state.failure.message)}` : '';
    return `The tool server ${entry.name} is not running${why}. Nothing was done; it can be tried again later.`;
  }
}

/** Tools that answer only by way of a task (experimental in the protocol) cannot be called plainly. */
function needsTask(tool: ListedTool): boolean {
  const { execution } = tool as { execution?: { taskSupport?: unknown } };
  return execution?.taskSupport === 'required';
}

/** Doubled from half a second to five minutes, the later half of it by chance. */
function backOff(failures: number): number {
  const whole = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
  return whole / 2 + (Math.random() * whole) / 2;
}
