import type { FunctionCall, LiveClientMessage } from '@google/genai';
import type { Acknowledged, ToolDeclaration, ToolResult } from '../../../ports/tool-calls.ts';
import { acknowledgement } from '../../connection/prompt-text.ts';
import type { GeminiReplies } from '../replies/replies.ts';
import { GeminiCalls } from './calls.ts';
import type { GeminiDeferredResults } from './deferred-results.ts';
import { GeminiLooseCalls } from './loose-calls.ts';

/** What the service makes of calls, and where results go. */
export interface GeminiToolsDeps {
  readonly declared: readonly ToolDeclaration[];
  /** The provider runs tools beside the conversation by itself. */
  readonly native: boolean;
  /** See GeminiCalls. */
  readonly ids: boolean;
  readonly sweeps: boolean;
  readonly replies: GeminiReplies;
  readonly deferred: GeminiDeferredResults;
  send(message: LiveClientMessage): void;
  /** Tells the model something in the turn that is open. False: none is. */
  note(text: string): boolean;
}

/** The function calls of one session and their results, both ways. */
export class GeminiTools {
  readonly #deps: GeminiToolsDeps;
  readonly #calls: GeminiCalls;
  readonly #loose: GeminiLooseCalls;

  constructor(deps: GeminiToolsDeps) {
    this.#deps = deps;
    this.#calls = new GeminiCalls((message) => deps.send(message), { ids: deps.ids, sweeps: deps.sweeps });
    this.#loose = new GeminiLooseCalls(this.#calls, deps.replies, (text, callId) => {
      if (!deps.note(text)) deps.deferred.note(callId, text);
    });
  }

  /** A turn begins, spoken or in writing. */
  input(): void {
    this.#loose.input();
  }

  /** The model calls this one of `list`, which came together. `also`: open turns that may have asked for it. */
  called(call: FunctionCall, list: readonly FunctionCall[], also: readonly number[]): void {
    const { replies } = this.#deps;
    if (call.id !== undefined && replies.knows(call.id)) return;
    const callId = this.#calls.called(call, list);
    const name = call.name ?? '';
    this.#loose.called(callId, name);
    replies.toolCall({ callId, name, arguments: JSON.stringify(call.args ?? {}) }, also);
  }

  /**
   * The server takes these calls back. `interrupted`: with its answer broken off, it waits for none of its calls (Vertex AI
   * leaves ids out sometimes).
   */
  takenBack(callIds: readonly string[], interrupted: boolean): void {
    const { replies } = this.#deps;
    const cancelled = this.#loose.takenBack([...callIds, ...(interrupted ? this.#calls.nameless : [])]);
    this.#sent(this.#calls.cancelled(cancelled));
    if (cancelled.length > 0) replies.cancelled(cancelled);
  }

  /** See SpeechSession.acknowledge. */
  acknowledge({ callId, name, confirm }: Acknowledged): boolean {
    const beside = this.#deps.native && this.#isBeside(name);
    this.#deps.replies.acknowledged(callId, beside);
    const sent = beside
      ? this.#calls.setBeside(callId)
      : this.#calls.answer({ callId, name, ok: true, output: acknowledgement(confirm) });
    this.#sent(sent);
    return !beside;
  }

  /** It was declared as a tool that runs beside the conversation; for any other the server waits. */
  #isBeside(name: string): boolean {
    return this.#deps.declared.some((tool) => tool.name === name && tool.delivery !== undefined);
  }

  /** Whether this result comes in behind what people said before: it is a turn of its own, or goes with the next one. */
  isLater(result: ToolResult): boolean {
    return result.delivery !== undefined || this.#loose.has(result.callId);
  }

  /** The result of a call that the model waits for. */
  answer(result: ToolResult): void {
    this.#sent(this.#calls.answer(result));
  }

  /**
   * The result of one that it does not wait for. Natively: a function response with its scheduling. Otherwise in words,
   * which the model takes as a turn of nobody's: the call has its response already, and a second one closes the session.
   */
  answerLater(result: ToolResult): void {
    const { replies, deferred } = this.#deps;
    const turnIds = replies.takeLater(result.callId);
    if (!turnIds) return;
    if (this.#loose.delete(result.callId) || !this.#calls.answerBeside(result, turnIds)) {
      deferred.add(result, turnIds);
      return;
    }
    // Any other waits for the request that is to follow.
    if (result.delivery === 'silent') replies.told(turnIds);
  }

  /** Sends the results that wait for a request. */
  sendBeside(): void {
    const { replies } = this.#deps;
    const told = this.#calls.sendBeside();
    if (told.length === 0) return;
    replies.told(told);
    replies.promptedFor(told);
  }

  #sent(callIds: readonly string[]): void {
    for (const callId of callIds) this.#deps.replies.resultSent(callId);
  }
}
