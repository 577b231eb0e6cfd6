import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ToolContext, ToolServer } from '../bridge/room-ports.ts';
import { type ListedTool, McpConnection } from './mcp-connection.ts';
import type { McpEntry } from './mcp-entry.ts';
import { failureOf, McpFailure } from './mcp-failure.ts';
import { portableNames } from './mcp-names.ts';
import type { McpResult } from './mcp-result.ts';
import { mcpTool, riskOf } from './mcp-tool.ts';
import { type Risk, type Tool, ToolError } from './tool.ts';

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
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 300_000;
/** One that ran for so long had not failed to start. */
const STABLE_MS = 30_000;
/** Until then its tools stay: it may be back in a moment. */
const PATIENT_FAILURES = 5;
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
  #tools: readonly Tool[] = [];
  #offered = 0;
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
      case 'running':
        return { name, state: { status: 'running', tools: this.#tools.length, offered: this.#offered } };
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

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const failure = await this.#once();
      if (signal.aborted) return;
      failures = performance.now() - startedAt > STABLE_MS && this.#state.status === 'running' ? 1 : failures + 1;
      const waitMs = failure.final ? null : backOff(failures);
      this.#failed(failure, waitMs);
      if (failure.final || failures >= PATIENT_FAILURES) this.#withdraw();
      this.#settled.resolve();
      if (waitMs === null) return;
      await wait(waitMs, undefined, { signal }).catch(() => {});
    }
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
        onTools: () => this.#offer(connection.tools),
      });
      if (signal.aborted) {
        await connection.close();
        return failureOf(signal.reason, undefined);
      }
      this.#set({ status: 'running', connection });
      this.#offer(connection.tools);
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

  #offer(listed: readonly ListedTool[]): void {
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
    this.#offered = unique.size;
    const kept = [...unique.values()].slice(0, MOST_TOOLS);
    if (unique.size > kept.length) {
      const fields = { mcp: entry.name, offered: unique.size, used: kept.length };
      log.warn(fields, 'an MCP server has too many tools: name those that you want in "allow"');
    }
    const before = JSON.stringify(this.#tools);
    this.#tools = kept.map((tool) =>
      mcpTool({
        entry,
        listed: tool,
        name: names.get(tool.name) ?? tool.name,
        risk: this.#riskOf(tool),
        hide,
        call: (name, args, context) => this.#call(name, args, context),
      }),
    );
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

  async #call(name: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<McpResult> {
    const options = {
      signal: context.signal,
      onProgress: (fraction: number | null, text: string) => context.progress(fraction, this.#parts.hide(text)),
    };
    const connection = await this.#connection(context.signal);
    try {
      return await connection.call(name, args, options);
    } catch (error) {
      if (!(error instanceof McpFailure) || !error.undone) throw error;
      // It never got there, so it can be made again without being made twice.
      const next = await this.#connection(context.signal, connection);
      return next.call(name, args, options);
    }
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
