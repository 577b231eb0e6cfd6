import { keyOf } from '../gemini/replies/repeats.ts';

/** By then what is written down once more is no longer the same. */
const REMEMBERED_MS = 180_000;
const MOST = 50;
/** Letters and digits: less may be the beginning of anything. */
const SHORTEST_BEGINNING = 4;

interface Line {
  readonly key: string;
  readonly text: string;
  readonly at: number;
  /** Its end never came. */
  readonly cutOff: boolean;
}

/**
 * Lines of which nobody could say who said them. The turns that they are of may be given to another connection, or be
 * written down beside it, and then stand a second time, under their names: the first goes then.
 */
export class NobodysLines {
  #lines: Line[] = [];
  /** The line that is being written. */
  #open = '';

  /** What is known of an uncertain speaker's line; `final`: that is all of it. `now`: performance.now(). */
  told(text: string, final: boolean, now: number): void {
    this.#open = final ? '' : text;
    if (final) this.#add(text, now, false);
  }

  /** No more comes of the line that is being written: it stands as it is. Gives its text; undefined: there is none. */
  cutOff(now: number): string | undefined {
    const text = this.#open;
    this.#open = '';
    if (text === '') return undefined;
    this.#add(text, now, true);
    return text;
  }

  /** These are the words of a turn that is written down late. Gives the text of the line that they are, once. */
  take(text: string, now: number): string | undefined {
    const key = keyOf(text);
    const is = (line: Line): boolean =>
      line.key === key || (line.cutOff && line.key.length >= SHORTEST_BEGINNING && key.startsWith(line.key));
    const found = this.#lines.find((line) => is(line) && now - line.at < REMEMBERED_MS);
    if (found) this.#lines = this.#lines.filter((line) => line !== found);
    return found?.text;
  }

  #add(text: string, at: number, cutOff: boolean): void {
    this.#lines = this.#lines.filter((line) => at - line.at < REMEMBERED_MS).slice(1 - MOST);
    this.#lines.push({ key: keyOf(text), text, at, cutOff });
  }
}
