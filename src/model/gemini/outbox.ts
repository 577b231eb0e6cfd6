import type { SessionEvent } from '../../ports/model.ts';
import type { ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, Turn } from '../../ports/voice.ts';
import type { GeminiTranscriptAttribution } from './replies/transcript-attribution.ts';

/** One thing that is to be sent, in its order. */
export type Command =
  | { readonly type: 'begin'; readonly turn: Turn }
  | { readonly type: 'audio'; readonly pcm: Pcm }
  | { readonly type: 'end'; readonly respond: boolean }
  | { readonly type: 'text'; readonly turn: Turn; readonly text: string }
  | { readonly type: 'later-result'; readonly result: ToolResult }
  | { readonly type: 'respond' }
  | { readonly type: 'pass' };

/** Where people speak in turns so fast that holding them back adds up, nobody waits longer than this in all. */
const LONGEST_WAIT_MS = 12_000;
/** Turns that are given at once, as after a break of the line, count as given so far apart: each takes its time. */
const PACE_MS = 2_500;
/** A timer that is so late shows that this process stood still: what came meanwhile is read first. */
const STOOD_STILL_MS = 100;

/**
 * What is to be sent, in order. The beginning of a spoken turn waits, and everything behind it, until words of the turn
 * before it can no longer be taken for its own (see GeminiTranscriptAttribution), 12 s at most, which bounds what waits here.
 */
export class GeminiOutbox {
  readonly #attribution: GeminiTranscriptAttribution;
  readonly #carryOut: (command: Command, now: number) => void;
  readonly #emit: (events: readonly SessionEvent[]) => void;
  #commands: { readonly command: Command; readonly since: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Since when the last beginning counts as waiting. */
  #lastBegin = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: {
    readonly attribution: GeminiTranscriptAttribution;
    readonly carryOut: (command: Command, now: number) => void;
    readonly emit: (events: readonly SessionEvent[]) => void;
  }) {
    this.#attribution = options.attribution;
    this.#carryOut = options.carryOut;
    this.#emit = options.emit;
  }

  /** Whether somebody's spoken turn waits to be sent. */
  get turnWaits(): boolean {
    return this.#commands.some(({ command }) => command.type === 'begin');
  }

  push(command: Command): void {
    const now = performance.now();
    const since = command.type === 'begin' ? Math.max(now, this.#lastBegin + PACE_MS) : now;
    if (command.type === 'begin') this.#lastBegin = since;
    this.#commands.push({ command, since });
    this.pump();
  }

  /** Nothing of these turns is sent that was not sent yet. */
  withdraw(turnIds: readonly number[]): void {
    let within = false;
    this.#commands = this.#commands.filter(({ command }) => {
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
    this.#emit(this.#attribution.settle(now));
    for (let head = this.#commands[0]; head; head = this.#commands[0]) {
      if (this.#waitMs(now) > 0) break;
      this.#commands.shift();
      this.#carryOut(head.command, now);
    }
    this.#arm(now);
  }

  close(): void {
    this.#closed = true;
    this.#commands = [];
    clearTimeout(this.#timer);
  }

  /** How long what is next has to wait. */
  #waitMs(now: number): number {
    const head = this.#commands[0];
    if (head?.command.type !== 'begin') return 0;
    return Math.min(this.#attribution.waitMs(now), head.since + LONGEST_WAIT_MS - now);
  }

  #arm(now: number): void {
    clearTimeout(this.#timer);
    const waitMs = this.#waitMs(now);
    const times = [waitMs > 0 ? now + waitMs : undefined, this.#attribution.nextAt].filter((at) => at !== undefined);
    if (times.length === 0) return;
    const at = Math.max(now + 1, Math.ceil(Math.min(...times)));
    this.#timer = setTimeout(() => {
      const late = performance.now() > at + STOOD_STILL_MS;
      if (late) this.#attribution.stoodStill(performance.now());
      if (late) this.#timer = setTimeout(() => this.pump(), 1);
      else this.pump();
    }, at - now);
  }
}
