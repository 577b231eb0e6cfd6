import type { PendingCall } from './gemini-generation.ts';
import { type FunctionDeclaration, type FunctionResponse, InvalidPayload } from './gemini-messages.ts';
import type { GeminiModel } from './gemini-models.ts';
import type { ScriptInput } from './script.ts';

type ToolResult = ScriptInput['toolResults'][number];

/** The calls of one session that wait for their responses. */
export class GeminiCalls {
  readonly #declared: readonly FunctionDeclaration[];
  readonly #model: GeminiModel;
  readonly #vertex: boolean;
  readonly #pending = new Map<string, PendingCall>();
  readonly #cancelled = new Set<string>();
  #results: ToolResult[] = [];
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

  add(names: readonly string[]): readonly PendingCall[] {
    return names.map((name) => {
      const behavior = this.#declared.find((tool) => tool.name === name)?.behavior;
      const byDefault = this.#model.asynchronousTools === 'default' ? 'NON_BLOCKING' : 'BLOCKING';
      const blocking = this.#model.asynchronousTools === 'never' || (behavior ?? byDefault) === 'BLOCKING';
      const call = { id: `function-call-${3_225_422_447_000 + ++this.#count}`, name, blocking };
      this.#pending.set(call.id, call);
      return call;
    });
  }

  /** They need no answer any more; one that is on its way is ignored. */
  cancel(calls: readonly PendingCall[]): void {
    for (const { id } of calls) {
      this.#pending.delete(id);
      this.#cancelled.add(id);
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
    const call = this.#pending.get(id ?? '');
    if (!call || (response.name !== undefined && response.name !== call.name) || !response.response) {
      throw new InvalidPayload('Request contains an invalid argument.');
    }
    if (!response.willContinue) this.#pending.delete(call.id);
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
