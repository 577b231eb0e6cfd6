import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Acknowledged, ToolCall, ToolResult } from '../../../ports/tool-calls.ts';
import { acknowledgement } from '../../connection/prompt-text.ts';

type Known = Pick<ToolCall, 'turnIds' | 'name' | 'arguments'>;

/** Calls of which it is known that they were told. */
const REMEMBERED = 256;

/** Calls of our tools in one OpenAI session, each told once, and their results on the way back. */
export class OpenAICalls {
  readonly #send: (event: RealtimeClientEvent) => void;
  /** Calls without a result. */
  readonly #open = new Map<string, Known>();
  /** Nothing runs twice, however often it comes. */
  readonly #told = new Set<string>();
  #count = 0;

  constructor(send: (event: RealtimeClientEvent) => void) {
    this.#send = send;
  }

  /** False where this call was told before. */
  called(callId: string, call: Known): boolean {
    if (this.#told.has(callId)) return false;
    this.#told.add(callId);
    if (this.#told.size > REMEMBERED) this.#told.delete(this.#told.values().next().value as string);
    this.#open.set(callId, call);
    return true;
  }

  /** The result comes later. Gives the turns behind the call; none where it is unknown. */
  acknowledge({ callId, confirm }: Acknowledged): readonly number[] {
    const call = this.#open.get(callId);
    if (call) this.#output(callId, acknowledgement(confirm));
    return call?.turnIds ?? [];
  }

  /** Gives the turns behind the call. */
  result({ callId, output, delivery }: ToolResult): readonly number[] {
    const call = this.#open.get(callId);
    this.#open.delete(callId);
    if (!delivery) this.#output(callId, output);
    else if (call) this.#later(call, output);
    return call?.turnIds ?? [];
  }

  /**
   * A call has one output, and this one's is the acknowledgement. So the result is the output of another call that says
   * the same: a tool's text stays a tool's text, with no more authority than that. Clients may write calls into a
   * conversation (developers.openai.com/api/reference/resources/realtime/client-events, conversation.item.create).
   */
  #later({ name, arguments: args }: Known, output: string): void {
    const number = ++this.#count;
    const call_id = `later_${number}`;
    this.#send({
      type: 'conversation.item.create',
      event_id: `parley-later-${number}`,
      item: { type: 'function_call', call_id, name, arguments: args },
    });
    this.#output(call_id, output);
  }

  #output(callId: string, output: string): void {
    this.#send({
      type: 'conversation.item.create',
      event_id: `parley-result-${++this.#count}`,
      item: { type: 'function_call_output', call_id: callId, output },
    });
  }
}
