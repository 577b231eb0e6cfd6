import { homedir } from 'node:os';
import { escapeName } from '../../lib/markdown.ts';

/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 4;
const SHORTEST_NAME = 2;

/** Takes everything out of a text by which somebody, a server or an account could be known. */
export class Masking {
  readonly #secrets = new Set<string>();
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  /** Keys, tokens and addresses of one's own. */
  hide(values: readonly string[]): void {
    for (const value of values) if (value.length >= SHORTEST_SECRET) this.#secrets.add(value);
  }

  /** Names, with what stands in their place. The product's own name tells nothing of anybody. */
  name(names: readonly string[], instead: string): void {
    for (const name of names) {
      if (name.length < SHORTEST_NAME || name === 'Parley') continue;
      // As it stands in a log, and in a post.
      for (const spelling of [name, JSON.stringify(name).slice(1, -1), escapeName(name)]) {
        this.#names.set(spelling, `[${instead}]`);
      }
    }
  }

  /** Only what gives access: ids and names stay. */
  maskSecrets(text: string): string {
    let masked = text;
    // The longest first: one may be a part of another.
    for (const value of longestFirst(this.#secrets)) {
      for (const spelling of [value, encodeURIComponent(value)]) masked = masked.replaceAll(spelling, '[secret]');
    }
    return masked;
  }

  mask(text: string): string {
    let masked = this.maskSecrets(text)
      .replaceAll(homedir(), '~')
      .replaceAll(process.cwd(), '.')
      // Tokens of interactions, sessions and the like; addresses.
      .replace(/[\w-]{12,}\.[\w-]{6,}\.[\w-]{20,}/g, '[token]')
      .replace(/[A-Za-z0-9_+/=-]{48,}/g, '[token]')
      .replace(/\b(?!127\.)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, '[address]')
      .replace(/(?<!\d)\d{15,20}(?!\d)/g, (id) => this.#id(id));
    for (const name of longestFirst(this.#names.keys())) {
      const word = new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(name)}(?![\\p{L}\\p{N}])`, 'gu');
      masked = masked.replace(word, this.#names.get(name) ?? '');
    }
    return masked;
  }

  /** The same id has the same number, so that one can still follow it. */
  #id(id: string): string {
    const known = this.#ids.get(id) ?? `[id ${this.#ids.size + 1}]`;
    this.#ids.set(id, known);
    return known;
  }
}

function longestFirst(values: Iterable<string>): string[] {
  return [...values].sort((one, other) => other.length - one.length);
}
