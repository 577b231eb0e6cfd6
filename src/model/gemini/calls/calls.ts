import {
  type FunctionCall,
  type FunctionResponse,
  FunctionResponseScheduling,
  type LiveClientMessage,
} from '@google/genai';
import type { Delivery, ToolResult } from '../../../ports/tool-calls.ts';
import { merged } from '../../connection/turn-ids.ts';
import { NO_RESULTS, saysNothing } from '../../empty-results.ts';

/** A top-level field of FunctionResponse (ai.google.dev/gemini-api/docs/live-api/tools), not one of `response`. */
const SCHEDULING: Readonly<Record<Delivery, FunctionResponseScheduling>> = {
  interrupt: FunctionResponseScheduling.INTERRUPT,
  'when-idle': FunctionResponseScheduling.WHEN_IDLE,
  silent: FunctionResponseScheduling.SILENT,
};

interface Group {
  /** The calls, in the order in which they came. */
  readonly callIds: string[];
  readonly waiting: Set<string>;
  readonly responses: { readonly callId: string; readonly response: FunctionResponse }[];
}

/**
 * The function calls that the model waits for. The results of calls that came together go back together: otherwise
 * the model would go on with the first of them alone (ai.google.dev/gemini-api/docs/live-tools).
 */
export class GeminiCalls {
  readonly #send: (message: LiveClientMessage) => void;
  readonly #ids: boolean;
  readonly #sweeps: boolean;
  readonly #groups = new Map<string, Group>();
  /** Ids that we made up because the server gave none; they are not sent back. */
  readonly #ours = new Set<string>();
  /** Calls that run beside the conversation: their results go by themselves. */
  readonly #beside = new Set<string>();
  /** Their results that wait for the request that follows them, each with the turns behind its call. */
  #due: { readonly callId: string; readonly response: FunctionResponse; readonly turnIds: readonly number[] }[] = [];
  readonly #groupOfMessage = new WeakMap<readonly FunctionCall[], Group>();
  #count = 0;

  /**
   * `ids`: whether results name their call by its id. The Gemini API demands it, Vertex AI refuses the field
   * (livekit/agents#2194), and `scheduling` with it. `sweeps`: see GeminiTraits.sweepsEmptyResults.
   */
  constructor(
    send: (message: LiveClientMessage) => void,
    { ids, sweeps }: { readonly ids: boolean; readonly sweeps: boolean },
  ) {
    this.#send = send;
    this.#ids = ids;
    this.#sweeps = sweeps;
  }

  /** What a result says to the model. */
  #response({ ok, output }: ToolResult): Record<string, unknown> {
    if (!ok) return { error: output };
    return this.#sweeps && saysNothing(output) ? { output, ...NO_RESULTS } : { output };
  }

  /** A call, and the list that it came in. Gives its id. */
  called(call: FunctionCall, list: readonly FunctionCall[]): string {
    const callId = call.id ?? `call-${++this.#count}`;
    if (call.id === undefined) this.#ours.add(callId);
    const group = this.#groupOfMessage.get(list) ?? {
      callIds: [],
      waiting: new Set(),
      responses: [],
    };
    this.#groupOfMessage.set(list, group);
    group.callIds.push(callId);
    group.waiting.add(callId);
    this.#groups.set(callId, group);
    return callId;
  }

  /** The call runs beside the conversation: what came with it need not wait for it. Gives the calls answered now. */
  setBeside(callId: string): readonly string[] {
    const group = this.#groups.get(callId);
    if (!group) return [];
    this.#groups.delete(callId);
    this.#ours.delete(callId);
    group.waiting.delete(callId);
    this.#beside.add(callId);
    return this.#flush(group);
  }

  /**
   * The result of a call that ran beside the conversation, for these turns; one that is not silent waits for sendBeside().
   * False where it is not wanted any more.
   */
  answerBeside(result: ToolResult, turnIds: readonly number[]): boolean {
    const { callId, name, delivery = 'when-idle' } = result;
    if (!this.#beside.delete(callId)) return false;
    const named = this.#ids ? { id: callId, scheduling: SCHEDULING[delivery] } : {};
    const response = { ...named, name, response: this.#response(result) };
    if (delivery === 'silent') this.#send({ toolResponse: { functionResponses: [response] } });
    else this.#due.push({ callId, turnIds, response });
    return true;
  }

  /**
   * Sends what waits in one message: how many answers the server gives to several of them is said nowhere. Gives the
   * turns behind their calls, none where nothing waits.
   */
  sendBeside(): readonly number[] {
    const due = this.#due.splice(0);
    if (due.length > 0) this.#send({ toolResponse: { functionResponses: due.map(({ response }) => response) } });
    return due.map(({ turnIds }) => turnIds).reduce(merged, []);
  }

  /** Takes a result; sends it once everything that belongs together is there. Gives the calls that were answered now. */
  answer(result: ToolResult): readonly string[] {
    const { callId, name } = result;
    const group = this.#groups.get(callId);
    if (!group) return [];
    this.#groups.delete(callId);
    group.waiting.delete(callId);
    const id = this.#ours.delete(callId) || !this.#ids ? {} : { id: callId };
    group.responses.push({ callId, response: { ...id, name, response: this.#response(result) } });
    return this.#flush(group);
  }

  /** The server took a call back that goes on here: nothing is answered for it. Gives the calls answered now. */
  setLoose(callId: string): readonly string[] {
    const group = this.#groups.get(callId);
    if (!group) return [];
    this.#groups.delete(callId);
    group.waiting.delete(callId);
    return this.#flush(group);
  }

  /** Calls that wait for results and that the server gave no id: where it takes calls back, it cannot name them. */
  get nameless(): readonly string[] {
    return [...this.#ours].filter((callId) => this.#groups.has(callId));
  }

  /** The server takes calls back. Gives the calls that are answered because nothing else is waited for. */
  cancelled(callIds: readonly string[]): readonly string[] {
    const groups = new Set<Group>();
    this.#due = this.#due.filter(({ callId }) => !callIds.includes(callId));
    for (const callId of callIds) {
      this.#beside.delete(callId);
      const group = this.#groups.get(callId);
      if (!group) continue;
      this.#groups.delete(callId);
      group.waiting.delete(callId);
      groups.add(group);
    }
    return [...groups].flatMap((group) => this.#flush(group, callIds));
  }

  #flush(group: Group, except: readonly string[] = []): readonly string[] {
    if (group.waiting.size > 0) return [];
    const sent = group.responses.splice(0).filter(({ callId }) => !except.includes(callId));
    if (sent.length === 0) return [];
    // Without ids the server matches them to its calls by name and order.
    sent.sort((one, other) => group.callIds.indexOf(one.callId) - group.callIds.indexOf(other.callId));
    this.#send({ toolResponse: { functionResponses: sent.map(({ response }) => response) } });
    return sent.map(({ callId }) => callId);
  }
}
