import { aloneName, chosenAlone, mcpName } from '../bridge/session-options.ts';
import type { Capabilities, ServerTool } from '../ports/capabilities.ts';

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
  readonly alone?: string;
  readonly risk: 'read' | 'write';
}

/** The tools that the model's provider runs by itself, as `/tools` names them. */
export function serverToolList(
  capabilities: Pick<Capabilities, 'serverTools' | 'mcpServers' | 'oneKindOfTool'>,
): readonly RemoteTool[] {
  return [
    ...capabilities.serverTools.map((name) => ({
      name,
      description: WORDS[name],
      remote: true as const,
      risk: 'read' as const,
      ...(capabilities.oneKindOfTool && { alone: aloneName(name) }),
    })),
    ...capabilities.mcpServers.map((label) => ({
      name: mcpName(label),
      description: `Uses the tools of the MCP server ${label}.`,
      remote: true as const,
      risk: 'write' as const,
    })),
  ];
}

/**
 * What people could expect of a model's tools and do not get, a sentence each. `disabled`: the guild's, see aloneName().
 */
export function leftOut(capabilities: Capabilities, disabled: readonly string[]): readonly string[] {
  const { serverTools, oneKindOfTool, unusedMcpServers = [] } = capabilities;
  const alone = chosenAlone(capabilities, disabled);
  const others = oneKindOfTool ? serverTools.filter((name) => name !== alone && !disabled.includes(name)) : [];
  return [
    ...(alone
      ? [`Left out are all tools of mine: this model takes ${alone} only without them (/tools disable ${alone}).`]
      : []),
    ...(!alone && others.length > 0
      ? [
          `Left out: ${others.join(', ')}. This model takes ${others.length > 1 ? 'each of them' : 'it'} only in place of all tools of mine (/tools enable).`,
        ]
      : []),
    ...(unusedMcpServers.length > 0
      ? [
          `Left out: the MCP servers ${unusedMcpServers.join(', ')} of OPENAI_MCP_SERVERS. This model is not known to take them.`,
        ]
      : []),
  ];
}
