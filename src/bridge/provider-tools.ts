import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { DurableSession } from '../ports/model.ts';
import type { ServerWork, ToolCall } from '../ports/tool-calls.ts';
import type { ToolRunner } from './calls/tool-runner.ts';
import type { Replies } from './replies/replies.ts';
import type { ReplyUsage } from './replies/reply-usage.ts';
import type { Floor } from './turns/floor.ts';
import type { TurnRegistry } from './turns/turn-registry.ts';

/** Whom the provider's own work concerns. */
export interface ProviderToolsDeps {
  readonly session: Pick<DurableSession, 'approve'>;
  readonly floor: Pick<Floor, 'settle'>;
  readonly turns: TurnRegistry;
  readonly tools: ToolRunner;
  readonly usage: ReplyUsage;
  readonly replies: Replies;
  readonly observe: (event: BridgeEvent) => void;
}

/** What the provider does by itself for a reply: searches, programs, and calls on MCP servers that it hosts. */
export class ProviderTools {
  readonly #deps: ProviderToolsDeps;

  constructor(deps: ProviderToolsDeps) {
    this.#deps = deps;
  }

  /** The provider has done something, or begun to. */
  came(replyId: string, work: ServerWork): void {
    // What a program printed is the model's own; pages, searches and other servers are not.
    const outside = work.kind === 'sources' || (work.kind === 'call' && work.result !== null);
    const { tools, turns } = this.#deps;
    if (outside) tools.outsideCame();
    if (work.kind === 'call' && work.result !== null) turns.reopened(turns.behind(replyId).map(({ id }) => id));
    this.#tell(replyId, work);
  }

  /** A call on a hosted MCP server may change anything, so everybody behind it has to be known and allowed to. */
  async judge(call: ToolCall, server: string): Promise<void> {
    const { tools, session, floor } = this.#deps;
    // A person is asked, which may take a minute: nobody else has to wait for the answer to this one.
    const verdict = await tools.permit(call, server, () => floor.settle(call.turnIds));
    if (!verdict) return;
    session.approve(call.callId, verdict.allowed, verdict.reason);
    if (verdict.allowed) return;
    const { callId, replyId, name } = call;
    const result = { ok: false, output: verdict.reason };
    this.#tell(replyId, { kind: 'call', callId, server, name, arguments: call.arguments, result });
  }

  #tell(replyId: string, work: ServerWork): void {
    const { usage, replies, tools, turns, observe } = this.#deps;
    const behind = turns.behind(replyId);
    if (work.kind === 'sources') usage.searched(replyId, work.searches);
    replies.wrote(replyId);
    if (work.kind === 'call' && work.result === null) tools.hostedBegan(replyId, work.callId);
    observe({ type: 'server-tool', replyId, turns: behind, work });
    if (work.kind === 'call' && work.result !== null) tools.hostedEnded(work.callId);
  }
}
