/** A remote MCP server whose tools the provider calls by itself. `authorization` and the header values are secrets. */
export interface McpServer {
  /** What the tools' calls name it by: a letter, then letters, digits, `-` and `_`. */
  readonly label: string;
  readonly url: string;
  readonly description?: string | undefined;
  /** An OAuth access token. */
  readonly authorization?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Absent: all that the server has. */
  readonly allowedTools?: readonly string[] | undefined;
  /** Whether the provider asks before each call. */
  readonly approval: 'always' | 'never';
}

/** The server as session.update wants it (developers.openai.com/api/docs/guides/realtime-mcp, MCPTool). */
export function mcpTool(server: McpServer) {
  const { label, url, description, authorization, headers, allowedTools, approval } = server;
  return {
    type: 'mcp' as const,
    server_label: label,
    server_url: url,
    ...(description ? { server_description: description } : {}),
    ...(authorization ? { authorization } : {}),
    ...(headers ? { headers: { ...headers } } : {}),
    ...(allowedTools ? { allowed_tools: [...allowedTools] } : {}),
    require_approval: approval,
  };
}

/** What no log line may carry of these servers. */
export function mcpSecrets(servers: readonly McpServer[]): readonly string[] {
  return servers.flatMap(({ authorization, headers }) => [
    ...(authorization ? [authorization] : []),
    ...Object.values(headers ?? {}),
  ]);
}
