import type { Logger } from 'pino';
import type { ToolServer } from '../../ports/tools.ts';
import type { Tool } from '../tool.ts';
import { within } from './budget.ts';
import type { McpConfig } from './entry.ts';
import { McpServer } from './server.ts';

/**
 * All that a session takes with the tools that are built in: OpenAI takes 128 functions (Invalid 'tools': array too long,
 * github.com/julep-ai/julep/issues/330), Gemini 512 (github.com/google-gemini/gemini-cli/issues/19083).
 */
const MOST_FUNCTIONS = 124;
const MOST_TOOLS = 96;
/** OpenAI takes 16,384 tokens of instructions and tools (community.openai.com/t/1378932); a token is about four characters. */
const MOST_BYTES = 44 * 1024;
const TOO_LONG = 'what all servers say of their tools is too long for a session (OpenAI takes 16384 tokens)';
const SHORTEST_SECRET = 8;
const MASK = '[redacted]';

/** Every MCP server of mcp.json. Whoever made it closes it. */
export class McpServers {
  readonly #servers: readonly McpServer[];
  readonly #disabled: readonly string[];
  readonly #mostTools: number;
  readonly #log: Pick<Logger, 'warn'>;
  /** What was last said of tools that are left out. */
  #told = '';

  /** `secrets`: values that no result and no state may show. `onTools`: other tools are offered than before. */
  constructor(options: {
    readonly config: McpConfig;
    readonly secrets: readonly string[];
    readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>;
    readonly onTools: () => void;
    /** How many tools there are beside those of the servers. */
    readonly others?: number;
  }) {
    const { config, log, others = 0 } = options;
    // The longest first: one may be a part of another.
    const secrets = options.secrets
      .filter(({ length }) => length >= SHORTEST_SECRET)
      .toSorted((one, other) => other.length - one.length);
    const hide = (text: string) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, MASK), text);
    this.#mostTools = Math.max(0, Math.min(MOST_TOOLS, MOST_FUNCTIONS - others));
    this.#log = log;
    const onTools = (): void => {
      this.#tell();
      options.onTools();
    };
    this.#servers = config.servers.map((entry) => new McpServer({ entry, log, hide, onTools }));
    this.#disabled = config.disabled;
  }

  /** What the servers offer now; of too many the first ones, in the order of the file. */
  get tools(): readonly Tool[] {
    return this.#kept.flat();
  }

  /** Their states for people, in the order of the file; those that are switched off at the end. */
  get shown(): readonly ToolServer[] {
    const off = this.#disabled.map((name) => ({ name, state: { status: 'disabled' } as const }));
    const kept = this.#kept;
    return [...this.#servers.map((server, at) => this.#limited(server, kept[at]?.length ?? 0)), ...off];
  }

  /** Somebody asks how they are: those that wait long for their next try are tried now. */
  tryNow(): void {
    for (const server of this.#servers) server.tryNow();
  }

  /** Starts all. Resolves when each succeeded or failed once, which may take as long as the slowest: the bot does not wait. */
  async start(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.start()));
  }

  /** Ends all, with every process that they started. Idempotent; takes at most 2 s. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  /** Of each server, as many as there is room for. */
  get #kept(): readonly (readonly Tool[])[] {
    let room = { tools: this.#mostTools, bytes: MOST_BYTES };
    return this.#servers.map(({ tools }) => {
      const { kept, left } = within(tools, room);
      room = left;
      return kept;
    });
  }

  #limited({ shown, tools }: McpServer, kept: number): ToolServer {
    if (shown.state.status !== 'running' || kept === tools.length) return shown;
    const total = this.#kept.flat().length;
    const many = `all servers together may have ${this.#mostTools} (in a session OpenAI takes 128 functions, Gemini 512)`;
    return { ...shown, state: { ...shown.state, tools: kept, limit: total >= this.#mostTools ? many : TOO_LONG } };
  }

  #tell(): void {
    const cut = this.#servers.map((server, at) => this.#limited(server, this.#kept[at]?.length ?? 0));
    const left = cut.flatMap(({ name, state }, at) =>
      state.status === 'running' && state.tools < (this.#servers[at]?.tools.length ?? 0)
        ? [{ mcp: name, offered: state.offered, used: state.tools, limit: state.limit }]
        : [],
    );
    const text = JSON.stringify(left);
    if (text === this.#told) return;
    this.#told = text;
    for (const fields of left)
      this.#log.warn(fields, 'the MCP servers have too many tools: name those that you want in "allow"');
  }
}
