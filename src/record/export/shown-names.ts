import { looksAlike } from '../../names/look-alike.ts';
import { nameOf } from './words.ts';

/**
 * Names as a file shows them: whoever bears the name of somebody before them, or one that looks the same, is told apart, the
 * bot above all.
 */
export class ShownNames {
  /** By the first of the names that look alike: who bears one of them, in the order in which they came. */
  readonly #bearers = new Map<string, string[]>();

  /** `key`: who it is, the same for the whole file; `isBot`: the model. All names are untrusted. */
  of(key: string, name: string, isBot: boolean): string {
    const first = this.#bearers.has(name) ? name : this.#alike(name);
    const bearers = this.#bearers.get(first) ?? [];
    if (!bearers.includes(key)) bearers.push(key);
    this.#bearers.set(first, bearers);
    const place = bearers.indexOf(key);
    if (place === 0) return nameOf(name);
    return `${nameOf(name)} (${isBot ? 'the bot' : place + 1})`;
  }

  #alike(name: string): string {
    return this.#bearers.keys().find((one) => looksAlike(one, name)) ?? name;
  }
}
