// Reads mcp.json, the file of the MCP servers that Parley itself runs or calls. config.ts says where it is.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { fileText } from '../lib/file-text.ts';
import { type McpConfig, type McpEntry, type McpTransport, prefixOf } from '../tools/mcp/entry.ts';

/** `problems`: one line each for the person who runs the bot. `secrets`: what no log line may carry. */
export interface ReadMcp extends McpConfig {
  readonly problems: readonly string[];
  readonly secrets: readonly string[];
}

const NONE: ReadMcp = { servers: [], disabled: [], problems: [], secrets: [] };
const DEFAULT_FILE = 'mcp.json';
/** What a stdio server gets of the bot's own environment: enough to find programs, and nothing that is secret. */
const INHERITED = process.platform === 'win32' ? ['PATH', 'SystemRoot', 'TEMP', 'USERPROFILE'] : ['PATH', 'HOME'];
/** Variables that are no secrets: blanking them out would make logs unreadable. */
const PUBLIC = [
  'HOME',
  'PATH',
  'USER',
  'LOGNAME',
  'PWD',
  'SHELL',
  'LANG',
  'TMPDIR',
  'SystemRoot',
  'TEMP',
  'USERPROFILE',
];
const SECRET_NAME = /key|token|secret|passw|auth|credential/i;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Set by the transport itself. */
const OWN_HEADER = /^(host|connection|content-length|content-type|accept|transfer-encoding|mcp-.*)$/i;
const LONGEST_TIMEOUT_MS = 600_000;

const risk = z.enum(['read', 'write', 'dangerous'], { error: 'must be read, write or dangerous' });
const timeout = (fallback: number) =>
  z
    .number({ error: 'must be a number of milliseconds' })
    .min(1_000, 'must be at least 1000 (milliseconds)')
    .max(LONGEST_TIMEOUT_MS, `must be at most ${LONGEST_TIMEOUT_MS} (milliseconds)`)
    .default(fallback);
const text = z.string({ error: 'must be a text' });
const filled = text.min(1, 'must not be empty');
const texts = z.array(text, { error: 'must be a list of texts' });
const named = z.record(z.string(), text, { error: 'must be an object of names and texts' });

const Server = z
  .strictObject({
    type: z.string().optional(),
    command: filled.optional(),
    args: texts.default([]),
    env: named.default({}),
    cwd: filled.optional(),
    url: filled.optional(),
    headers: named.default({}),
    disabled: z.boolean({ error: 'must be true or false' }).default(false),
    allow: z.array(filled, { error: 'must be a list of names of tools' }).optional(),
    risk: z
      .union([risk, z.record(z.string(), risk)], {
        error: 'must be read, write, dangerous, or an object that says so of tools',
      })
      .default({}),
    blocking: z.boolean({ error: 'must be true or false' }).default(true),
    timeoutMs: timeout(60_000),
    startTimeoutMs: timeout(60_000),
    // Of other programs that read the same file; they mean nothing here.
    description: z.unknown().optional(),
    autoApprove: z.unknown().optional(),
    alwaysAllow: z.unknown().optional(),
  })
  .superRefine((server, context) => {
    const { command, url, type } = server;
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (command !== undefined && url !== undefined)
      complain('url', 'cannot stand beside command: a server is either started or called');
    if (command === undefined && url === undefined)
      complain('command', 'is missing: give command (a program to start) or url (a server to call)');
    if (type === 'sse')
      complain('type', 'sse is the old transport: give the address for streamable HTTP (mostly /mcp), and "http" here');
    else if (type !== undefined && !['stdio', 'http', 'streamable-http', 'streamableHttp'].includes(type))
      complain('type', 'must be stdio or http');
    else if (type !== undefined && (type === 'stdio') !== (command !== undefined))
      complain('type', 'does not fit: stdio goes with command, http with url');
  });
type Server = z.output<typeof Server>;
const File = z.strictObject({
  $schema: z.unknown().optional(),
  mcpServers: z.record(z.string(), z.unknown(), { error: 'must be an object of servers by their names' }),
});

/** Reads the file that MCP_CONFIG names, else ./mcp.json if it is there. Never throws: what is wrong is a problem. */
export function readMcp(file: string | undefined, env: NodeJS.ProcessEnv): ReadMcp {
  const shown = file ?? DEFAULT_FILE;
  let content: string;
  try {
    content = fileText(readFileSync(shown));
  } catch (error) {
    const { code = 'no reason given' } = error as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') return NONE;
    return {
      ...NONE,
      problems: [
        `${file === undefined ? shown : `MCP_CONFIG ${shown}`} cannot be read (${code}): name a file that the bot may read`,
      ],
    };
  }
  return new McpFile(shown, env).read(content);
}

/** One reading of the file: collects what is wrong and what is secret. */
class McpFile {
  readonly #file: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];
  readonly #secrets = new Set<string>();

  constructor(file: string, env: NodeJS.ProcessEnv) {
    this.#file = file;
    this.#env = env;
  }

  read(content: string): ReadMcp {
    const servers: McpEntry[] = [];
    const disabled: string[] = [];
    const prefixes = new Map<string, string>();
    for (const [name, value] of this.#serversIn(content)) {
      const at = `mcpServers.${name}`;
      const server = this.#parsed(at, value);
      if (server?.disabled) disabled.push(name);
      if (!server || server.disabled) continue;
      const prefix = prefixOf(name);
      const other = prefixes.get(prefix);
      if (prefix === '') this.#complain(at, 'needs a name with a letter or a digit in it');
      else if (other !== undefined)
        this.#complain(at, `is too much like ${other}: the names must differ in letters or digits`);
      prefixes.set(prefix, name);
      servers.push(this.#entry(name, prefix, server));
    }
    return { servers, disabled, problems: this.#problems, secrets: [...this.#secrets] };
  }

  #serversIn(content: string): readonly [string, unknown][] {
    let json: unknown;
    try {
      json = JSON.parse(content);
    } catch (error) {
      this.#problems.push(`${this.#file} is no JSON: ${error instanceof Error ? error.message : error}`);
      return [];
    }
    const file = File.safeParse(json);
    if (file.success) return Object.entries(file.data.mcpServers);
    this.#tell('', file.error, 'the file has the form {"mcpServers": {"NAME": {"command": "…"}}}');
    return [];
  }

  #parsed(at: string, value: unknown): Server | undefined {
    const server = Server.safeParse(value);
    if (server.success) return server.data;
    this.#tell(at, server.error, 'docs/tools.md says what may stand there');
    return undefined;
  }

  #tell(at: string, error: z.ZodError, hint: string): void {
    for (const issue of error.issues) {
      const path = [at, ...issue.path.map(String)].filter((part) => part !== '').join('.');
      if (issue.code !== 'unrecognized_keys') this.#complain(path, issue.message);
      else for (const key of issue.keys) this.#complain(path === '' ? key : `${path}.${key}`, `is not known: ${hint}`);
    }
  }

  #complain(at: string, problem: string): void {
    this.#problems.push(`${this.#file}: ${at === '' ? '' : `${at} `}${problem}`);
  }

  #entry(name: string, prefix: string, server: Server): McpEntry {
    const { allow = null, blocking, timeoutMs, startTimeoutMs } = server;
    const risks = typeof server.risk === 'string' ? { '*': server.risk } : server.risk;
    const transport = this.#transport(`mcpServers.${name}`, server);
    return { name, prefix, transport, allow, risk: risks, blocking, timeoutMs, startTimeoutMs };
  }

  #transport(at: string, server: Server): McpTransport {
    if (server.url !== undefined) return this.#http(at, server.url, server.headers);
    const inherited = INHERITED.flatMap((name) =>
      this.#env[name] === undefined ? [] : [[name, this.#env[name]] as const],
    );
    const own = Object.entries(server.env).map(([name, value]) => {
      const full = this.#fill(`${at}.env.${name}`, value);
      if (SECRET_NAME.test(name)) this.#secrets.add(full);
      return [name, full] as const;
    });
    return {
      type: 'stdio',
      command: this.#fill(`${at}.command`, server.command ?? ''),
      args: server.args.map((arg, index) => this.#fill(`${at}.args.${index}`, arg)),
      env: Object.fromEntries([...inherited, ...own]),
      cwd: resolve(dirname(this.#file), this.#fill(`${at}.cwd`, server.cwd ?? '.')),
    };
  }

  #http(at: string, template: string, templates: Readonly<Record<string, string>>): McpTransport {
    const url = this.#fill(`${at}.url`, template);
    const { protocol = '', username = '', password = '' } = URL.canParse(url) ? new URL(url) : {};
    if (!/^https?:$/.test(protocol)) this.#complain(`${at}.url`, 'must be an http:// or https:// address');
    else if (username !== '' || password !== '')
      this.#complain(`${at}.url`, 'must not hold a name and password: put them into headers');
    const headers = Object.entries(templates).map(([header, value]) => {
      const full = this.#fill(`${at}.headers.${header}`, value);
      if (!HEADER_NAME.test(header) || OWN_HEADER.test(header))
        this.#complain(`${at}.headers.${header}`, 'is not a header that can be set');
      else if (!/^[\x20-\x7e]*$/.test(full))
        this.#complain(`${at}.headers.${header}`, 'has a line break or a character that no header has');
      this.#secrets.add(full);
      // `Bearer KEY`: the key also turns up alone.
      const bare = /^\w+ +(\S+)$/.exec(full)?.[1];
      if (bare !== undefined) this.#secrets.add(bare);
      return [header, full] as const;
    });
    return { type: 'http', url, headers: Object.fromEntries(headers) };
  }

  /** Puts in what stands in the environment: `${NAME}`, or `${NAME:-otherwise}`. */
  #fill(at: string, template: string): string {
    return template.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
      const [, name = '', otherwise] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner) ?? [];
      if (name === '') {
        this.#complain(at, `has \${${inner}}, which names no variable`);
        return '';
      }
      const value = this.#env[name]?.trim() || otherwise;
      if (value === undefined) {
        this.#complain(at, `needs ${name}, which is not set: put it into .env`);
        return '';
      }
      if (this.#env[name]?.trim() && !PUBLIC.includes(name)) this.#secrets.add(value);
      return value;
    });
  }
}
