import type { ToolServer } from '../../src/ports/tools.ts';
import { counted, duration, plain } from '../text.ts';

const LONGEST_REASON = 250;

/** The MCP servers, one a line, in plain words. */
export function serversText(servers: readonly ToolServer[]): string {
  if (servers.length === 0) return 'There are no MCP servers. Whoever runs me names them in mcp.json.';
  return servers.map(({ name, state }) => `**${plain(name, 60)}:** ${stateWords(state)}`).join('\n');
}

function stateWords(state: ToolServer['state']): string {
  switch (state.status) {
    case 'running': {
      const { tools, offered, limit, unusable = 0 } = state;
      const more =
        unusable === 0
          ? ''
          : ` It has ${counted(unusable, 'tool')} more, to be called by way of tasks, which I do not.`;
      if (tools === offered) return `running with ${counted(tools, 'tool')}.${more}`;
      const why = limit === undefined ? '' : `: ${plain(limit, LONGEST_REASON)}`;
      return `running with ${tools} of its ${offered} tools, which are too many${why}. \`allow\` in mcp.json says which to use.${more}`;
    }
    case 'starting':
      return 'starting.';
    case 'stopped':
      return 'stopped.';
    case 'disabled':
      return 'switched off in mcp.json.';
    case 'failed': {
      const { reason, nextTryMs } = state;
      const next =
        nextTryMs === null
          ? 'It is not tried again before I am started anew'
          : `The next try is in ${duration(Math.max(nextTryMs, 1_000))}`;
      return `failed, because ${plain(reason, LONGEST_REASON)}. ${next}.`;
    }
    default:
      return state satisfies never;
  }
}
