import { keyOf } from '../gemini/replies/repeats.ts';

/** By then what is written down once more is no longer the same. */
const REMEMBERED_MS = 180_000;
const MOST = 50;

interface Line {
  readonly key: string;
  readonly text: string;
  readonly at: number;
}

/**
 * Lines of which nobody could say who said them. The turns that they are of may be given to another connection, or be
 * written down beside it, and then stand a second time, under their names: the first goes then.
 */
export class NobodysLines {
  #lines: Line[] = [];

  /** A final line of an uncertain speaker was told. `now`: performance.now(). */
  told(text: string, now: number): void {
    this.#lines = this.#lines.filter(({ at }) => now - at < REMEMBERED_MS).slice(1 - MOST);
    this.#lines.push({ key: keyOf(text), text, at: now });
  }

  /** These are the words of a turn that is written down late. Gives the text of the line that they are, once. */
  take(text: string, now: number): string | undefined {
    const key = keyOf(text);
    const found = this.#lines.find((line) => line.key === key && now - line.at < REMEMBERED_MS);
    if (found) this.#lines = this.#lines.filter((line) => line !== found);
    return found?.text;
  }
}
