import type { HistoryItem } from '../bridge/ports.ts';

/** A state of a session that its server can restore. */
export interface ResumeState {
  readonly handle: string;
  /** How far the session knew the conversation (History.mark). */
  readonly mark: number;
  /** What it was told in words when it was opened: the instructions are sent anew, and this with them. */
  readonly seed: readonly HistoryItem[];
  readonly at: number;
}

/** A handle is good for two hours (ai.google.dev/gemini-api/docs/live-session); one that may expire on the way is not used. */
const VALID_MS = 2 * 60 * 60 * 1000 - 60_000;

/** The newest state of the present model's sessions that can be restored. */
export class Resumption {
  #state: ResumeState | undefined;

  offered(state: ResumeState): void {
    this.#state = state;
  }

  forget(): void {
    this.#state = undefined;
  }

  usable(now: number): ResumeState | undefined {
    return this.#state && now - this.#state.at < VALID_MS ? this.#state : undefined;
  }
}
