import type { Usage } from '../../../ports/usage.ts';
import { merged } from '../../connection/turn-ids.ts';
import type { GeminiCallOwners } from '../calls/call-owners.ts';
import type { GeminiTeller } from '../teller.ts';
import { GeminiCutOff } from './cut-off.ts';
import { endLimit, type Generation, type GenerationOutlets, newGeneration, playedOutAt } from './generation.ts';
import type { GeminiNextAnswer } from './next-answer.ts';

/** Of an answer that streams no two messages are that far apart: behind such a gap, something new begins. */
const GAP_MS = 500;
/** An answer that paused for so long and was not ended is not the one that goes on behind somebody else's turn. */
const LONG_GAP_MS = 2_000;

/** What generations share with the replies of their session. */
export interface GeminiGenerationsDeps {
  readonly out: Pick<GenerationOutlets, 'emit' | 'now'>;
  readonly teller: GeminiTeller;
  readonly calls: GeminiCallOwners;
  readonly next: GeminiNextAnswer;
  /** None is under way any more, and an answer was to be asked for then. */
  askAgain(): void;
}

/**
 * The generation under way, which output belongs to it, and where it ends: the Live API gives none of them a name, and some
 * no end.
 */
export class GeminiGenerations {
  /** Those that are over. */
  readonly cutOff = new GeminiCutOff();
  readonly #out: GeminiGenerationsDeps['out'];
  readonly #teller: GeminiTeller;
  readonly #calls: GeminiCallOwners;
  readonly #next: GeminiNextAnswer;
  readonly #askAgain: () => void;
  #current: Generation | undefined;
  /** Sound or a call was seen to come behind the end of an answer. */
  #trails = false;
  #strayCompletes = 0;
  /** Ends of answers that were taken for ended: they may come after all. */
  #lateEnds = 0;
  #usage: Usage | null = null;

  constructor({ out, teller, calls, next, askAgain }: GeminiGenerationsDeps) {
    this.#out = out;
    this.#teller = teller;
    this.#calls = calls;
    this.#next = next;
    this.#askAgain = askAgain;
  }

  /** The last that began, until it is over and no one is to ask for it any more. */
  get current(): Generation | undefined {
    return this.#current;
  }

  /** The one that is not over. */
  get underWay(): Generation | undefined {
    return this.#current?.over ? undefined : this.#current;
  }

  /** Sound or a call was seen to come behind the end of an answer. */
  get trails(): boolean {
    return this.#trails;
  }

  /** A generation that the server works on or will begin. */
  get busy(): boolean {
    return this.#next.awaited.is || this.underWay !== undefined;
  }

  /** Whether a turnComplete now would be an answer of silence that no ended turn and no tool result asked for. */
  get completesUnasked(): boolean {
    return (
      (!this.#current || this.#current.over) && !this.#next.awaited.is && this.#strayCompletes + this.#lateEnds === 0
    );
  }

  /** Whether an output now would begin an answer that no ended turn and no tool result asked for. */
  get beginsUnasked(): boolean {
    const current = this.#current;
    return (!current || current.over || current.interrupted) && !this.#next.awaited.is;
  }

  /** No end of one that trails is to come: somebody speaks. */
  endTrailing(): void {
    if (this.#current?.trailing && !this.#current.over) this.#finish(this.#current);
  }

  /** Nobody is to hear what is held. */
  dropHeld(): void {
    const current = this.#current;
    if (current?.mode !== 'held') return;
    this.#teller.drop(current);
    this.#calls.dropOwner(current);
    if (!current.over) return;
    this.#current = undefined;
    this.cutOff.noteUnheard(current);
  }

  /** Another turn ended: what comes of the one under way may be the answer to that. */
  supersede(): void {
    const current = this.underWay;
    if (!current) return;
    current.superseded = true;
    // One whose calls are under way is broken off by the service, and that is told.
    if (current.waiting.size > 0) return;
    if (current.soundEnded || this.#idleMs(current) >= GAP_MS) this.finishWithoutEnd(current);
  }

  /** What the generation under way used. */
  usage(usage: Usage): void {
    this.#usage = usage;
  }

  /** No more sound comes of the generation under way. */
  generated(): void {
    const current = this.#current;
    if (!current || current.over || current.soundEnded) return;
    current.soundEnded = true;
    current.lastAt = this.#out.now();
    this.#teller.tell(current, { type: 'audio-done', replyId: current.replyId });
  }

  /** Always passed on: it may come when everything was already generated and is only playing. */
  interrupted(): void {
    this.#out.emit({ type: 'interrupted' });
    const current = this.#current;
    if (current && !current.over) {
      current.interrupted = true;
      current.lastAt = this.#out.now();
    }
    // A generation that had not begun is broken off too, and its turnComplete follows.
    else if (this.#lateEnds === 0) this.#strayCompletes = 1;
  }

  /**
   * `also`: turns that this answer may belong to, though they are not ended. `goesOn`: the server works on what it answers,
   * and more replies to it may follow (interactionStatus): the next one counts for these turns as well.
   */
  turnComplete(also: readonly number[], goesOn = false): void {
    const { owed } = this.#next.pending;
    if ((!this.#current || this.#current.over) && this.#lateEnds > 0) {
      this.#lateEnds -= 1;
      this.#next.pending.completed();
      return;
    }
    const under = this.#current;
    this.#complete(also);
    if (goesOn) {
      this.#next.await(false);
      this.#next.pending.doubt(under?.turnIds ?? this.cutOff.last?.turnIds ?? []);
      this.#next.pending.completed();
      return;
    }
    // Only what was owed before: another answer may have been asked for right now.
    if (owed > 0) this.#next.pending.given();
    this.#next.pending.completed();
  }

  #complete(also: readonly number[]): void {
    const current = this.#current;
    if (current && !current.over) this.#finish(current);
    else if (this.#strayCompletes > 0) this.#strayCompletes -= 1;
    // An answer of silence.
    else if (this.#next.awaited.is && !this.#next.turnIsOpen) this.#finish(this.#begin(also));
  }

  /** When the end of the one under way is not waited for any more; undefined: none is, or it waits for us. */
  get endLimit(): number | undefined {
    return this.underWay && endLimit(this.underWay);
  }

  #idleMs({ lastAt }: Generation): number {
    return this.#out.now() - lastAt;
  }

  /** The generation that an output belongs to; begins one where none is under way. */
  output(also: readonly number[], counts: boolean): Generation {
    const generation = this.#generationOf(also, counts);
    generation.lastAt = this.#out.now();
    return generation;
  }

  #generationOf(also: readonly number[], counts: boolean): Generation {
    const current = this.#current;
    if (!current || current.over) return this.isOwed(also) ? this.#begin(also) : this.#trail();
    if (current.interrupted) {
      // What still comes of it while somebody speaks is nobody's, and no new answer.
      if (this.#next.turnIsOpen && !this.#next.awaited.is) return this.#unheard(current.turnIds);
      this.#strayCompletes = 0;
      this.#finish(current);
      return this.isOwed(also) ? this.#begin(also) : this.#trail();
    }
    // What nobody is to hear ends with generationComplete at the latest: what follows is something new.
    const renewed = current.mode === 'dropped' && current.soundEnded && counts && !this.#next.turnIsOpen;
    if (renewed || this.#goesOn(current)) {
      this.#finish(current);
      return this.#begin(also);
    }
    const idleMs = this.#idleMs(current);
    const over = current.soundEnded || idleMs >= GAP_MS;
    if (!current.superseded || this.#next.turnIsOpen || !over) return current;
    // A turn ended since, and the end of this never came. Where it only paused, it may be what goes on.
    const apart = current.soundEnded || current.mode === 'dropped' || idleMs >= LONG_GAP_MS;
    const doubted = apart ? [] : current.turnIds;
    this.finishWithoutEnd(current);
    return this.#begin(merged(also, doubted));
  }

  /** Whether what comes now is an answer that the server owes, and not the rest of one. */
  isOwed(also: readonly number[]): boolean {
    const isHeld = this.#current?.mode === 'held';
    return this.#next.awaited.is || also.length > 0 || (this.#next.pending.owed > 0 && !isHeld);
  }

  /**
   * Behind the end of an answer, owed by nobody: it belongs to what just ended (livekit/agents#7195), or to nobody where
   * that is not to be heard, or somebody speaks.
   */
  #trail(): Generation {
    const last = this.#current ?? this.cutOff.last;
    this.#trails ||= last !== undefined;
    const turnIds = merged(this.#next.pending.all([]).turnIds, last?.turnIds ?? []);
    if (this.#next.turnIsOpen || (last && last.mode !== 'live')) return this.#unheard(turnIds);
    const generation = newGeneration(this.#teller.nextId(), turnIds, [], 'live', this.#out.now(), true);
    this.#current = generation;
    this.#announce(generation);
    return generation;
  }

  /** One that is nobody's, and stands in the way of none. */
  #unheard(turnIds: readonly number[]): Generation {
    return newGeneration('', turnIds, [], 'dropped', this.#out.now(), true);
  }

  /** Its end may still come; it then ends nothing else. */
  finishWithoutEnd(generation: Generation): void {
    if (!generation.trailing) {
      this.#lateEnds = 1;
      this.#next.pending.given();
    }
    // The server may have ended it as late as this: it waits until all is played.
    this.#finish(generation, playedOutAt(generation));
  }

  /** All its calls have results: what comes now is the answer that uses them. */
  #goesOn(current: Generation): boolean {
    return (
      current.calls > 0 && current.waiting.size === 0 && this.#next.pending.resultTurns.length > 0 && !current.over
    );
  }

  #begin(also: readonly number[]): Generation {
    const { turnIds, doubtful } = this.#next.pending.all(also);
    const mode = this.#next.begin();
    const generation = newGeneration(this.#teller.nextId(), turnIds, doubtful, mode, this.#out.now());
    this.#current = generation;
    this.#lateEnds = 0;
    if (generation.mode === 'live') this.#announce(generation);
    return generation;
  }

  #announce(generation: Generation): void {
    this.#next.pending.answered(generation);
    this.#teller.announce(generation);
  }

  /** Somebody asked for what was held. */
  release(generation: Generation): void {
    this.#next.pending.answered(generation);
    this.#teller.release(generation);
    if (generation.over) this.#current = undefined;
  }

  /** `endedAt`: when it surely was over. */
  #finish(generation: Generation, endedAt = this.#out.now()): void {
    if (!generation.interrupted) this.generated();
    const usage = this.#usage;
    this.#usage = null;
    generation.over = true;
    this.#teller.done(generation, usage);
    // What waits to be asked for stays.
    if (generation.mode === 'held') return;
    this.#current = undefined;
    this.cutOff.noteUnheard(generation);
    this.cutOff.finished(generation, endedAt);
    if (this.#next.takeOwedEnd()) this.#teller.nothing();
    if (this.#next.takeAskAgain()) this.#askAgain();
  }
}
