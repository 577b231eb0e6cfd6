import type { Pcm, Turn } from '../../../ports/voice.ts';

/** A turn on its way to be written down. Its sound is kept until its words are final. */
export interface SpokenTurn {
  readonly turn: Turn;
  readonly chunks: Pcm[];
  /** How many of the chunks were sent. */
  sent: number;
  ended: boolean;
  /** How often it was given up to the end. */
  tries: number;
  /** Its words were told: what still comes of it is too late. */
  done: boolean;
}

/** Sound that may go at once after a pause. */
const BURST_MS = 500;

/** How fast sound may go, and where it goes. */
export interface TranscriptionOutboxDeps {
  /** Of the sound, in Hz. */
  readonly rate: number;
  /** How many times faster than real time it may go. */
  readonly pace: number;
  readonly append: (pcm: Pcm) => void;
  /** All of this turn was sent. */
  readonly commit: (turn: SpokenTurn) => void;
  /** What was sent of a turn is not to be written down. */
  readonly discard: () => void;
  /** Nothing is in the server's buffer now: the moment for what must not come between. */
  readonly between: () => void;
}

/** Turns one after the other, each whole, at a pace at which the server loses nothing. */
export class TranscriptionOutbox {
  readonly #deps: TranscriptionOutboxDeps;
  readonly #turns: SpokenTurn[] = [];
  #allowedMs = BURST_MS;
  #countedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: TranscriptionOutboxDeps) {
    this.#deps = deps;
  }

  /** Part of a turn was sent, and its end was not. */
  get amid(): boolean {
    return (this.#turns[0]?.sent ?? 0) > 0;
  }

  push(turn: SpokenTurn): void {
    this.#turns.push(turn);
    this.pump();
  }

  /** To be called after each change of a turn. */
  pump(): void {
    clearTimeout(this.#timer);
    this.#count();
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      const late = turn.done && turn.sent === 0;
      if (!late && (!this.#send(turn) || !turn.ended)) return;
      this.#turns.shift();
      if (late) continue;
      this.#deps.commit(turn);
      this.#deps.between();
    }
  }

  /** Takes these turns out, sent in part or not at all. */
  withdraw(turnIds: readonly number[]): void {
    const first = this.#turns[0];
    const stays = this.#turns.filter(({ turn }) => !turnIds.includes(turn.id));
    this.#turns.splice(0, this.#turns.length, ...stays);
    if (first && first.sent > 0 && first !== stays[0]) {
      this.#deps.discard();
      this.#deps.between();
    }
    this.pump();
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#turns.length = 0;
  }

  /** True when everything of it that is there was sent. */
  #send(turn: SpokenTurn): boolean {
    for (let pcm = turn.chunks[turn.sent]; pcm; pcm = turn.chunks[turn.sent]) {
      const ms = (pcm.length * 1000) / this.#deps.rate;
      // A chunk longer than the burst may go once all of that is there.
      const shortMs = Math.min(ms, BURST_MS) - this.#allowedMs;
      if (shortMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(shortMs / this.#deps.pace));
        return false;
      }
      this.#allowedMs -= ms;
      turn.sent += 1;
      this.#deps.append(pcm);
    }
    return true;
  }

  #count(): void {
    const now = performance.now();
    this.#allowedMs = Math.min(BURST_MS, this.#allowedMs + (now - this.#countedAt) * this.#deps.pace);
    this.#countedAt = now;
  }
}
