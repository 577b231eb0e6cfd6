import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  ErrorCode,
  McpError,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { McpEntry } from './entry.ts';
import { callFailureOf, failureOf, McpFailure, oldTransport } from './failure.ts';
import { hasOldTransport, httpTransport } from './http.ts';
import { HttpRefusal } from './http-refusal.ts';
import { refusalOf } from './message.ts';
import type { McpResult } from './result.ts';
import { StdioTransport } from './stdio.ts';
import { visible } from './text.ts';

/** A tool as its server lists it, unchecked but for its name. */
export interface ListedTool {
  readonly name: string;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  readonly annotations?: unknown;
}

/** What a connection tells whoever opened it. */
export interface McpConnectionOptions {
  readonly entry: McpEntry;
  /** Aborting it gives the start up. */
  readonly signal: AbortSignal;
  readonly log: Pick<Logger, 'debug' | 'info'>;
  /** Nothing is told after this. */
  readonly onLost: (failure: McpFailure) => void;
  readonly onTools: () => void;
}

/** A list that a server pages through without end is cut here. */
const MOST_PAGES = 20;
const MOST_LISTED = 1_000;
/** A server's own name of a tool; the model is given a shorter one. */
const LONGEST_NAME = 1_000;
/** Several changes in a row are one. */
const CHANGE_MS = 250;
const LIST_AGAIN_MS = 3_000;
const PING_MS = 5_000;
/** A gateway forgets sessions that nobody uses, and says so only when one is used. */
const PING_EVERY_MS = 60_000;
const UNSAID_MS = 2_000;
const LIST_EVERY_PINGS = 10;
const GOODBYE_MS = 1_000;
const LONGEST_LINE = 300;
/** After the toolbox' own deadline, which says it in better words. */
const TIMEOUT_RESERVE_MS = 5_000;

// The SDK's own schemas refuse a whole list for one tool in it.
const Page = z.looseObject({
  tools: z.array(z.unknown()).nullish().catch(undefined),
  nextCursor: z.string().optional().catch(undefined),
});
const Listed = z.looseObject({ name: z.string().min(1).max(LONGEST_NAME) });
const Anything = z.looseObject({});

/** One connection to a server, from the moment on when its tools are known. Whoever opened it closes it. */
export class McpConnection {
  readonly #options: McpConnectionOptions;
  readonly #client: Client;
  readonly #transport: StdioTransport | StreamableHTTPClientTransport;
  #tools: readonly ListedTool[] = [];
  #calls = 0;
  #changeTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #doubting = false;
  #failedPings = 0;
  #pings = 0;
  #over = false;

  private constructor(options: McpConnectionOptions) {
    this.#options = options;
    // Without `sampling` and `roots`: a server that asks for them all the same is told that there are none.
    this.#client = new Client({ name: 'parley', version: '1' }, { capabilities: { elicitation: {} } });
    const { transport } = options.entry;
    this.#transport =
      transport.type === 'http'
        ? httpTransport(transport)
        : new StdioTransport(transport, (line) => this.#onStderr(line));
  }

  /** Starts or calls the server and asks for its tools. Throws McpFailure, having closed what was open. */
  static async open(options: McpConnectionOptions): Promise<McpConnection> {
    const connection = new McpConnection(options);
    try {
      await connection.#open();
      return connection;
    } catch (error) {
      const failure = failureOf(error, connection.#ending);
      await connection.close();
      const { transport } = options.entry;
      const { cause } = failure;
      if (transport.type === 'http' && cause instanceof HttpRefusal && (await hasOldTransport(transport, cause)))
        throw oldTransport(cause);
      throw failure;
    }
  }

  get tools(): readonly ListedTool[] {
    return this.#tools;
  }

  /**
   * Sends one request, once. Rejects with McpFailure (the call failed, and the connection with it where `lost`), McpError
   * (the server refuses, or does not answer in time), or the signal's reason, of which the server is told.
   */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: { readonly signal: AbortSignal; readonly onProgress: (fraction: number | null, text: string) => void },
  ): Promise<McpResult> {
    const { signal, onProgress } = options;
    signal.throwIfAborted();
    if (this.#over) throw new McpFailure('its connection was closed', { undone: true, lost: true });
    // The SDK never takes its listener back: the signal of the conversation would cancel calls that are long over.
    const own = new AbortController();
    const cancel = () => own.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    this.#calls += 1;
    try {
      return await this.#client.request({ method: 'tools/call', params: { name, arguments: { ...args } } }, Anything, {
        signal: own.signal,
        timeout: this.#options.entry.timeoutMs + TIMEOUT_RESERVE_MS,
        onprogress: ({ progress, total, message }) => {
          const known = typeof total === 'number' && total > 0 && typeof progress === 'number';
          onProgress(known ? progress / total : null, visible(message, LONGEST_LINE));
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      const failure = callFailureOf(error, this.#ending);
      if (failure instanceof McpFailure && failure.lost) this.#lost(failure);
      throw failure;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#calls -= 1;
    }
  }

  /** Ends the server's process, or the session. Tells nobody. Idempotent; takes at most 2 s. */
  async close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#changeTimer);
    clearInterval(this.#pingTimer);
    if (this.#transport instanceof StreamableHTTPClientTransport) {
      const late = new Promise((resolve) => setTimeout(resolve, GOODBYE_MS).unref());
      await Promise.race([this.#transport.terminateSession().catch(() => {}), late]);
    }
    await this.#client.close().catch(() => {});
    // The client lets go of a transport that never got as far as an answer.
    await this.#transport.close().catch(() => {});
  }

  get #ending(): string | undefined {
    return this.#transport instanceof StdioTransport ? this.#transport.ending : undefined;
  }

  async #open(): Promise<void> {
    const { entry, signal, log } = this.#options;
    const { startTimeoutMs: timeout } = entry;
    this.#client.onerror = (error) => this.#doubt(error);
    this.#client.onclose = () => this.#lost(failureOf(new McpError(ErrorCode.ConnectionClosed, ''), this.#ending));
    this.#client.setRequestHandler(ElicitRequestSchema, () => {
      log.info({ mcp: entry.name }, 'an MCP server asked people something; it was declined');
      return { action: 'decline' };
    });
    this.#client.fallbackRequestHandler = async ({ method }) => {
      throw new McpError(ErrorCode.MethodNotFound, `Parley does not offer ${visible(method, 60)}`);
    };
    this.#client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.#toolsChanged());
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    await unlessAborted(this.#client.connect(this.#transport, { timeout }), limit);
    this.#tools = await unlessAborted(this.#list(), limit);
    if (this.#over) throw new McpFailure(this.#ending ?? 'its connection was closed');
    if (entry.transport.type === 'http') this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
  }

  /** Servers forget to say that they have tools: such a one is asked all the same, and may refuse. */
  async #list(): Promise<readonly ListedTool[]> {
    const { startTimeoutMs: timeout } = this.#options.entry;
    if (this.#client.getServerCapabilities()?.tools) return await this.#pages(timeout);
    return await this.#pages(Math.min(timeout, UNSAID_MS)).catch((error: unknown) => {
      if (error instanceof McpError) return [];
      throw error;
    });
  }

  async #pages(timeout: number): Promise<readonly ListedTool[]> {
    const tools: ListedTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES && tools.length < MOST_LISTED; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const answer = await this.#client.request({ method: 'tools/list', params }, Page, { timeout });
      const page = answer.tools ?? [];
      const named = page.flatMap((tool) => Listed.safeParse(tool).data ?? []);
      if (named.length < page.length) this.#unnamed(page.length - named.length);
      tools.push(...named);
      const before = cursor;
      cursor = answer.nextCursor;
      // Some say that there is no more with an empty one, or with the same one for ever.
      if (!cursor || cursor === before) break;
    }
    return tools.slice(0, MOST_LISTED);
  }

  #unnamed(tools: number): void {
    const { entry, log } = this.#options;
    log.info(
      { mcp: entry.name, tools },
      'an MCP server lists tools without a name that could be used; they are left out',
    );
  }

  #toolsChanged(): void {
    if (this.#over || this.#changeTimer) return;
    this.#changeTimer = setTimeout(() => void this.#listAnew(), CHANGE_MS);
  }

  async #listAnew(): Promise<void> {
    const { entry, log, onTools } = this.#options;
    let again: NodeJS.Timeout | undefined;
    try {
      const tools = await this.#list();
      if (this.#over || JSON.stringify(tools) === JSON.stringify(this.#tools)) return;
      this.#tools = tools;
      onTools();
    } catch (error) {
      // What it had stays until it says what it has now.
      log.debug({ mcp: entry.name, err: error }, 'an MCP server did not list its changed tools; it is asked again');
      if (!this.#over) again = setTimeout(() => void this.#listAnew(), LIST_AGAIN_MS).unref();
    } finally {
      this.#changeTimer = again;
    }
  }

  #onStderr(line: string): void {
    const text = visible(line, LONGEST_LINE);
    if (text !== '') this.#options.log.debug({ mcp: this.#options.entry.name, stderr: text }, 'an MCP server wrote');
  }

  /** Something is wrong with the line. Over HTTP nothing else would tell that the server is gone. */
  #doubt(error: Error): void {
    const { entry, log } = this.#options;
    log.debug({ mcp: entry.name, err: error }, 'trouble with an MCP server');
    const asksForPatience = error instanceof HttpRefusal && (error.status === 429 || error.retryAfterMs !== undefined);
    if (entry.transport.type === 'http' && !asksForPatience) void this.#ping();
  }

  async #ping(): Promise<void> {
    if (this.#doubting || this.#over || !this.#client.getServerCapabilities()) return;
    this.#doubting = true;
    this.#pings += 1;
    try {
      await this.#client.request({ method: 'ping' }, Anything, { timeout: PING_MS });
      this.#failedPings = 0;
      // The stream on which changes are told may be gone for good, and nothing says so.
      if (this.#pings % LIST_EVERY_PINGS === 0) this.#toolsChanged();
    } catch (error) {
      const failure = callFailureOf(error, undefined);
      if (failure instanceof McpFailure && this.#isGone(failure)) this.#lost(failure);
      else if (failure instanceof McpError && this.#isMute(failure))
        this.#lost(new McpFailure('it does not answer', { cause: failure }));
    } finally {
      this.#doubting = false;
    }
  }

  /** While it works on calls, or asks to be left alone, one failed ping says nothing. */
  #isGone({ lost, retryAfterMs, cause }: McpFailure): boolean {
    const busy = retryAfterMs !== undefined || (cause instanceof HttpRefusal && cause.status === 429);
    if (!busy) this.#failedPings += 1;
    return lost || (!busy && (this.#calls === 0 || this.#failedPings > 1));
  }

  /** One that refuses to be pinged is there all the same; one that works on a call may have no time for it. */
  #isMute(error: McpError): boolean {
    return error.code === ErrorCode.RequestTimeout && refusalOf(error) === undefined && this.#calls === 0;
  }

  #lost(failure: McpFailure): void {
    if (this.#over) return;
    void this.close();
    this.#options.onLost(failure);
  }
}

/** The promise's value, or the signal's reason at once; what the promise comes to afterwards is nobody's. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(new McpFailure('it did not answer in time', { cause: signal.reason }));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    promise.catch(() => {});
  }
}
