// JSON Schemas of strangers, read as what they admit: one of several shapes.
import { isDeepStrictEqual } from 'node:util';
import { References } from './references.ts';
import { formatOf, inWords, isSchema, numberOf, patternOf, type Schema, textOf, withRoom } from './words.ts';

const KINDS = ['null', 'boolean', 'string', 'number', 'integer', 'array', 'object'] as const;
export type Kind = (typeof KINDS)[number];

/** A schema within the document, with the references that led to it. */
export interface Part {
  readonly schema: unknown;
  readonly refs: readonly string[];
}

/** What a value may be in one of the ways that a schema admits. Of keywords about other kinds of values nothing counts. */
export interface Shape {
  /** undefined: the schema does not say. */
  readonly kind: Kind | undefined;
  /** The kinds that its keywords speak of. */
  readonly hints: ReadonlySet<Kind>;
  readonly choices: readonly unknown[] | undefined;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  /** One that every provider can read. */
  readonly pattern: string | undefined;
  readonly format: string | undefined;
  /** Each has to fit all of its parts. */
  readonly properties: ReadonlyMap<string, readonly Part[]>;
  readonly required: ReadonlySet<string>;
  /** Names that may not be there. */
  readonly absent: ReadonlySet<string>;
  /** What other properties have to fit; undefined: nothing is said of them. */
  readonly extras: readonly Part[] | 'none' | undefined;
  readonly prefix: readonly (readonly Part[])[];
  /** What stands behind the prefix; undefined: nothing is said of it. */
  readonly rest: readonly Part[] | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly description: string;
  /** What no provider's declaration can say, in words. */
  readonly words: readonly string[];
}

export const ANYTHING: Shape = {
  kind: undefined,
  hints: new Set(),
  choices: undefined,
  minimum: undefined,
  maximum: undefined,
  minLength: undefined,
  maxLength: undefined,
  pattern: undefined,
  format: undefined,
  properties: new Map(),
  required: new Set(),
  absent: new Set(),
  extras: undefined,
  prefix: [],
  rest: undefined,
  minItems: undefined,
  maxItems: undefined,
  description: '',
  words: [],
};

/** Combinations of choices among choices are cut here. */
const MOST_SHAPES = 48;
const MOST_BRANCHES = 40;
/** How deep two shapes are compared. */
const DEEPEST_LOOK = 3;

/** Reads parts of one document. Schemas that refer to each other can unfold without end, so it has limits. */
export class ShapeReader {
  readonly #references: References;
  readonly #unroll: number;
  #left: number;

  /** `unroll`: how often a reference may stand within itself; `steps`: how many schemas are looked at. */
  constructor(root: unknown, limits: { readonly unroll: number; readonly steps: number }) {
    this.#references = new References(root);
    this.#unroll = limits.unroll;
    this.#left = limits.steps;
  }

  /** The shapes of a value that fits all of these parts; none: no value does, or the limits are reached. */
  all(parts: readonly Part[]): readonly Shape[] {
    return parts.reduce<readonly Shape[]>((shapes, part) => this.#crossed(shapes, this.#read(part)), [ANYTHING]);
  }

  /** What the parts say of themselves as a whole. */
  descriptionOf(parts: readonly Part[]): string {
    for (const { schema } of parts) {
      for (let at = schema, steps = 0; isSchema(at) && steps < 8; steps += 1) {
        const text = textOf(at);
        if (text !== '') return text;
        at = typeof at.$ref === 'string' ? this.#references.target(at.$ref) : undefined;
      }
    }
    return '';
  }

  #read({ schema, refs }: Part): readonly Shape[] {
    if (schema === false) return [];
    if (!isSchema(schema)) return [ANYTHING];
    this.#left -= 1;
    if (this.#left < 0) return [];
    const many = (list: unknown): Part[] =>
      Array.isArray(list) ? list.slice(0, MOST_BRANCHES).map((one) => ({ schema: one, refs })) : [];
    let shapes: readonly Shape[] = ownShapes(schema, refs);
    if (typeof schema.$ref === 'string') shapes = this.#crossed(shapes, this.#referred(schema.$ref, refs));
    for (const part of many(schema.allOf)) shapes = this.#crossed(shapes, this.#read(part));
    const any = many(schema.anyOf);
    if (any.length > 0)
      shapes = this.#crossed(
        shapes,
        any.flatMap((part) => this.#read(part)),
      );
    const one = many(schema.oneOf);
    if (one.length > 0) shapes = this.#crossed(shapes, this.#exclusive(one.map((part) => this.#read(part))));
    if (isSchema(schema.not)) shapes = without(shapes, schema.not);
    if (schema.unevaluatedProperties === false)
      shapes = shapes.map((shape) => ({ ...shape, extras: shape.extras ?? 'none' }));
    if (schema.nullable === true) shapes = [...shapes, { ...ANYTHING, kind: 'null' }];
    return shapes;
  }

  #referred(reference: string, refs: readonly string[]): readonly Shape[] {
    if (refs.filter((one) => one === reference).length >= this.#unroll) return [];
    return this.#read({ schema: this.#references.target(reference), refs: [...refs, reference] });
  }

  /** Every shape of the one with every shape of the other, where both can be had at once. */
  #crossed(some: readonly Shape[], others: readonly Shape[]): readonly Shape[] {
    if (some.length === 1 && some[0] === ANYTHING) return others;
    const all: Shape[] = [];
    for (const one of some) {
      for (const other of others) {
        this.#left -= 1;
        if (this.#left < 0 || all.length >= MOST_SHAPES) return all;
        const both = joined(one, other);
        if (both) all.push(both);
      }
    }
    return all;
  }

  /** What fits exactly one of the branches: what would fit two of them is taken out as far as it can be said. */
  #exclusive(branches: readonly (readonly Shape[])[]): readonly Shape[] {
    const all = branches.flatMap((shapes, branch) => shapes.map((shape) => ({ shape, branch })));
    if (all.length > MOST_BRANCHES) return all.map(({ shape }) => shape);
    return all.flatMap(({ shape, branch }, at) => {
      const others = all.filter((other) => other.branch !== branch);
      if (
        others.some(
          (other) => this.#within(shape, other.shape) && (all.indexOf(other) < at || !this.#within(other.shape, shape)),
        )
      )
        return [];
      const absent = new Set(shape.absent);
      for (const { shape: other } of others) {
        if (this.#apart(shape, other, DEEPEST_LOOK)) continue;
        const lacks = [...other.required].find((name) => !shape.required.has(name));
        if (lacks !== undefined) absent.add(lacks);
      }
      return [forbidding(shape, absent)];
    });
  }

  /** Whether every value of one shape is surely one of the other, too. */
  #within(one: Shape, other: Shape): boolean {
    if (other.properties.size + other.required.size + other.prefix.length > 0) return isDeepStrictEqual(one, other);
    if (other.extras !== undefined || other.rest !== undefined) return isDeepStrictEqual(one, other);
    if (
      other.pattern !== undefined ||
      other.format !== undefined ||
      other.minLength !== undefined ||
      other.maxLength !== undefined
    )
      return false;
    if (other.words.length > 0 || other.minItems !== undefined || other.maxItems !== undefined) return false;
    const kinds =
      one.kind === other.kind || other.kind === undefined || (one.kind === 'integer' && other.kind === 'number');
    const low = other.minimum === undefined || (one.minimum !== undefined && one.minimum >= other.minimum);
    const high = other.maximum === undefined || (one.maximum !== undefined && one.maximum <= other.maximum);
    const listed = other.choices === undefined || one.choices?.every((value) => has(other.choices, value)) === true;
    return kinds && low && high && listed;
  }

  /** Whether no value has both shapes. */
  #apart(one: Shape, other: Shape, looks: number): boolean {
    if (joinedKind(one.kind, other.kind) === 'none') return true;
    if (one.choices && other.choices) return !one.choices.some((value) => has(other.choices, value));
    if (!isObject(one) || !isObject(other)) return false;
    return this.#apartByName(one, other, looks) || this.#apartByName(other, one, looks);
  }

  #apartByName(one: Shape, other: Shape, looks: number): boolean {
    for (const name of one.required) {
      if (other.absent.has(name) || (other.extras === 'none' && !other.properties.has(name))) return true;
      const [own, others] = [one.properties.get(name), other.properties.get(name)];
      if (looks <= 0 || !own || !others) continue;
      const theirs = this.all(others);
      if (this.all(own).every((a) => theirs.every((b) => this.#apart(a, b, looks - 1)))) return true;
    }
    return false;
  }
}

/** The shapes of a schema's own keywords: one for each type that it names. */
function ownShapes(schema: Schema, refs: readonly string[]): Shape[] {
  const part = (one: unknown): Part => ({ schema: one, refs });
  const named = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((one) => KINDS.includes(one));
  const [properties, required] = [schema.properties, schema.required];
  const list = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []);
  const prefix = (Array.isArray(list) ? list : []).map((one) => [part(one)]);
  const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  const maxItems = Math.min(
    numberOf(schema.maxItems) ?? Number.POSITIVE_INFINITY,
    rest === false ? prefix.length : Number.POSITIVE_INFINITY,
  );
  const [minimum, maximum] = withRoom(schema);
  const choices = schema.const !== undefined ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined;
  const union = Array.isArray(schema.anyOf) || Array.isArray(schema.oneOf);
  const shape: Shape = {
    ...ANYTHING,
    hints: hintsOf(schema),
    choices,
    minimum,
    maximum,
    minLength: numberOf(schema.minLength),
    maxLength: numberOf(schema.maxLength),
    pattern: patternOf(schema),
    format: formatOf(schema),
    properties: new Map(
      isSchema(properties) ? Object.entries(properties).map(([name, one]) => [name, [part(one)]]) : [],
    ),
    required: new Set(Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []),
    extras: extrasOf(schema, part),
    prefix,
    rest: rest === undefined || rest === false ? undefined : [part(rest)],
    minItems: numberOf(schema.minItems),
    maxItems: Number.isFinite(maxItems) ? maxItems : undefined,
    description: union ? '' : textOf(schema),
    words: inWords(schema),
  };
  return named.length === 0 ? [shape] : named.map((kind) => ({ ...shape, kind }));
}

function extrasOf(schema: Schema, part: (one: unknown) => Part): Shape['extras'] {
  const { additionalProperties, patternProperties, propertyNames } = schema;
  const patterns = isSchema(patternProperties) ? Object.values(patternProperties) : [];
  // Names by a pattern cannot be said: what they hold can.
  if (additionalProperties === false)
    return patterns.length > 0 ? [part(patterns.length === 1 ? patterns[0] : { anyOf: patterns })] : 'none';
  if (isSchema(propertyNames) && Array.isArray(propertyNames.enum)) return [part(additionalProperties ?? true)];
  return additionalProperties === undefined ? undefined : [part(additionalProperties)];
}

function hintsOf(schema: Schema): Set<Kind> {
  const about: readonly (readonly [Kind, readonly string[]])[] = [
    ['object', ['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames']],
    ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains']],
    ['string', ['minLength', 'maxLength', 'pattern', 'format']],
    ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ];
  return new Set(
    about.flatMap(([kind, keywords]) => (keywords.some((one) => schema[one] !== undefined) ? [kind] : [])),
  );
}

/** A value of both shapes; undefined: there is none. */
export function joined(one: Shape, other: Shape): Shape | undefined {
  const kind = joinedKind(one.kind, other.kind);
  if (kind === 'none') return undefined;
  const choices =
    one.choices && other.choices
      ? one.choices.filter((value) => has(other.choices, value))
      : (one.choices ?? other.choices);
  if (choices?.length === 0) return undefined;
  const [properties, absent] = joinedProperties(one, other);
  const length = Math.max(one.prefix.length, other.prefix.length);
  return {
    kind,
    hints: new Set([...one.hints, ...other.hints]),
    choices,
    minimum: largest(one.minimum, other.minimum),
    maximum: smallest(one.maximum, other.maximum),
    minLength: largest(one.minLength, other.minLength),
    maxLength: smallest(one.maxLength, other.maxLength),
    pattern: one.pattern ?? other.pattern,
    format: one.format ?? other.format,
    properties,
    required: new Set([...one.required, ...other.required]),
    absent,
    extras: joinedExtras(one.extras, other.extras),
    prefix: Array.from({ length }, (_, at) => [
      ...(one.prefix[at] ?? one.rest ?? []),
      ...(other.prefix[at] ?? other.rest ?? []),
    ]),
    rest: one.rest || other.rest ? [...(one.rest ?? []), ...(other.rest ?? [])] : undefined,
    minItems: largest(one.minItems, other.minItems),
    maxItems: smallest(one.maxItems, other.maxItems),
    description: one.description || other.description,
    words: [...new Set([...one.words, ...other.words])],
  };
}

function joinedProperties(one: Shape, other: Shape): [Shape['properties'], Shape['absent']] {
  const absent = new Set([...one.absent, ...other.absent]);
  const properties = new Map<string, readonly Part[]>();
  const partsIn = (shape: Shape, name: string): readonly Part[] | 'none' =>
    shape.properties.get(name) ?? shape.extras ?? [];
  for (const name of new Set([...one.properties.keys(), ...other.properties.keys()])) {
    const [own, others] = [partsIn(one, name), partsIn(other, name)];
    if (own === 'none' || others === 'none') absent.add(name);
    else properties.set(name, [...own, ...others]);
  }
  return [properties, absent];
}

function joinedExtras(one: Shape['extras'], other: Shape['extras']): Shape['extras'] {
  if (one === 'none' || other === 'none') return 'none';
  return one || other ? [...(one ?? []), ...(other ?? [])] : undefined;
}

/** The kind of a value that is of both kinds. */
function joinedKind(one: Kind | undefined, other: Kind | undefined): Kind | undefined | 'none' {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  const pair = [one, other];
  return pair.includes('number') && pair.includes('integer') ? 'integer' : 'none';
}

/** What does not fit a `not`, as far as it can be said: a type, a value, one name that may not be there. */
function without(shapes: readonly Shape[], not: Schema): readonly Shape[] {
  const keys = Object.keys(not).filter((key) => !['description', 'title', '$comment'].includes(key));
  if (keys.length === 0) return [];
  const [only] = keys;
  const said = keys.length === 1 ? not[only ?? ''] : undefined;
  if (only === 'required' && Array.isArray(said) && said.length === 1)
    return shapes.map((shape) => forbidding(shape, new Set([...shape.absent, String(said[0])])));
  if (only === 'type') {
    const kinds = Array.isArray(said) ? said : [said];
    return shapes.filter(
      ({ kind }) => kind === undefined || !(kinds.includes(kind) || (kind === 'integer' && kinds.includes('number'))),
    );
  }
  const gone = only === 'const' ? [said] : only === 'enum' && Array.isArray(said) ? said : [];
  return shapes.map((shape) =>
    shape.choices ? { ...shape, choices: shape.choices.filter((value) => !has(gone, value)) } : shape,
  );
}

function forbidding(shape: Shape, absent: ReadonlySet<string>): Shape {
  if (absent.size === shape.absent.size) return shape;
  const properties = new Map([...shape.properties].filter(([name]) => !absent.has(name)));
  return { ...shape, properties, absent };
}

function isObject({ kind, hints }: Shape): boolean {
  return kind === 'object' || (kind === undefined && hints.has('object'));
}

function has(list: readonly unknown[] | undefined, value: unknown): boolean {
  return list?.some((one) => isDeepStrictEqual(one, value)) === true;
}

function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

function smallest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
