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
  /** What of it is not known as a turn's yet: words of several turns may stand in one line. */
  left: string;
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
    const gone = found ?? this.#lines.find((line) => now - line.at < REMEMBERED_MS && uses(line, key));
    if (gone) this.#lines = this.#lines.filter((line) => line !== gone);
    return gone?.text;
  }

  #add(text: string, at: number, cutOff: boolean): void {
    this.#lines = this.#lines.filter((line) => at - line.at < REMEMBERED_MS).slice(1 - MOST);
    const key = keyOf(text);
    this.#lines.push({ key, text, at, cutOff, left: key });
  }
}

/** These words are the next ones of the line: they count as known. Gives whether all of it is known now. */
function uses(line: Line, key: string): boolean {
  if (key === '' || !`${line.left} `.startsWith(`${key} `)) return false;
  line.left = line.left.slice(key.length + 1);
  return line.left === '';
}
