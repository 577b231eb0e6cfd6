import type { ToolContext } from '../../src/ports/tools.ts';
import type { Tool } from '../../src/tools/tool.ts';

/** Runs a tool with these arguments as the toolbox does, without its policy. */
export async function callTool(tool: Tool, args: object, context: ToolContext): Promise<Record<string, unknown>> {
  const run = tool.resolve ? (await tool.resolve(args, context)).run : tool.prepare(args);
  return (await run(context)) as Record<string, unknown>;
}
