import type { Delivery, ToolCall } from '../../ports/tool-calls.ts';
import type { CallOrigin } from '../../ports/tools.ts';
import type { Person, UserId } from '../../ports/voice.ts';

/** A call under way. */
export interface RunningCall {
  readonly call: ToolCall;
  /** What the Cancel button of its post names. */
  readonly cancelId: string;
  readonly askers: readonly Person[];
  readonly origin: CallOrigin;
  readonly abort: AbortController;
  readonly onInterrupt: 'abort' | 'go-on';
  /** Equal for calls that would do the same for the same people; undefined where it is not certain who asked. */
  readonly sameness: string | undefined;
  /** undefined: the model waits for it. */
  delivery: Delivery | undefined;
  cancelledBy: Person | undefined;
  /** No more calls come of the reply that made it. */
  replyIsDone: boolean;
  /** A person made it without the model. */
  readonly byButton: boolean;
}

/** How many ids of calls are remembered: none runs twice. */
const REMEMBERED = 400;

/** The calls of one bridge that have no result yet. */
export class RunningCalls {
  readonly #running = new Map<string, RunningCall>();
  readonly #seen = new Set<string>();

  /** Whether the model waits for one of them. */
  get blocking(): boolean {
    return [...this.#running.values()].some(({ delivery }) => delivery === undefined);
  }

  get ids(): readonly string[] {
    return [...this.#running.keys()];
  }

  get list(): readonly RunningCall[] {
    return [...this.#running.values()];
  }

  /** True once for every id. */
  isNew(callId: string): boolean {
    if (this.#seen.has(callId)) return false;
    this.#seen.add(callId);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string);
    return true;
  }

  add(one: RunningCall): void {
    this.#running.set(one.call.callId, one);
  }

  replyDone(replyId: string): void {
    for (const one of this.list) if (one.call.replyId === replyId) one.replyIsDone = true;
  }

  /** The call, which is over now; undefined where it was over before. */
  remove(callId: string): RunningCall | undefined {
    const one = this.#running.get(callId);
    this.#running.delete(callId);
    return one;
  }

  hasSame(sameness: string | undefined): boolean {
    return sameness !== undefined && this.list.some((one) => one.sameness === sameness);
  }

  byCancelId(cancelId: string): RunningCall | undefined {
    return this.list.find((one) => one.cancelId === cancelId);
  }
}

/** See RunningCall.sameness. The order of the arguments does not matter. */
export function samenessOf(call: ToolCall, askers: readonly { userId: UserId }[], certain: boolean) {
  if (!certain) return undefined;
  const people = askers.map(({ userId }) => userId).sort();
  return JSON.stringify([call.name, people, sorted(parsed(call.arguments))]);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json.trim() === '' ? '{}' : json);
  } catch {
    return json;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, item]) => [key, sorted(item)]);
}
