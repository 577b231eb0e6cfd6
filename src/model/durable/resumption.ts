import type { HistoryItem } from '../../ports/capabilities.ts';

/** A state of a session that its server can restore. */
export interface ResumeState {
  readonly handle: string;
  /** How far the session knew the conversation (History.mark). */
  readonly mark: number;
  /** What it was told in words when it was opened and would not know any more: it is told again. */
  readonly seed: readonly HistoryItem[];
  /** It still knows the guild's notes. */
  readonly keepsTold: boolean;
  readonly at: number;
}

/** A handle is good for two hours (ai.google.dev/gemini-api/docs/live-session); one that may expire on the way is not used. */
const VALID_MS = 2 * 60 * 60 * 1000 - 60_000;

/** A server that cuts the line at a handle is not asked again with it. */
const MOST_BROKEN = 2;

/** The newest state of the present model's sessions that can be restored. */
export class Resumption {
  #state: ResumeState | undefined;
  /** How often a line broke on which it was shown. */
  #broken = 0;

  offered(state: ResumeState): void {
    this.#state = state;
    this.#broken = 0;
  }

  /** A line broke on which it was shown, before an answer. Gives whether it may be shown once more. */
  broke(): boolean {
    this.#broken += 1;
    return this.#broken < MOST_BROKEN;
  }

  /** It is not to be restored. */
  evict(): void {
    this.#state = undefined;
  }

  usable(now: number): ResumeState | undefined {
    return this.#state && now - this.#state.at < VALID_MS ? this.#state : undefined;
  }
}
