import type { Capabilities, ServerTool } from './bridge/ports.ts';
import { mcpName } from './bridge/session-options.ts';

const WORDS: Readonly<Record<ServerTool, string>> = {
  google_search: 'Searches the web with Google; the sources are posted.',
  code_execution: 'Writes and runs Python at Google; code and output are posted.',
  url_context: 'Reads web pages that are named to it; they are posted as links.',
};

/** A tool that the provider runs; see ToolName in commands/command.ts. */
interface RemoteTool {
  readonly name: string;
  readonly description: string;
  readonly remote: true;
  readonly risk: 'read' | 'write';
}

/** The tools that the model's provider runs by itself, as `/tools` names them. */
export function serverToolList(capabilities: Pick<Capabilities, 'serverTools' | 'mcpServers'>): readonly RemoteTool[] {
  return [
    ...capabilities.serverTools.map((name) => ({
      name,
      description: WORDS[name],
      remote: true as const,
      risk: 'read' as const,
    })),
    ...capabilities.mcpServers.map((label) => ({
      name: mcpName(label),
      description: `Uses the tools of the MCP server ${label}.`,
      remote: true as const,
      risk: 'write' as const,
    })),
  ];
}
