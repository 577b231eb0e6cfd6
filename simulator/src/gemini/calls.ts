import type { ScriptInput } from '../shared/script.ts';
import type { PendingCall } from './generation.ts';
import { type FunctionDeclaration, type FunctionResponse, InvalidPayload } from './messages.ts';
import type { GeminiModel } from './models.ts';

type ToolResult = ScriptInput['toolResults'][number];
type Called = Pick<PendingCall, 'name' | 'arguments'>;

/** How often it calls again after results that say nothing. */
const SWEEPS = 3;

/** The calls of one session that wait for their responses. */
export class GeminiCalls {
  readonly #declared: readonly FunctionDeclaration[];
  readonly #model: GeminiModel;
  readonly #vertex: boolean;
  readonly #pending = new Map<string, PendingCall>();
  /** Calls that were taken back, by id, with their names. */
  readonly #cancelled = new Map<string, string>();
  #results: ToolResult[] = [];
  readonly #empty: PendingCall[] = [];
  #swept = 0;
  #count = 0;
  #whenAnswered: (() => void)[] = [];

  constructor(declared: readonly FunctionDeclaration[], model: GeminiModel, vertex: boolean) {
    this.#declared = declared;
    this.#model = model;
    this.#vertex = vertex;
  }

  get names(): readonly string[] {
    return this.#declared.map(({ name }) => name);
  }

  get waiting(): readonly PendingCall[] {
    return [...this.#pending.values()];
  }

  add(calls: readonly Called[]): readonly PendingCall[] {
    return calls.map(({ name, arguments: args }) => {
      const declared = this.#declared.find((tool) => tool.name === name);
      const behavior = declared?.behavior;
      const seesNothing = declared?.parametersJsonSchema !== undefined && !this.#model.readsJsonSchema;
      const { asynchronousTools } = this.#model;
      // Vertex AI takes the declaration of 3.8 alone: elsewhere the model waits there.
      const waits = asynchronousTools === 'never' || (this.#vertex && asynchronousTools === 'declared');
      const byDefault = asynchronousTools === 'declared' ? 'BLOCKING' : 'NON_BLOCKING';
      const blocking = waits || (behavior ?? byDefault) === 'BLOCKING';
      const id = `function-call-${3_225_422_447_000 + ++this.#count}`;
      const call = { id, name, arguments: seesNothing ? {} : args, blocking };
      this.#pending.set(call.id, call);
      return call;
    });
  }

  /** They need no answer any more; one that is on its way is ignored. */
  cancel(calls: readonly PendingCall[]): void {
    for (const { id, name } of calls) {
      this.#pending.delete(id);
      this.#cancelled.set(id, name);
    }
  }

  /** Takes one response; undefined where its call was cancelled. Throws InvalidPayload for a wrong one. */
  take(response: FunctionResponse): { call: PendingCall; response: FunctionResponse } | undefined {
    if (this.#vertex && response.scheduling) {
      throw new InvalidPayload('Invalid JSON payload received. Unknown name "scheduling": Cannot find field.');
    }
    // Vertex AI matches by name and order (livekit/agents#2194, livekit/agents#3694).
    if (this.#vertex && response.id !== undefined) {
      throw new InvalidPayload('Invalid JSON payload received. Unknown name "id": Cannot find field.');
    }
    const id = response.id ?? (this.#vertex ? this.waiting.find(({ name }) => name === response.name)?.id : undefined);
    if (id && this.#cancelled.has(id)) return undefined;
    // On its way when the call was taken back.
    const [crossed] = [...this.#cancelled].find(([, name]) => name === response.name) ?? [];
    if (this.#vertex && !id && crossed) {
      this.#cancelled.delete(crossed);
      return undefined;
    }
    const call = this.#pending.get(id ?? '');
    if (!call || (response.name !== undefined && response.name !== call.name) || !response.response) {
      throw new InvalidPayload('Request contains an invalid argument.');
    }
    if (!response.willContinue) this.#pending.delete(call.id);
    if (call.blocking && this.#model.sweeps && saysNothing(response.response)) this.#empty.push(call);
    const { output } = response.response;
    const text = typeof output === 'string' ? output : JSON.stringify(response.response);
    this.#results.push({ name: call.name, callId: call.id, output: text });
    if (!this.waiting.some(({ blocking }) => blocking)) {
      for (const resolve of this.#whenAnswered.splice(0)) resolve();
    }
    return { call, response };
  }

  /** Resolves when no blocking call waits. */
  answered(): Promise<void> {
    if (!this.waiting.some(({ blocking }) => blocking)) return Promise.resolve();
    return new Promise((resolve) => this.#whenAnswered.push(resolve));
  }

  /**
   * Calls whose results said nothing, to be made once more: two to five times a turn, as the platform's migration page has
   * it; here three.
   */
  takeEmpty(): readonly Called[] {
    const again = this.#empty.splice(0);
    if (again.length === 0 || this.#swept === SWEEPS) {
      this.#swept = 0;
      return [];
    }
    this.#swept += 1;
    this.#results = [];
    return again;
  }

  /** The results since the last reply. */
  takeResults(): ToolResult[] {
    const results = this.#results;
    this.#results = [];
    return results;
  }

  /** Results that a broken-off reply did not use. */
  giveBack(results: readonly ToolResult[]): void {
    this.#results.unshift(...results);
  }
}

/** Neither a finding nor a word of why there is none. */
function saysNothing(response: Readonly<Record<string, unknown>>): boolean {
  return response.retryable === undefined && isNothing(response.output ?? response);
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === 0 || value === false) return true;
  if (typeof value === 'string') return value.trim() === '' || isNothing(parsed(value));
  return typeof value === 'object' && Object.values(value).every(isNothing);
}

/** What JSON text stands for; anything else is something. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return true;
  }
}
