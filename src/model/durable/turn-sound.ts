import type { Pcm } from '../../ports/voice.ts';

/**
 * The sound of one turn as it came, for whoever may have to send it again, and how much of it there is. The chunks are the
 * ones that were sent: nothing is copied, so keeping a turn twice keeps its samples once.
 */
export class TurnSound {
  readonly chunks: Pcm[] = [];
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  push(pcm: Pcm): void {
    this.chunks.push(pcm);
    this.#samples += pcm.length;
  }

  /** It is given up. */
  clear(): void {
    this.chunks.length = 0;
    this.#samples = 0;
  }
}
