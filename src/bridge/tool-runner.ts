import type { BridgeEvent } from './bridge-ports.ts';
import { Gate } from './gate.ts';
import type { Room, TextChannel, Toolbox, ToolCall, ToolResult } from './ports.ts';
import type { TurnBook } from './rights.ts';

/** What a ToolRunner works with. */
export interface ToolRunnerParts {
  readonly toolbox: Toolbox;
  readonly turns: TurnBook;
  readonly room: Room;
  readonly text: TextChannel;
  readonly observe: (event: BridgeEvent) => void;
  readonly disabled: () => readonly string[];
  /** Hands a result to the session. Not called for a cancelled call, nor after close(). */
  readonly deliver: (result: ToolResult) => void;
  /** A call is over: ask wantsReply(). */
  readonly onSettled: () => void;
}

/** After this nobody counts on the result of a call that the provider runs. */
const HOSTED_LIMIT_MS = 60_000;

/** The tool calls of one session: each runs for the people behind its turns, with an AbortSignal of its own. */
export class ToolRunner {
  readonly #parts: ToolRunnerParts;
  readonly #gate = new Gate();
  readonly #running = new Map<string, { call: ToolCall; abort: AbortController }>();
  /** Calls that the provider runs itself, with their replies. */
  readonly #hosted = new Map<string, { readonly replyId: string; readonly beganAt: number }>();

  constructor(parts: ToolRunnerParts) {
    this.#parts = parts;
  }

  /** A reply that covers every result so far was asked for by other means. */
  covered(): void {
    this.#gate.covered();
  }

  /** True once when all results are there, the floor is quiet and the model should be asked to go on. */
  wantsReply(floorQuiet: boolean): boolean {
    return this.#gate.take(floorQuiet);
  }

  /** A call has no result yet. */
  get running(): boolean {
    const now = performance.now();
    return this.#running.size > 0 || [...this.#hosted.values()].some(({ beganAt }) => now - beganAt < HOSTED_LIMIT_MS);
  }

  /** Starts a call; ignores a repeated id that still runs. */
  run(call: ToolCall): void {
    if (this.#running.has(call.callId)) return;
    const abort = new AbortController();
    this.#running.set(call.callId, { call, abort });
    this.#gate.called(call.replyId, call.callId);
    const { toolbox, turns, room, text, observe, disabled } = this.#parts;
    const { askers, certain } = turns.askers(call.turnIds);
    observe({ type: 'tool-started', call, askers });
    const startedAt = performance.now();
    void toolbox.run(call, disabled(), { room, text, askers, certain, signal: abort.signal }).then((result) => {
      const wanted = this.#running.delete(call.callId);
      if (wanted) this.#parts.deliver(result);
      this.#gate.settled(call.replyId, call.callId, wanted);
      observe({ type: 'tool-ended', call, askers, result, tookMs: performance.now() - startedAt });
      this.#parts.onSettled();
    });
  }

  /** The provider runs a call by itself: what it says next waits for it as for our own. */
  hostedBegan(replyId: string, callId: string): void {
    if (this.#hosted.has(callId)) return;
    this.#hosted.set(callId, { replyId, beganAt: performance.now() });
    this.#gate.called(replyId, callId);
  }

  /** The provider has the call's result, or our refusal. */
  hostedEnded(callId: string): void {
    const hosted = this.#hosted.get(callId);
    if (!hosted) return;
    this.#hosted.delete(callId);
    this.#gate.settled(hosted.replyId, callId, true);
    this.#parts.onSettled();
  }

  /** The provider takes calls back: they are aborted and not answered. */
  cancel(callIds: readonly string[]): void {
    for (const callId of callIds) {
      const running = this.#running.get(callId);
      if (!running) continue;
      this.#running.delete(callId);
      this.#gate.settled(running.call.replyId, callId, false);
      running.abort.abort(new Error('the model took the call back'));
    }
  }

  /** Aborts everything; nothing is delivered any more. */
  close(): void {
    this.cancel([...this.#running.keys()]);
  }
}
