import { GeminiAwaited } from './awaited.ts';
import type { Generation, GenerationOutlets } from './generation.ts';
import { GeminiPendingAnswers } from './pending-answers.ts';

/** What the server is to answer next, and who is to hear that answer. */
export class GeminiNextAnswer {
  /** What the model has to answer. */
  readonly pending = new GeminiPendingAnswers();
  /** Whether the server has something to answer and has not begun to. */
  readonly awaited = new GeminiAwaited();
  /** Somebody asked for an answer that only comes behind the one under way: it is asked for then. */
  askAgainAfter = false;
  /** Somebody waits for the answer to results that the generation under way may use, or may end without a word. */
  owesAnEnd = false;
  readonly #out: Pick<GenerationOutlets, 'caughtUpTo' | 'echo' | 'now'>;
  /**
   * live: the last turn asked for it. held: that turn ended with `respond` false, and nobody asked since. dropped: it was
   * passed over as well, so nobody is to hear what the server has not begun yet.
   */
  #mode: Generation['mode'] = 'live';
  #turnIsOpen = false;

  constructor(out: Pick<GenerationOutlets, 'caughtUpTo' | 'echo' | 'now'>) {
    this.#out = out;
  }

  /** A turn is open, or about to be: what the server begins now it will break off. */
  get turnIsOpen(): boolean {
    return this.#turnIsOpen;
  }

  /** Nobody is to hear the answer that the server has not begun yet. */
  get isDropped(): boolean {
    return this.#mode === 'dropped';
  }

  turnBegan(): void {
    this.#turnIsOpen = true;
  }

  turnGone(): void {
    this.#turnIsOpen = false;
  }

  /** `another`: the next turn already waits to be sent. */
  turnEnded(respond: boolean, another: boolean): void {
    this.#turnIsOpen = another;
    this.#mode = respond ? 'live' : 'held';
  }

  /** Nobody wants what would be held. */
  pass(): void {
    if (this.#mode !== 'live') this.#mode = this.awaited.is ? 'dropped' : 'held';
  }

  /** Somebody asked for it. */
  want(): void {
    this.#mode = 'live';
    this.awaited.want();
  }

  /** The server has something to answer from now on. `wanted`: see GeminiAwaited.begin. */
  await(wanted: boolean): void {
    this.awaited.begin(this.#out.now(), wanted);
  }

  /** To be called when what the server is to answer is on the line already. `busy`: see GeminiPendingAnswers.owe. */
  owe(turnIds: readonly number[], busy: boolean): void {
    const owe = this.pending.owe(turnIds, this.#out.caughtUpTo(), busy);
    this.#out.echo((now) => this.pending.known(owe, now));
  }

  /** The server began an answer. Gives who is to hear it. */
  begin(): Generation['mode'] {
    const mode = this.#turnIsOpen ? 'dropped' : this.#mode;
    if (this.#mode === 'dropped') this.#mode = 'held';
    this.awaited.end();
    this.owesAnEnd = false;
    return mode;
  }

  /** Whether an end is owed of which the model says nothing. It is told once. */
  takeOwedEnd(): boolean {
    const owed = this.owesAnEnd;
    this.owesAnEnd = false;
    return owed;
  }

  /** Whether an answer is to be asked for now that none is under way. */
  takeAskAgain(): boolean {
    if (!this.askAgainAfter || this.#turnIsOpen || this.awaited.is) return false;
    this.askAgainAfter = false;
    return true;
  }
}
