// JSON Schemas of strangers, in the keywords that every provider takes.
import { visible } from './mcp-text.ts';

type Schema = Readonly<Record<string, unknown>>;
type Portable = Record<string, unknown>;

const DEEPEST = 6;
const MOST_PROPERTIES = 40;
const MOST_CHOICES = 60;
const MOST_VARIANTS = 6;
const LONGEST_CHOICE = 100;
const LONGEST_DESCRIPTION = 300;
/** All of one tool's arguments. A session pays for them again with every reply. */
const MOST_BYTES = 8 * 1024;
const PROPERTY = /^(?!__proto__$)[\w.$-]{1,64}$/;
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean'];
/** For a value that may be anything. */
const ANY: Portable = { type: 'string' };

/**
 * The arguments of a tool as a JSON Schema object with no keywords but type, description, properties, required, items,
 * enum, anyOf, minimum and maximum, at most 8 KiB. What cannot be said in them is left out: the server checks the
 * arguments anyway. Never throws. Pure.
 */
export function portableSchema(schema: unknown): Readonly<Record<string, unknown>> {
  for (const detail of DETAILS) {
    const root = new Reader(schema, detail).read();
    if (Buffer.byteLength(JSON.stringify(root)) <= MOST_BYTES) return root;
  }
  return { type: 'object', properties: {} };
}

/** From all that is said down to the bare names. */
const DETAILS = [
  { descriptions: LONGEST_DESCRIPTION, deepest: DEEPEST },
  { descriptions: 80, deepest: 3 },
  { descriptions: 0, deepest: 1 },
] as const;

class Reader {
  readonly #root: unknown;
  readonly #detail: (typeof DETAILS)[number];
  /** Schemas that refer to each other can unfold without end. */
  #left = 400;

  constructor(root: unknown, detail: (typeof DETAILS)[number]) {
    this.#root = root;
    this.#detail = detail;
  }

  read(): Portable {
    const root = this.#object(
      merged(this.#follow(this.#root), (part) => this.#follow(part)),
      0,
    );
    return { ...root, properties: root.properties ?? {} };
  }

  #value(schema: unknown, depth: number): Portable {
    this.#left -= 1;
    const followed = this.#follow(schema);
    if (!isSchema(followed) || depth > this.#detail.deepest || this.#left < 0) return { ...ANY };
    const whole = merged(followed, (part) => this.#follow(part));
    const variants = this.#variants(whole, depth);
    if (variants.length > 1) return { ...this.#described(whole), anyOf: variants };
    return { ...(variants[0] ?? this.#plain(whole, depth)), ...this.#described(whole) };
  }

  /** One of several; a single one where the others say nothing that the providers know. */
  #variants(schema: Schema, depth: number): Portable[] {
    const choices = [schema.anyOf, schema.oneOf].find(Array.isArray) ?? [];
    const real = choices.filter((one) => !isNull(this.#follow(one))).slice(0, MOST_VARIANTS);
    const read = real.map((one) => this.#value(one, depth + 1));
    const texts = new Set<string>();
    return read.filter((one) => {
      const text = JSON.stringify(one);
      return texts.size < texts.add(text).size;
    });
  }

  #plain(schema: Schema, depth: number): Portable {
    const choices = choicesOf(schema);
    const type = typeOf(schema, choices);
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return { type, items: this.#value(itemsOf(schema), depth + 1) };
      case 'number':
      case 'integer':
        return { type, ...bound('minimum', schema.minimum), ...bound('maximum', schema.maximum) };
      case 'string': {
        const texts = choices.filter((one) => typeof one === 'string');
        return texts.length > 0 && texts.length === choices.length ? { type, enum: texts } : { type };
      }
      default:
        return { type };
    }
  }

  #object(schema: unknown, depth: number): Portable {
    const { properties, required } = isSchema(schema) ? schema : {};
    if (!isSchema(properties)) return { type: 'object', properties: {} };
    const kept = Object.entries(properties)
      .filter(([name]) => PROPERTY.test(name))
      .slice(0, MOST_PROPERTIES);
    const names = Array.isArray(required) ? required : [];
    const needed = kept.map(([name]) => name).filter((name) => names.includes(name));
    return {
      type: 'object',
      properties: Object.fromEntries(kept.map(([name, value]) => [name, this.#value(value, depth + 1)])),
      ...(needed.length > 0 ? { required: needed } : {}),
    };
  }

  #described({ description, title }: Schema): Portable {
    const text = visible(typeof description === 'string' ? description : title, this.#detail.descriptions);
    return text === '' ? {} : { description: text };
  }

  /** The schema itself in the place of a reference within the document. */
  #follow(schema: unknown): unknown {
    let at = schema;
    for (let steps = 0; isSchema(at) && typeof at.$ref === 'string'; steps += 1) {
      const target = steps < 8 ? this.#at(at.$ref) : undefined;
      const { $ref: _, ...beside } = at;
      at = isSchema(target) ? { ...target, ...beside } : undefined;
    }
    return at;
  }

  #at(reference: string): unknown {
    if (!reference.startsWith('#')) return undefined;
    let at: unknown = this.#root;
    for (const step of reference
      .slice(1)
      .split('/')
      .filter((one) => one !== '')) {
      const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
      at = (at as Record<string, unknown>)[key];
    }
    return at;
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** With what `allOf` adds; the outer words win. */
function merged(schema: unknown, follow: (part: unknown) => unknown): Schema {
  if (!isSchema(schema)) return {};
  if (!Array.isArray(schema.allOf)) return schema;
  const parts = [...schema.allOf.slice(0, MOST_VARIANTS).map(follow), schema].filter(isSchema);
  const properties = Object.assign({}, ...parts.map((part) => part.properties).filter(isSchema));
  const required = parts.flatMap((part) => (Array.isArray(part.required) ? part.required : []));
  return { ...Object.assign({}, ...parts), ...(Object.keys(properties).length > 0 ? { properties, required } : {}) };
}

function choicesOf(schema: Schema): readonly unknown[] {
  if (schema.const !== undefined) return [schema.const];
  if (!Array.isArray(schema.enum)) return [];
  const usable = schema.enum.filter((one) => typeof one !== 'string' || (one !== '' && one.length <= LONGEST_CHOICE));
  // A list that is cut would forbid what the server takes.
  return usable.length <= MOST_CHOICES ? usable.filter((one) => one !== null) : [];
}

function typeOf(schema: Schema, choices: readonly unknown[]): string {
  const said = (Array.isArray(schema.type) ? schema.type : [schema.type]).find((one) => TYPES.includes(one));
  if (typeof said === 'string') return said;
  if (isSchema(schema.properties)) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  const [first] = choices;
  if (typeof first === 'number') return Number.isInteger(first) ? 'integer' : 'number';
  return typeof first === 'boolean' ? 'boolean' : 'string';
}

/** What stands in a list; of a tuple the first. */
function itemsOf({ items, prefixItems }: Schema): unknown {
  const first = Array.isArray(items) ? items[0] : items;
  return first ?? (Array.isArray(prefixItems) ? prefixItems[0] : undefined);
}

function bound(name: 'minimum' | 'maximum', value: unknown): Portable {
  return typeof value === 'number' && Number.isFinite(value) ? { [name]: value } : {};
}

function isNull(schema: unknown): boolean {
  return isSchema(schema) && (schema.type === 'null' || schema.const === null);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
