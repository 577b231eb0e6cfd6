import { decoded, isSchema } from './words.ts';

const MOST_STEPS = 5_000;

/** What references within one document lead to (json-schema.org/draft/2020-12/json-schema-core, 8.2). */
export class References {
  readonly #root: unknown;
  #anchors: ReadonlyMap<string, unknown> | undefined;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** undefined: it is not in the document, so anything may be there. */
  target(reference: string): unknown {
    if (!reference.startsWith('#')) return undefined;
    if (!/^#(\/|$)/.test(reference)) {
      this.#anchors ??= anchorsIn(this.#root);
      return this.#anchors.get(reference.slice(1));
    }
    let at: unknown = this.#root;
    for (const step of reference.slice(1).split('/').slice(1)) {
      const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
      at = (at as Record<string, unknown>)[key];
    }
    return at;
  }
}

/** Draft 2019 has `$anchor`, older ones an `$id` that is only a fragment. */
function anchorsIn(root: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const open: unknown[] = [root];
  for (let steps = 0; open.length > 0 && steps < MOST_STEPS; steps += 1) {
    const at = open.pop();
    if (typeof at !== 'object' || at === null) continue;
    const { $anchor, $id } = isSchema(at) ? at : {};
    if (typeof $anchor === 'string') found.set($anchor, at);
    if (typeof $id === 'string' && $id.startsWith('#')) found.set($id.slice(1), at);
    open.push(...Object.values(at));
  }
  return found;
}
