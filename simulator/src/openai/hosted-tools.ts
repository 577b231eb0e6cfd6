import { setTimeout as wait } from 'node:timers/promises';
import type { Wire } from '../shared/model-server.ts';
import type { ScriptedReply } from '../shared/script.ts';
import { type Conversation, type Entry, snapshot } from './conversation.ts';
import { invalidRequest, type McpTool, type ProtocolError } from './events.ts';
import { newId } from './ids.ts';

export type HostedCall = NonNullable<ScriptedReply['hosted']>[number];

/** How long the remote server needs. */
const CALL_MS = 40;

/**
 * The remote MCP servers of one session: their tools are listed when they are named, a call runs beside the
 * conversation and nothing follows it by itself (developers.openai.com/api/docs/guides/realtime-mcp).
 */
export class HostedTools {
  readonly #wire: Wire;
  readonly #conversation: Conversation;
  readonly #emit: (type: string, fields: object) => void;
  /** Tool names by the address of their server; one that is not here cannot be reached. */
  readonly #reachable: Readonly<Record<string, readonly string[]>>;
  #servers: readonly McpTool[] = [];
  readonly #asked = new Map<string, HostedCall>();

  constructor(options: {
    readonly wire: Wire;
    readonly conversation: Conversation;
    readonly emit: (type: string, fields: object) => void;
    readonly reachable: Readonly<Record<string, readonly string[]>>;
  }) {
    this.#wire = options.wire;
    this.#conversation = options.conversation;
    this.#emit = options.emit;
    this.#reachable = options.reachable;
  }

  /** The session's servers, as of its last update. Lists the tools of the new ones. */
  named(servers: readonly McpTool[]): void {
    const known = this.#servers;
    this.#servers = servers;
    for (const server of servers) {
      if (!known.some((one) => JSON.stringify(one) === JSON.stringify(server))) this.#list(server);
    }
  }

  /** Throws for a call that the model could not make. */
  needsApproval({ server: label, name }: HostedCall): boolean {
    const server = this.#servers.find(({ server_label }) => server_label === label);
    if (!server || !this.#toolsOf(server).includes(name)) throw new Error(`the session has no tool ${label}.${name}`);
    const { require_approval: rule } = server;
    if (rule === 'never') return false;
    if (typeof rule !== 'object' || rule === null) return true;
    return !rule.never?.tool_names?.includes(name);
  }

  asked(requestId: string, call: HostedCall): void {
    this.#asked.set(requestId, call);
  }

  /** Why an mcp_approval_response is refused; undefined: it is not. */
  refusalOf(requestId: string): ProtocolError | undefined {
    if (this.#asked.has(requestId)) return undefined;
    return invalidRequest('invalid_value', `No approval request '${requestId}' is open.`, 'item.approval_request_id');
  }

  /** An mcp_approval_response is in the conversation. */
  answered(requestId: string, approve: boolean): void {
    const call = this.#asked.get(requestId);
    this.#asked.delete(requestId);
    if (!call || !approve) return;
    const { name, server: server_label } = call;
    const args = JSON.stringify(call.arguments);
    const id = newId('mcp');
    const fields = { name, server_label, arguments: args, approval_request_id: requestId, output: null, error: null };
    const entry: Entry = { id, kind: 'hosted', wire: { id, type: 'mcp_call', ...fields }, producedSamples: 0 };
    const previous_item_id = this.#conversation.insert(entry);
    this.#emit('conversation.item.added', { previous_item_id, item: snapshot(entry) });
    void this.run(entry, call, 0);
  }

  /** Runs a call whose item is in the conversation. */
  async run(entry: Entry, { output = '', error }: HostedCall, output_index: number): Promise<void> {
    this.#emit('response.mcp_call.in_progress', { item_id: entry.id, output_index });
    try {
      await wait(CALL_MS, undefined, { signal: this.#wire.signal });
    } catch {
      return;
    }
    entry.wire.output = error === undefined ? output : null;
    if (error !== undefined) entry.wire.error = { type: 'tool_execution_error', message: error };
    this.#emit(`response.mcp_call.${error === undefined ? 'completed' : 'failed'}`, {
      item_id: entry.id,
      output_index,
    });
    const previous_item_id = this.#conversation.previousOf(entry.id);
    this.#emit('conversation.item.done', { previous_item_id, item: snapshot(entry) });
  }

  #list(server: McpTool): void {
    const id = newId('mcpl');
    const reachable = Object.hasOwn(this.#reachable, server.server_url);
    const tools = this.#toolsOf(server).map((name) => ({ name, input_schema: { type: 'object' } }));
    const wire = { id, type: 'mcp_list_tools', server_label: server.server_label, tools: [] };
    const entry: Entry = { id, kind: 'other', wire, producedSamples: 0 };
    const previous_item_id = this.#conversation.insert(entry);
    this.#emit('conversation.item.added', { previous_item_id, item: snapshot(entry) });
    this.#emit('mcp_list_tools.in_progress', { item_id: id });
    if (!reachable) {
      this.#emit('mcp_list_tools.failed', { item_id: id });
      return;
    }
    entry.wire = { ...wire, tools };
    this.#emit('mcp_list_tools.completed', { item_id: id });
    this.#emit('conversation.item.done', { previous_item_id, item: snapshot(entry) });
  }

  #toolsOf({ server_url, allowed_tools: allowed }: McpTool): readonly string[] {
    const all = this.#reachable[server_url] ?? [];
    const names = Array.isArray(allowed) ? allowed : allowed?.tool_names;
    return names ? all.filter((name) => names.includes(name)) : all;
  }
}
