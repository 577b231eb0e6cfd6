import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { PostExtras, ToolContext } from '../../../src/ports/tools.ts';
import { type McpEntry, prefixOf } from '../../../src/tools/mcp/entry.ts';
import { McpServers } from '../../../src/tools/mcp/servers.ts';
import { LocalToolbox } from '../../../src/tools/toolbox.ts';
import { callOf, contextOf } from '../../tools/context.ts';
import { usualGate } from '../doubles/toolbox-gate.ts';
import type { Behaviour } from './mcp-child.ts';

const CHILD = fileURLToPath(new URL('./mcp-child.ts', import.meta.url));
/** Programs of servers that nobody here wrote. */
export const EVERYTHING = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));
export const MEMORY = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-memory/dist/index.js'));

/** An entry as the configuration makes it. */
export function entryOf(name: string, transport: McpEntry['transport'], change: Partial<McpEntry> = {}): McpEntry {
  return {
    name,
    prefix: prefixOf(name),
    transport,
    allow: null,
    risk: {},
    blocking: true,
    timeoutMs: 10_000,
    startTimeoutMs: 20_000,
    ...change,
  };
}

/** A program run by this Node, with nothing in its environment but what is given. */
export function stdio(args: readonly string[], env: Readonly<Record<string, string>> = {}): McpEntry['transport'] {
  return { type: 'stdio', command: process.execPath, args, env, cwd: process.cwd() };
}

/** Our own badly behaved server, and what it wrote down. */
export async function child(behaviour: Omit<Behaviour, 'diary'> = {}) {
  const diary = join(await mkdtemp(join(tmpdir(), 'mcp-child-')), 'diary');
  const notes = async () => (existsSync(diary) ? (await readFile(diary, 'utf8')).split('\n').filter(Boolean) : []);
  return {
    transport: stdio([CHILD, JSON.stringify({ ...behaviour, diary } satisfies Behaviour)]),
    notes,
    /** Which of the processes that it wrote down are alive. */
    async alive(): Promise<number[]> {
      const pids = (await notes()).flatMap((line) => /^pid (\d+)$/.exec(line)?.[1] ?? []).map(Number);
      return pids.filter(isAlive);
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Servers with the toolbox in front of them, as in the bot, and everything that they log. */
export class McpStage {
  readonly servers: McpServers;
  readonly #toolbox: LocalToolbox;
  readonly log: string[] = [];
  changes = 0;

  constructor(entries: readonly McpEntry[], secrets: readonly string[]) {
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.log.push(line) });
    const config = { servers: entries, disabled: [] };
    const onTools = (): void => {
      this.changes += 1;
    };
    this.servers = new McpServers({ config, secrets, log, onTools });
    this.#toolbox = new LocalToolbox({ tools: [], more: () => this.servers.tools, log, ...usualGate });
  }

  static async start(entries: readonly McpEntry[], secrets: readonly string[] = []): Promise<McpStage> {
    const stage = new McpStage(entries, secrets);
    await stage.servers.start();
    return stage;
  }

  get names(): readonly string[] {
    return this.servers.tools.map(({ name }) => name);
  }

  /** Runs a tool as the model would have it run: what the model gets, and what is attached to the post. */
  async call(name: string, args: unknown = {}, context: Partial<ToolContext> = {}) {
    const attached: Partial<PostExtras>[] = [];
    const attach = (extras: Partial<PostExtras>) => void attached.push(extras);
    const result = await this.#toolbox.run(callOf(name, args), [], contextOf({ attach, ...context }));
    const { ok, output, outside = false } = result;
    return { ok, value: JSON.parse(output), attached, outside };
  }
}

/** The official example server over streamable HTTP, on a port of its own. */
export class EverythingOverHttp {
  readonly port: number;
  #process: ReturnType<typeof spawn> | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<EverythingOverHttp> {
    const server = new EverythingOverHttp(await freePort());
    await server.up();
    return server;
  }

  /** Starts it (again). */
  async up(): Promise<void> {
    const env = { PATH: process.env.PATH, PORT: String(this.port) };
    const started = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = started;
    await new Promise<void>((resolve) => {
      started.stderr?.on('data', (chunk) => String(chunk).includes('listening') && resolve());
    });
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A gateway before a server: lets through what carries the key, refuses the rest. */
export class Gateway {
  readonly url: string;
  refused = 0;
  /** Sessions of which it says that they are over. */
  readonly forgotten = new Set<string>();
  readonly sessions = new Set<string>();
  readonly methods: string[] = [];
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  }

  static async start(port: number, key: string): Promise<Gateway> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gateway = new Gateway(server);
    server.on('request', (asked, answer) => gateway.#pass(asked, answer, port, key));
    return gateway;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse, port: number, key: string): void {
    if (asked.headers.authorization !== `Bearer ${key}`) {
      this.refused += 1;
      answer.writeHead(401).end('no');
      return;
    }
    const { method = '', url, headers } = asked;
    this.methods.push(method);
    const session = headers['mcp-session-id'];
    if (typeof session === 'string') this.sessions.add(session);
    if (typeof session === 'string' && this.forgotten.has(session)) {
      answer.writeHead(404).end();
      return;
    }
    const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers).flushHeaders();
      response.on('error', () => answer.destroy());
      response.pipe(answer);
    });
    forwarded.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on('close', () => forwarded.destroy());
    asked.pipe(forwarded);
  }
}
