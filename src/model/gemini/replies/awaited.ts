/** An answer that did not begin by then is asked for once more; by then once more, it does not come. */
const ASK_AGAIN_MS = 12_000;
const UNANSWERED_MS = 27_000;

/** What is to be done about an answer that did not begin in time. */
export type Overdue = 'ask-again' | 'free' | 'give-up';

/** Whether the server has something to answer and has not begun to, since when, and whether people wait for it. */
export class GeminiAwaited {
  #since: number | undefined;
  #wanted = false;
  #askedAgain = false;

  get is(): boolean {
    return this.#since !== undefined;
  }

  /** `wanted`: an answer of nothing at all is not to be taken for one. */
  begin(now: number, wanted: boolean): void {
    this.#since = now;
    this.#wanted = wanted;
    this.#askedAgain = false;
  }

  /** People wait for it after all. */
  want(): void {
    this.#wanted = true;
  }

  /** The answer began, or is not awaited any more. */
  end(): void {
    this.#since = undefined;
  }

  /** When expire() is due; undefined: nothing is awaited. */
  get deadline(): number | undefined {
    return this.#since === undefined ? undefined : this.#since + (this.#askedAgain ? UNANSWERED_MS : ASK_AGAIN_MS);
  }

  expire(): Overdue {
    if (this.#wanted && !this.#askedAgain) {
      this.#askedAgain = true;
      return 'ask-again';
    }
    this.#since = undefined;
    return this.#wanted ? 'give-up' : 'free';
  }
}
