import type { ConversationItem, RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import type { SessionEvent } from '../../ports/model.ts';

/** What hosted calls need of the session. */
export interface HostedOutlets {
  send(event: RealtimeClientEvent): void;
  emit(event: SessionEvent): void;
  /** A reply acts. Gives the turns behind it, and whether anybody still wants it; undefined for an unknown reply. */
  acts(replyId: string): { readonly turnIds: readonly number[]; readonly wanted: boolean } | undefined;
  /** Something came that the model has to speak about. */
  owes(replyId: string, turnIds: readonly number[]): void;
}

interface Call {
  readonly replyId: string;
  readonly turnIds: readonly number[];
  readonly callId: string;
  readonly server: string;
  name: string;
  args: string;
  begun: boolean;
  ended: boolean;
}
type McpCall = ConversationItem & { readonly type: 'mcp_call' };
type ApprovalRequest = ConversationItem & { readonly type: 'mcp_approval_request' };

/** Items that are remembered, so that what is told twice counts once. */
const REMEMBERED = 64;
/** How long the finished item may follow the message that its call is over. */
const ITEM_WAIT_MS = 1_000;
/** A call that brings nothing for so long does not bring anything any more, whatever its server is at. */
const LONGEST_CALL_MS = 120_000;
const INTERRUPTED = 'The answer was interrupted, so the call is not wanted any more.';

/**
 * Calls that the provider makes on remote MCP servers. A call runs on when its response is already done, and nothing
 * follows by itself: the client has to ask for the next response (jamesrochabrun/SwiftOpenAI#193). The item with the
 * output comes as conversation.item.done, response.output_item.done or both (openai-agents-js, openaiRealtimeBase).
 */
export class OpenAIHostedTools {
  readonly #out: HostedOutlets;
  /** By item id. */
  readonly #calls = new Map<string, Call>();
  /** Item → response, from response.output_item.added on. */
  readonly #replyOf = new Map<string, string>();
  /** By the approval request's id. */
  readonly #approvals = new Map<string, { readonly replyId: string; readonly turnIds: readonly number[] }>();
  readonly #labels = new Map<string, string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #count = 0;

  constructor(out: HostedOutlets) {
    this.#out = out;
  }

  /** Takes a message of the server; false where it is not about hosted tools alone. */
  handle(event: RealtimeServerEvent): boolean {
    switch (event.type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        remember(this.#replyOf, event.item.id ?? '', event.response_id);
        return this.#item(event.item, event.type === 'response.output_item.done');
      case 'conversation.item.added':
      case 'conversation.item.done':
      case 'conversation.item.retrieved':
        return this.#item(event.item, event.type !== 'conversation.item.added');
      case 'response.mcp_call.in_progress':
        this.#began(this.#calls.get(event.item_id));
        return true;
      case 'response.mcp_call.completed':
      case 'response.mcp_call.failed':
        this.#over(event.item_id, event.type === 'response.mcp_call.completed');
        return true;
      case 'mcp_list_tools.failed':
        this.#unlisted(event.item_id);
        return true;
      default:
        return /^(response\.mcp_call_arguments|mcp_list_tools)\./.test(event.type);
    }
  }

  /** See SpeechSession.approve. */
  approve(callId: string, approved: boolean, reason: string): void {
    const request = this.#approvals.get(callId);
    if (!request) return;
    // Where it is approved, the call's own result is what the model speaks about.
    if (!approved) this.#out.owes(request.replyId, request.turnIds);
    this.#answer(callId, approved, reason);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #item(item: ConversationItem, done: boolean): boolean {
    switch (item.type) {
      case 'mcp_list_tools':
        remember(this.#labels, item.id ?? '', item.server_label);
        return true;
      case 'mcp_approval_request':
        if (done) this.#asked(item);
        return true;
      case 'mcp_call':
        this.#call(item, done);
        return true;
      case 'mcp_approval_response':
        return true;
      default:
        return false;
    }
  }

  #asked(item: ApprovalRequest): void {
    const replyId = this.#replyOf.get(item.id);
    if (replyId === undefined || this.#approvals.has(item.id)) return;
    const reply = this.#out.acts(replyId);
    remember(this.#approvals, item.id, { replyId, turnIds: reply?.turnIds ?? [] });
    if (!reply?.wanted) {
      this.#answer(item.id, false, INTERRUPTED);
      return;
    }
    const { id: callId, name, server_label: server } = item;
    const call = { callId, replyId, turnIds: reply.turnIds, name, arguments: item.arguments };
    this.#out.emit({ type: 'approval-request', call, server });
  }

  #answer(requestId: string, approve: boolean, reason: string): void {
    const number = ++this.#count;
    const id = `parley_approval_${number}`;
    const item = { type: 'mcp_approval_response', id, approval_request_id: requestId, approve, reason } as const;
    this.#out.send({ type: 'conversation.item.create', event_id: `parley-approval-${number}`, item });
  }

  #call(item: McpCall, done: boolean): void {
    const call = this.#calls.get(item.id) ?? this.#newCall(item);
    if (!call) return;
    if (item.name) call.name = item.name;
    if (item.arguments) call.args = item.arguments;
    const { error, output } = item;
    if (error) this.#ended(call, false, error.message || error.type);
    else if (typeof output === 'string') this.#ended(call, true, output);
    else if (done) this.#began(call);
  }

  #newCall(item: McpCall): Call | undefined {
    const request = item.approval_request_id ? this.#approvals.get(item.approval_request_id) : undefined;
    const replyId = request?.replyId ?? this.#replyOf.get(item.id);
    // Without either it is an item of another session's, or its response is announced in a moment.
    if (replyId === undefined) return undefined;
    const turnIds = request?.turnIds ?? this.#out.acts(replyId)?.turnIds ?? [];
    const callId = request && item.approval_request_id ? item.approval_request_id : item.id;
    const { name, server_label: server } = item;
    const call = { replyId, turnIds, callId, server, name, args: item.arguments ?? '', begun: false, ended: false };
    remember(this.#calls, item.id, call);
    return call;
  }

  #began(call: Call | undefined): void {
    if (!call || call.begun || call.ended) return;
    call.begun = true;
    this.#emit(call, null);
    this.#after(LONGEST_CALL_MS, () => this.#ended(call, false, 'The server brought no result in time.'));
  }

  #ended(call: Call, ok: boolean, output: string): void {
    if (call.ended) return;
    this.#began(call);
    call.ended = true;
    this.#out.owes(call.replyId, call.turnIds);
    this.#emit(call, { ok, output });
  }

  #emit({ replyId, callId, server, name, args }: Call, result: { ok: boolean; output: string } | null): void {
    const work = { kind: 'call', callId, server, name, arguments: args, result } as const;
    this.#out.emit({ type: 'server-tool', replyId, work });
  }

  /** Nobody waits for ever for an item that should have come with its output. */
  #over(itemId: string, ok: boolean): void {
    const call = this.#calls.get(itemId);
    if (!call || call.ended) return;
    this.#after(ITEM_WAIT_MS, () => this.#ended(call, ok, ok ? '' : 'The server did not say why.'));
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms).unref();
    this.#timers.add(timer);
  }

  #unlisted(itemId: string): void {
    const label = this.#labels.get(itemId);
    const of = label === undefined ? 'an MCP server' : `the MCP server ${label}`;
    this.#out.emit({ type: 'refused', message: `The tools of ${of} could not be read: check OPENAI_MCP_SERVERS.` });
  }
}

/** Adds; the oldest beyond the limit are evicted. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > REMEMBERED && !oldest.done) map.delete(oldest.value);
}
