import type { Risk } from '../tool.ts';

/** How a server is reached. All `${VARIABLES}` are filled in; values may be secrets. */
export type McpTransport =
  /** `env` is all that the process gets to see. */
  | {
      readonly type: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
    }
  | { readonly type: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** One server of mcp.json. */
export interface McpEntry {
  /** As it stands in the file. */
  readonly name: string;
  /** What the names of its tools begin with: letters, digits and single underscores. No two entries have the same. */
  readonly prefix: string;
  readonly transport: McpTransport;
  /** The server's own names of the tools that are offered; null: all. */
  readonly allow: readonly string[] | null;
  /** What the operator says about tools, by the server's own names, whatever the server says; `*`: every other. */
  readonly risk: Readonly<Record<string, Risk>>;
  /** Whether the model waits for results. */
  readonly blocking: boolean;
  /** For one call. */
  readonly timeoutMs: number;
  /** From the start until its tools are known. */
  readonly startTimeoutMs: number;
}

/** What mcp.json comes to. */
export interface McpConfig {
  readonly servers: readonly McpEntry[];
  /** Names of those that are switched off in the file. */
  readonly disabled: readonly string[];
}

/** A server's name as the beginning of its tools' names; empty where nothing of it can stand in one. */
export function prefixOf(name: string): string {
  // Without `__` in it and `_` at its end, it cannot be taken for another server's name followed by a tool's.
  const plain = name
    .replace(/\W+/g, '_')
    .replace(/_+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, LONGEST_PREFIX)
    .replace(/_$/, '');
  return /^\d/.test(plain) ? `s${plain}` : plain;
}

/** Leaves room for the tool within the 64 characters of a name. */
const LONGEST_PREFIX = 24;
