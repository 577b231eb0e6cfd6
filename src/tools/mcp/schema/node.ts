import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isSchema } from './words.ts';

/** A JSON Schema in the keywords that every provider takes. */
export type Portable = Readonly<Record<string, unknown>>;

/** A place in a declaration, and the way back from what the model writes there to what the server takes. */
export interface Node {
  readonly schema: Portable;
  /** Alike where two places admit the same and come back the same, whatever is said of them. */
  readonly signature: string;
  /** Whether the value is what the schema says. `nearly`: a value that is always the same may be another one of its type. */
  fits(value: unknown, nearly?: boolean): boolean;
  /** How many names in the value are declared here: of several that fit, the one that knows the most is meant. */
  known(value: unknown): number;
  /** The value with the server's own names in it. A value that does not fit comes back as it is, as far as possible. */
  restore(value: unknown): unknown;
}

/** Gemini takes no other names of properties (@google/genai, FunctionDeclaration.parameters). */
const PROPERTY = /^[A-Za-z_]\w{0,63}$/;
const LONGEST_NAME = 64;
const HASH_LENGTH = 6;

/** A value without parts. */
export function plainNode(schema: Portable, fits: (value: unknown) => boolean): Node {
  return { schema, signature: signed(schema), fits, known: () => 0, restore: (value) => value };
}

/** A value that is always the same, where no provider's `enum` takes it. */
export function fixedNode(schema: Portable, value: unknown): Node {
  return {
    schema,
    signature: signed(schema, [JSON.stringify(value)]),
    fits: (one, nearly) => isDeepStrictEqual(one, value) || (nearly === true && typeof one === typeof value),
    known: () => 0,
    restore: () => value,
  };
}

export function listNode(
  schema: Portable,
  parts: { readonly prefix: readonly Node[]; readonly items: Node | undefined },
): Node {
  const { prefix, items } = parts;
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema as { minItems?: number; maxItems?: number };
  return {
    schema,
    signature: signed(
      schema,
      [...prefix, ...(items ? [items] : [])].map((node) => node.signature),
    ),
    fits: (value, nearly) =>
      Array.isArray(value) &&
      value.length >= minItems &&
      value.length <= maxItems &&
      value.every((one, at) => (prefix[at] ?? items)?.fits(one, nearly) !== false),
    known: (value) =>
      sum<unknown>(Array.isArray(value) ? value : [], (one, at) => (prefix[at] ?? items)?.known(one) ?? 0),
    restore(value) {
      const list = unpacked(value, '[');
      return Array.isArray(list) ? list.map((one, at) => (prefix[at] ?? items)?.restore(one) ?? one) : value;
    },
  };
}

/** A property as the model knows it. */
export interface Property {
  /** The server's own. */
  readonly name: string;
  readonly node: Node;
  readonly required: boolean;
}

/** `properties` by the names that the model uses. `extras`: any other property; undefined: it may be anything. */
export function objectNode(
  schema: Portable,
  parts: {
    readonly properties: ReadonlyMap<string, Property>;
    readonly extras: Node | 'none' | undefined;
    /** Names of the server that are not declared. */
    readonly left: readonly string[];
  },
): Node {
  const { properties, extras, left } = parts;
  const own = new Map([...properties.values()].map((property) => [property.name, property]));
  const of = (key: string): Property | undefined => properties.get(key) ?? own.get(key);
  return {
    schema,
    signature: signed(
      schema,
      [...properties.values()].map(({ name, node }) => `${name}:${node.signature}`),
    ),
    fits(value, nearly) {
      if (!isSchema(value)) return false;
      const names = new Set(Object.keys(value).map((key) => of(key)?.name));
      if ([...properties.values()].some(({ name, required }) => required && !names.has(name))) return false;
      return Object.entries(value).every(([key, one]) => {
        if (left.includes(key)) return false;
        const node = of(key)?.node ?? extras;
        return node === 'none' ? false : node === undefined || node.fits(one, nearly);
      });
    },
    known(value) {
      if (!isSchema(value)) return 0;
      const entries = Object.entries(value).map(([key, one]) => ({ property: of(key), one }));
      return sum(entries, ({ property, one }) => (property ? 1 + property.node.known(one) : 0));
    },
    restore(value) {
      const object = unpacked(value, '{');
      if (!isSchema(object)) return value;
      const entries = Object.entries(object).map(([key, one]) => {
        const property = of(key);
        const node = property?.node ?? (extras === 'none' ? undefined : extras);
        return [property?.name ?? key, node ? node.restore(one) : one] as const;
      });
      return Object.fromEntries(entries);
    },
  };
}

/** One of several. */
export function unionNode(nodes: readonly Node[]): Node {
  const fitting = (value: unknown, nearly: boolean): Node | undefined =>
    nodes.filter((node) => node.fits(value, nearly)).toSorted((one, other) => other.known(value) - one.known(value))[0];
  const best = (value: unknown): Node | undefined =>
    fitting(value, false) ??
    fitting(value, true) ??
    nodes
      .filter(({ schema }) => schema.type === kindOf(value))
      .toSorted((one, other) => other.known(value) - one.known(value))[0];
  return {
    schema: { anyOf: nodes.map(({ schema }) => schema) },
    signature: nodes.map(({ signature }) => signature).join('|'),
    fits: (value, nearly) => nodes.some((node) => node.fits(value, nearly)),
    known: (value) => best(value)?.known(value) ?? 0,
    restore: (value) => (best(value) ?? (nodes.length === 1 ? nodes[0] : undefined))?.restore(value) ?? value,
  };
}

/** The arguments inside of a property of their own: no provider takes a choice at the root. Takes them as they are, too. */
export function wrappedNode(key: string, inner: Node, description: string): Node {
  const bare = (value: unknown): unknown =>
    isSchema(value) && Object.keys(value).length === 1 && Object.hasOwn(value, key) ? unpacked(value[key], '{') : value;
  return {
    schema: {
      type: 'object',
      ...(description === '' ? {} : { description }),
      properties: { [key]: inner.schema },
      required: [key],
      additionalProperties: false,
    },
    signature: inner.signature,
    fits: (value, nearly) => inner.fits(bare(value), nearly),
    known: (value) => inner.known(bare(value)),
    restore: (value) => inner.restore(bare(value)),
  };
}

/**
 * What the model calls properties, by the server's own names: a name that a provider would refuse is written in letters,
 * digits and underscores, and ends in a piece of its hash where that is taken. Pure.
 */
export function portableProperties(names: readonly string[]): ReadonlyMap<string, string> {
  const fine = (name: string) => PROPERTY.test(name) && name !== '__proto__';
  const taken = new Set(names.filter(fine));
  return new Map(
    names.map((name) => {
      if (fine(name)) return [name, name];
      const words = name.replace(/\W+/g, '_').replace(/^_+|_+$/g, '');
      const plain = (/^[A-Za-z]/.test(words) ? words : `p_${words}`).slice(0, LONGEST_NAME);
      const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
      const unclear = taken.has(plain) || plain === 'p_';
      const portable = unclear ? `${plain.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}_${hash}` : plain;
      taken.add(portable);
      return [name, portable];
    }),
  );
}

/** Models write an object as JSON text now and then, mostly where it may hold anything. */
function unpacked(value: unknown, opening: '{' | '['): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith(opening)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function sum<T>(list: readonly T[], count: (one: T, at: number) => number): number {
  return list.reduce((total, one, at) => total + count(one, at), 0);
}

function signed({ description: _, ...schema }: Portable, parts: readonly string[] = []): string {
  return [JSON.stringify(schema), ...parts].join('|');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
