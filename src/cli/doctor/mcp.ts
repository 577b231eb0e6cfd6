import type { Config } from '../../config/config.ts';
import type { Log } from '../../lib/log.ts';
import { McpConnection } from '../../tools/mcp/connection.ts';
import type { McpEntry } from '../../tools/mcp/entry.ts';
import { check, type Finding } from './finding.ts';

const LIMIT_MS = 12_000;

/** Starts or calls each MCP server, asks for its tools and ends it: one line each. */
export function mcpChecks({ mcp }: Pick<Config, 'mcp'>, log: Log): Promise<Finding>[] {
  const off = mcp.disabled.map(
    (name): Finding => ({ state: 'note', name: `MCP server ${name}`, text: 'switched off in mcp.json' }),
  );
  const looks = mcp.servers.map((entry) => check(`MCP server ${entry.name}`, () => look(entry, log), LIMIT_MS + 2_000));
  return [...looks, ...off.map((finding) => Promise.resolve(finding))];
}

async function look(entry: McpEntry, log: Log): Promise<string> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(LIMIT_MS);
  const connection = await McpConnection.open({ entry, signal, log, onLost: () => {}, onTools: () => {} }).catch(
    (error: unknown) => {
      throw new Error(`is not running, because ${error instanceof Error ? error.message : error}`);
    },
  );
  const tookMs = Math.round(performance.now() - startedAt);
  const names = connection.tools.map(({ name }) => name);
  await connection.close();
  const absent = (entry.allow ?? []).filter((name) => !names.includes(name));
  if (absent.length > 0) throw new Error(`has no tool ${absent.join(', ')}: correct "allow" in mcp.json`);
  return `running with ${names.length} tool${names.length === 1 ? '' : 's'}, started in ${tookMs} ms`;
}
