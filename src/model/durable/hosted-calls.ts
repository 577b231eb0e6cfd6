import type { SessionEvent } from '../../ports/model.ts';
import type { ServerWork } from '../../ports/tool-calls.ts';

type Call = ServerWork & { readonly kind: 'call' };
interface Open {
  readonly replyId: string;
  readonly turnIds: readonly number[];
  readonly work: Call;
}

const LOST = 'The connection was lost before it ended. Nobody knows whether it was carried out.';

/** Calls on hosted MCP servers that have no result yet. Their connection takes them along. */
export class HostedCalls {
  readonly #open = new Map<string, Open>();

  get size(): number {
    return this.#open.size;
  }

  /** The provider asks whether it may run a call. */
  asked({ call, server }: SessionEvent & { type: 'approval-request' }): void {
    const { callId, replyId, turnIds, name, arguments: args } = call;
    const work = { kind: 'call', callId, server, name, arguments: args, result: null } as const;
    this.#open.set(callId, { replyId, turnIds, work });
  }

  began(replyId: string, turnIds: readonly number[], work: Call): void {
    const asked = this.#open.get(work.callId);
    this.#open.set(work.callId, { replyId, turnIds: asked?.turnIds ?? turnIds, work });
  }

  ended(callId: string): void {
    this.#open.delete(callId);
  }

  /** The connection is gone. Gives how each call ended for people, and what the next session is to know of it. */
  lost(): { turnIds: readonly number[]; event: SessionEvent; note: string }[] {
    const lost = [...this.#open.values()].map(({ replyId, turnIds, work }) => ({
      turnIds,
      event: { type: 'server-tool', replyId, work: { ...work, result: { ok: false, output: LOST } } } as const,
      note: `The tool ${JSON.stringify(work.name)} of ${JSON.stringify(work.server)}: ${LOST}`,
    }));
    this.#open.clear();
    return lost;
  }
}
