// What a server takes as arguments, declared in the keywords that every provider takes.

import { visible } from '../text.ts';
import { joinedChoices, kindsOf } from './choices.ts';
import {
  fixedNode,
  listNode,
  type Node,
  objectNode,
  type Portable,
  type Property,
  plainNode,
  portableProperties,
  unionNode,
  wrappedNode,
} from './node.ts';
import { ANYTHING, type Part, type Shape, ShapeReader } from './shapes.ts';
import { isSchema, matches, sentences } from './words.ts';

/** A tool's arguments as the model is told of them. */
export interface Offered {
  readonly parameters: Portable;
  /** Arguments that the model wrote, as the server takes them. Never throws. */
  restore(args: unknown): Readonly<Record<string, unknown>>;
  /** Whether whatever is written by `parameters` fits the server's schema, but for what is told in words alone. */
  readonly exact: boolean;
}

/** How much of a schema is said. */
interface Detail {
  /** The longest description, in characters. */
  readonly descriptions: number;
  /** How many objects and lists may stand in each other. */
  readonly deepest: number;
  /** How often a schema may stand in itself. */
  readonly unroll: number;
  /** The longest list of choices. */
  readonly choices: number;
}

/** From all that is said down to the bare names. */
const DETAILS: readonly Detail[] = [
  { descriptions: 300, deepest: 10, unroll: 2, choices: 200 },
  { descriptions: 80, deepest: 10, unroll: 2, choices: 200 },
  { descriptions: 0, deepest: 10, unroll: 1, choices: 200 },
  { descriptions: 0, deepest: 5, unroll: 1, choices: 60 },
  { descriptions: 0, deepest: 3, unroll: 1, choices: 30 },
  { descriptions: 0, deepest: 1, unroll: 1, choices: 10 },
];
export const MOST_DETAIL = DETAILS.length;
/** All of one tool's arguments. A session pays for them again with every reply. */
const MOST_BYTES = 8 * 1024;
const MOST_PROPERTIES = 100;
const MOST_VARIANTS = 16;
const LONGEST_CHOICE = 100;
/** Gemini refuses a tool whose maxItems come to about 960 (github.com/googleapis/python-genai/issues/2170). */
const MOST_MAX_ITEMS = 800;
const LONGEST_MAX_ITEMS = 100;
const STEPS = 1_500;
const NODES = 300;
/** What a choice at the root stands in. */
const WRAPPERS = ['request', 'input', 'choice', 'call', 'arguments_'];

/**
 * The arguments of a tool: a JSON Schema object with no keywords but type, description, properties, required,
 * additionalProperties, items, prefixItems, minItems, maxItems, enum, anyOf, format, minimum and maximum, which both OpenAI and
 * Gemini read (@google/genai, GenerationConfig.responseJsonSchema, has the list), and minLength, maxLength and pattern,
 * which Gemini takes without reading them (github.com/googleapis/python-genai/issues/2170), at most 8 KiB. Nothing is declared
 * as a type that it is not: what cannot be said at all is left out where it may be absent, and else may hold anything of
 * its type. `least`: 0 says all that fits, each more up to MOST_DETAIL - 1 says less. Never throws. Pure.
 */
export function offeredSchema(schema: unknown, least = 0): Offered {
  for (const detail of DETAILS.slice(least)) {
    for (const exact of [true, false]) {
      const node = new Declaration(schema, detail, exact).root();
      if (!node || Buffer.byteLength(JSON.stringify(node.schema)) > MOST_BYTES) continue;
      return { parameters: node.schema, restore: (args) => objectOf(node.restore(args)), exact };
    }
  }
  return { parameters: { type: 'object', properties: {} }, restore: objectOf, exact: false };
}

function objectOf(args: unknown): Readonly<Record<string, unknown>> {
  return isSchema(args) ? args : {};
}

const TEXT = plainNode({ type: 'string' }, (value) => typeof value === 'string');
const NUMBER = plainNode({ type: 'number' }, (value) => typeof value === 'number');
const TRUTH = plainNode({ type: 'boolean' }, (value) => typeof value === 'boolean');
const OBJECT = plainNode({ type: 'object', properties: {}, additionalProperties: true }, isSchema);

/** One reading of a schema. */
class Declaration {
  readonly #reader: ShapeReader;
  readonly #schema: unknown;
  readonly #detail: Detail;
  /** Not a value that does not fit is admitted; where that cannot be said, nothing is. */
  readonly #exact: boolean;
  #left = NODES;
  #maxItems = MOST_MAX_ITEMS;

  constructor(schema: unknown, detail: Detail, exact: boolean) {
    this.#reader = new ShapeReader(schema, { unroll: detail.unroll, steps: STEPS });
    this.#schema = schema;
    this.#detail = detail;
    this.#exact = exact;
  }

  /** undefined: nothing fits, or nothing that could be declared. */
  root(): Node | undefined {
    const parts = [{ schema: this.#schema, refs: [] }];
    const whole = this.#reader.descriptionOf(parts);
    const shapes = this.#reader.all(parts).filter(({ kind }) => kind === undefined || kind === 'object');
    const objects = shapes.length === 0 && !this.#exact ? [ANYTHING] : shapes;
    const nodes = distinct(objects.flatMap((shape) => this.#object({ ...shape, kind: 'object' }, 0) ?? []));
    const [only] = nodes;
    if (!only || nodes.length === 1) return only;
    const names = new Set(objects.flatMap(({ properties, required }) => [...properties.keys(), ...required]));
    const key = WRAPPERS.find((name) => !names.has(name)) ?? 'request_';
    return wrappedNode(key, unionNode(nodes.slice(0, MOST_VARIANTS)), this.#text(whole, []));
  }

  /** A value that fits all of the parts; undefined: there is none that could be declared. */
  #value(parts: readonly Part[], level: number, optional: boolean): Node | undefined {
    this.#left -= 1;
    if (this.#left < 0) return undefined;
    const shapes = this.#reader.all(parts).flatMap((shape) => kindsOf(shape));
    const real = shapes.filter(({ kind }) => kind !== 'null');
    // Left out, it says the same as null.
    const dropsNull =
      optional && real.length > 0 && parts.some(({ schema }) => isSchema(schema) && schema.default === null);
    const wanted = joinedChoices(dropsNull ? real : shapes).slice(0, MOST_VARIANTS);
    const whole = this.#reader.descriptionOf(parts);
    const several = wanted.length > 1;
    const nodes = wanted.flatMap((shape, at) => {
      const description =
        several && at === 0 ? sentences(whole, shape.description) : shape.description || (several ? '' : whole);
      const node =
        shape.kind === undefined
          ? this.#anything({ ...shape, description }, level)
          : this.#plain({ ...shape, description }, level);
      return node ?? [];
    });
    const [only, ...more] = distinct(nodes);
    return only && more.length > 0 ? unionNode([only, ...more]) : only;
  }

  #plain(shape: Shape, level: number): Node | undefined {
    switch (shape.kind) {
      case 'object':
        return this.#object(shape, level);
      case 'array':
        return this.#list(shape, level);
      case 'string':
        return this.#string(shape);
      case 'number':
      case 'integer':
        return this.#number(shape, shape.kind);
      case 'boolean':
        return this.#boolean(shape);
      case 'null':
        return plainNode({ type: 'null', ...this.#described(shape) }, (value) => value === null);
      default:
        return undefined;
    }
  }

  /** A value of which nothing is said: no provider is known to take a schema without a type. */
  #anything(shape: Shape, level: number): Node | undefined {
    const { choices } = shape;
    if (choices) return undefined;
    const first = { ...TEXT, schema: { ...TEXT.schema, ...this.#described(shape) } };
    const scalars = [first, NUMBER, TRUTH];
    if (level > this.#detail.deepest) return unionNode(scalars);
    const items = unionNode([TEXT, NUMBER, TRUTH, OBJECT]);
    const list = listNode({ type: 'array', items: items.schema }, { prefix: [], items });
    return unionNode([...scalars, OBJECT, ...(level < this.#detail.deepest ? [list] : [])]);
  }

  #boolean(shape: Shape): Node | undefined {
    const choices = shape.choices?.filter((one) => typeof one === 'boolean');
    const schema = { type: 'boolean', ...this.#described(shape) };
    if (!choices || new Set(choices).size === 2) return { ...TRUTH, schema };
    // Gemini's enum is for strings and numbers.
    return choices.length === 0 ? undefined : fixedNode(schema, choices[0]);
  }

  #string(shape: Shape): Node | undefined {
    const { choices } = shape;
    const { minLength, maxLength, pattern, format } = shape;
    const [low, high] = [minLength ?? 0, maxLength ?? Number.POSITIVE_INFINITY];
    if (low > high) return undefined;
    const bounds = {
      ...(low > 0 ? { minLength } : {}),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(pattern === undefined ? {} : { pattern }),
      ...(format === undefined ? {} : { format }),
    };
    const within = (text: string): boolean => text.length >= low && text.length <= high && matches(pattern, text);
    if (!choices)
      return plainNode(
        { type: 'string', ...this.#described(shape), ...bounds },
        (value) => typeof value === 'string' && within(value),
      );
    const texts = choices.filter((one) => typeof one === 'string').filter(within);
    if (texts.length === 0) return undefined;
    // Gemini refuses an empty string in an enum.
    const usable = texts.filter((one) => one !== '' && one.length <= LONGEST_CHOICE && one === one.toWellFormed());
    if (usable.length === 0) {
      const words = texts.length === 1 ? [`Always ${JSON.stringify(texts[0]).slice(0, LONGEST_CHOICE)}.`] : [];
      return fixedNode({ type: 'string', ...this.#described(shape, words) }, texts[0]);
    }
    if (usable.length > this.#detail.choices) {
      // A list that is cut would forbid what the server takes.
      const shown = usable.slice(0, this.#detail.choices).join(', ').slice(0, this.#detail.descriptions);
      return this.#exact
        ? undefined
        : { ...TEXT, schema: { type: 'string', ...this.#described(shape, [`Such as ${shown}.`]) } };
    }
    return plainNode({ type: 'string', ...this.#described(shape), enum: usable }, (value) =>
      texts.includes(value as string),
    );
  }

  #number(shape: Shape, kind: 'number' | 'integer'): Node | undefined {
    const { minimum, maximum } = shape;
    const low = minimum === undefined ? undefined : kind === 'integer' ? Math.ceil(minimum) : minimum;
    const high = maximum === undefined ? undefined : kind === 'integer' ? Math.floor(maximum) : maximum;
    if (low !== undefined && high !== undefined && low > high) return undefined;
    const fits = (value: unknown): boolean =>
      typeof value === 'number' &&
      (kind === 'number' || Number.isInteger(value)) &&
      !(value < (low ?? value)) &&
      !(value > (high ?? value));
    const bounds = { ...bound('minimum', low), ...bound('maximum', high) };
    if (!shape.choices) return plainNode({ type: kind, ...this.#described(shape), ...bounds }, fits);
    const numbers = shape.choices.filter((one) => fits(one));
    if (numbers.length === 0) return undefined;
    const type = numbers.every((one) => Number.isInteger(one)) ? 'integer' : 'number';
    return plainNode({ type, ...this.#described(shape), enum: numbers }, (value) => numbers.includes(value));
  }

  #list(shape: Shape, level: number): Node | undefined {
    if (level > this.#detail.deepest) return this.#exact ? undefined : this.#openList(shape);
    const { minItems = 0 } = shape;
    const prefix: Node[] = [];
    for (const parts of shape.prefix.slice(0, shape.maxItems)) {
      const node = this.#value(parts, level + 1, false);
      if (!node) break;
      prefix.push(node);
    }
    const whole = prefix.length === Math.min(shape.prefix.length, shape.maxItems ?? shape.prefix.length);
    const rest =
      whole && (shape.rest || shape.prefix.length === 0) ? this.#value(shape.rest ?? [], level + 1, false) : undefined;
    const maxItems = Math.min(
      shape.maxItems ?? Number.POSITIVE_INFINITY,
      rest ? Number.POSITIVE_INFINITY : prefix.length,
    );
    if (minItems > maxItems) return this.#exact ? undefined : this.#openList(shape);
    const alike = distinct([...prefix, ...(rest ? [rest] : [])]);
    const several = alike.length > 1 ? (rest ?? unionNode(alike)) : alike[0];
    const items = maxItems === 0 ? TEXT : several;
    const schema = {
      type: 'array',
      ...this.#described(shape),
      ...(alike.length > 1 ? { prefixItems: prefix.map((one) => one.schema) } : {}),
      items: items?.schema ?? TEXT.schema,
      ...(minItems > 0 ? { minItems } : {}),
      ...this.#most(maxItems),
    };
    return listNode(schema, { prefix, items });
  }

  #most(maxItems: number): { maxItems?: number } {
    if (maxItems > Math.min(LONGEST_MAX_ITEMS, this.#maxItems)) return {};
    this.#maxItems -= maxItems;
    return { maxItems };
  }

  #openList(shape: Shape): Node {
    const items = unionNode([TEXT, NUMBER, TRUTH, OBJECT]);
    return listNode({ type: 'array', ...this.#described(shape), items: items.schema }, { prefix: [], items });
  }

  #object(shape: Shape, level: number): Node | undefined {
    if (level > this.#detail.deepest)
      return this.#exact ? undefined : { ...OBJECT, schema: { ...OBJECT.schema, ...this.#described(shape) } };
    const names = this.#namesOf(shape);
    if (!names) return undefined;
    const portable = portableProperties(names);
    const properties = new Map<string, Property>();
    const left: string[] = [];
    for (const name of names) {
      const required = shape.required.has(name);
      const said = portable.get(name) ?? name;
      const node = this.#value(partsOf(shape, name), level + 1, !required);
      if (node) properties.set(said, { name, required, node: said === name ? node : named(node, name, this.#detail) });
      else if (required)
        return this.#exact ? undefined : { ...OBJECT, schema: { ...OBJECT.schema, ...this.#described(shape) } };
      else if (partsOf(shape, name).every(({ schema }) => schema !== false)) left.push(name);
    }
    const extras = this.#extras(shape, level);
    const needed = [...properties].flatMap(([said, { required }]) => (required ? [said] : []));
    const closed = extras === 'none' && left.length === 0;
    const schema = {
      type: 'object',
      ...this.#described(shape, left.length > 0 ? [`Also takes ${left.join(', ')}.`] : []),
      properties: Object.fromEntries([...properties].map(([said, { node }]) => [said, node.schema])),
      ...(needed.length > 0 ? { required: needed } : {}),
      ...(closed ? { additionalProperties: false } : {}),
      ...(typeof extras === 'object' ? { additionalProperties: extras.schema } : {}),
      ...(extras === undefined && (shape.extras !== undefined || (properties.size === 0 && level > 0))
        ? { additionalProperties: true }
        : {}),
    };
    return objectNode(schema, { properties, extras, left });
  }

  /** The names that are declared, those that are needed in any case; undefined: one that is needed may not be there. */
  #namesOf(shape: Shape): readonly string[] | undefined {
    const { properties, required, absent, extras } = shape;
    const impossible = [...required].filter((name) => absent.has(name) || (extras === 'none' && !properties.has(name)));
    if (impossible.length > 0 && this.#exact) return undefined;
    const declared = [...properties.keys()].filter((name) => !absent.has(name));
    const more = [...required].filter((name) => !properties.has(name) && !impossible.includes(name));
    const optional = declared.filter((name) => !required.has(name));
    const room = Math.max(0, MOST_PROPERTIES - (declared.length - optional.length) - more.length);
    const dropped = new Set(optional.slice(room));
    return [...declared.filter((name) => !dropped.has(name)), ...more];
  }

  #extras(shape: Shape, level: number): Node | 'none' | undefined {
    if (!Array.isArray(shape.extras)) return shape.extras as 'none' | undefined;
    if (shape.extras.every(({ schema }) => schema === true || (isSchema(schema) && Object.keys(schema).length === 0)))
      return undefined;
    return this.#value(shape.extras, level + 1, false) ?? (this.#exact ? 'none' : undefined);
  }

  #described({ description, words }: Shape, more: readonly string[] = []): { description?: string } {
    const text = this.#text(description, [...words, ...more]);
    return text === '' ? {} : { description: text };
  }

  /** The words beside the description are kept whole: they are what the server insists on. */
  #text(description: string, words: readonly string[]): string {
    const { descriptions } = this.#detail;
    const rules = visible(words.join(' '), descriptions);
    return sentences(visible(description, descriptions - Math.min(rules.length, descriptions / 2)), rules);
  }
}

/** What a property has to fit: what is said of it, or of all others. */
function partsOf({ properties, extras }: Shape, name: string): readonly Part[] {
  return properties.get(name) ?? (extras === 'none' ? [] : (extras ?? []));
}

/** A property whose name had to be changed says what the server calls it. */
function named(node: Node, name: string, { descriptions }: Detail): Node {
  if (descriptions === 0) return node;
  const first = (schema: Portable): Portable => {
    const { anyOf } = schema;
    if (Array.isArray(anyOf)) return { ...schema, anyOf: [first(anyOf[0]), ...anyOf.slice(1)] };
    return { ...schema, description: sentences(`\`${visible(name, 80)}\``, String(schema.description ?? '')) };
  };
  return { ...node, schema: first(node.schema) };
}

function distinct(nodes: readonly Node[]): readonly Node[] {
  const seen = new Set<string>();
  return nodes.filter(({ signature }) => seen.size < seen.add(signature).size);
}

function bound(name: 'minimum' | 'maximum', value: number | undefined): Portable {
  return value === undefined ? {} : { [name]: value };
}
