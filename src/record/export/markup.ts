/** Attribute values; true: it is there without one; false, undefined: it is not there. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
/** Text is escaped wherever it goes; only Markup goes in as it is. */
export type Child = string | Markup | readonly Child[] | undefined;

/** Elements that have no content (html.spec.whatwg.org/#void-elements). */
const VOID: ReadonlySet<string> = new Set(['meta', 'input']);
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** A page may not hold them (html.spec.whatwg.org/#preprocessing-the-input-stream). */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

/** A piece of HTML that can only be made of elements, so that nothing in it was left unescaped. */
export class Markup {
  readonly #html: string;

  private constructor(html: string) {
    this.#html = html;
  }

  /** `tag` and the names of attributes are the caller's own words, never somebody's text. */
  static element(tag: string, attributes: Attributes, ...children: readonly Child[]): Markup {
    let html = `<${tag}`;
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === undefined) continue;
      html += value === true ? ` ${name}` : ` ${name}="${escaped(String(value))}"`;
    }
    return new Markup(VOID.has(tag) ? `${html}>` : `${html}>${inner(children)}</${tag}>`);
  }

  /** A style sheet or a script of ours. Throws TypeError for one that would end itself. */
  static embedded(tag: 'style' | 'script', content: string): Markup {
    if (/<\/|<!--/.test(content)) throw new TypeError(`This ${tag} would end itself.`);
    return new Markup(`<${tag}>${content}</${tag}>`);
  }

  /** Where more is put in later. No text can look like it. */
  static slot(): Markup {
    return new Markup('<!--slot-->');
  }

  /** A whole document, in two pieces: before its slot and after it. */
  static document(root: Markup): readonly [before: string, after: string] {
    const [before = '', after = ''] = root.#html.split('<!--slot-->');
    return [`<!doctype html>\n${before}`, `${after}\n`];
  }

  toString(): string {
    return this.#html;
  }
}

/** Short for Markup.element. */
export const element = Markup.element;

function inner(children: readonly Child[]): string {
  let html = '';
  for (const child of children) {
    if (child === undefined) continue;
    if (typeof child === 'string') html += escaped(child);
    else html += child instanceof Markup ? child.toString() : inner(child);
  }
  return html;
}

function escaped(text: string): string {
  const clean = text.toWellFormed().replace(/\r\n?/g, '\n').replace(CONTROLS, '');
  return clean.replace(/[&<>"']/g, (sign) => REFERENCES[sign] ?? '');
}
