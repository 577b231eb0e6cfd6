import type { Logger } from 'pino';
import type { ToolServer } from '../bridge/room-ports.ts';
import type { McpConfig } from './mcp-entry.ts';
import { McpServer } from './mcp-server.ts';
import type { Tool } from './tool.ts';

/** A slow server comes later: nobody waits longer for it at the start. */
const START_PATIENCE_MS = 5_000;
/** Beside those that are built in: OpenAI takes 128 functions (platform.openai.com/docs/guides/function-calling). */
const MOST_TOOLS = 96;
const SHORTEST_SECRET = 8;
const MASK = '[redacted]';

/** Every MCP server of mcp.json. Whoever made it closes it. */
export class McpServers {
  readonly #servers: readonly McpServer[];
  readonly #disabled: readonly string[];
  readonly #patienceMs: number;

  /** `secrets`: values that no result and no state may show. `onTools`: other tools are offered than before. */
  constructor(options: {
    readonly config: McpConfig;
    readonly secrets: readonly string[];
    readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>;
    readonly onTools: () => void;
    /** How long start() waits; only tests need another. */
    readonly patienceMs?: number;
  }) {
    const { config, log, onTools, patienceMs = START_PATIENCE_MS } = options;
    this.#patienceMs = patienceMs;
    // The longest first: one may be a part of another.
    const secrets = options.secrets
      .filter(({ length }) => length >= SHORTEST_SECRET)
      .toSorted((one, other) => other.length - one.length);
    const hide = (text: string) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, MASK), text);
    this.#servers = config.servers.map((entry) => new McpServer({ entry, log, hide, onTools }));
    this.#disabled = config.disabled;
  }

  /** What the servers offer now; of too many the first ones, in the order of the file. */
  get tools(): readonly Tool[] {
    return this.#servers.flatMap(({ tools }) => tools).slice(0, MOST_TOOLS);
  }

  /** Their states for people, in the order of the file; those that are switched off at the end. */
  get shown(): readonly ToolServer[] {
    const off = this.#disabled.map((name) => ({ name, state: { status: 'disabled' } as const }));
    return [...this.#servers.map(({ shown }) => shown), ...off];
  }

  /** Starts all. Resolves when each succeeded or failed once, after five seconds at most. */
  async start(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, this.#patienceMs);
    await Promise.race([Promise.all(this.#servers.map((server) => server.start())), late.promise]);
    clearTimeout(timer);
  }

  /** Ends all, with every process that they started. Idempotent; takes at most 2 s. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }
}
