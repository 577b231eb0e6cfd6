import { plain } from '../transcript/markdown.ts';
import { nameOf } from './words.ts';

/** Names as a file shows them: whoever bears the name of somebody before them is told apart, the bot above all. */
export class ShownNames {
  /** By folded name: who bears it, in the order in which they came. */
  readonly #bearers = new Map<string, string[]>();

  /** `key`: who it is, the same for the whole file; `isBot`: the model. All names are untrusted. */
  of(key: string, name: string, isBot: boolean): string {
    const folded = plain(name).normalize('NFKC').toLowerCase();
    const bearers = this.#bearers.get(folded) ?? [];
    if (!bearers.includes(key)) bearers.push(key);
    this.#bearers.set(folded, bearers);
    const place = bearers.indexOf(key);
    if (place === 0) return nameOf(name);
    return `${nameOf(name)} (${isBot ? 'the bot' : place + 1})`;
  }
}
