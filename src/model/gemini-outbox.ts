import type { Pcm, SessionEvent, ToolResult, Turn } from '../bridge/ports.ts';
import type { GeminiHearing } from './gemini-hearing.ts';

export type Command =
  | { readonly type: 'begin'; readonly turn: Turn }
  | { readonly type: 'audio'; readonly pcm: Pcm }
  | { readonly type: 'end'; readonly respond: boolean }
  | { readonly type: 'text'; readonly turn: Turn; readonly text: string }
  | { readonly type: 'later-result'; readonly result: ToolResult }
  | { readonly type: 'respond' };

/**
 * What is to be sent, in order. The beginning of a turn waits, and everything behind it, until words of somebody
 * else's turn before it can no longer be taken for its own: 1.5 s at most, which bounds what waits here.
 */
export class GeminiOutbox {
  readonly #hearing: GeminiHearing;
  readonly #carryOut: (command: Command, now: number) => void;
  readonly #emit: (events: readonly SessionEvent[]) => void;
  #commands: Command[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: {
    readonly hearing: GeminiHearing;
    readonly carryOut: (command: Command, now: number) => void;
    readonly emit: (events: readonly SessionEvent[]) => void;
  }) {
    this.#hearing = options.hearing;
    this.#carryOut = options.carryOut;
    this.#emit = options.emit;
  }

  /** Whether somebody's spoken turn waits to be sent. */
  get turnWaits(): boolean {
    return this.#commands.some(({ type }) => type === 'begin');
  }

  push(command: Command): void {
    this.#commands.push(command);
    this.pump();
  }

  /** Nothing of these turns is sent that was not sent yet. */
  withdraw(turnIds: readonly number[]): void {
    let within = false;
    this.#commands = this.#commands.filter((command) => {
      if (command.type === 'begin') within = turnIds.includes(command.turn.id);
      const goes = within && (command.type === 'begin' || command.type === 'audio' || command.type === 'end');
      if (command.type === 'end') within = false;
      return !goes;
    });
  }

  /** Sends what may be sent now. To be called whenever something was heard. */
  pump(): void {
    if (this.#closed) return;
    const now = performance.now();
    this.#emit(this.#hearing.settle(now));
    for (let command = this.#commands[0]; command; command = this.#commands[0]) {
      if ('turn' in command && this.#hearing.waitMs(command.turn, now) > 0) break;
      this.#commands.shift();
      this.#carryOut(command, now);
    }
    this.#arm(now);
  }

  close(): void {
    this.#closed = true;
    this.#commands = [];
    clearTimeout(this.#timer);
  }

  #arm(now: number): void {
    clearTimeout(this.#timer);
    const head = this.#commands[0];
    const waits = head && 'turn' in head ? now + this.#hearing.waitMs(head.turn, now) : undefined;
    const times = [waits, this.#hearing.nextAt].filter((at) => at !== undefined);
    if (times.length === 0) return;
    this.#timer = setTimeout(() => this.pump(), Math.max(1, Math.ceil(Math.min(...times) - now)));
  }
}
