// Schemas of tools at random, and what a model that keeps to a declaration may write.
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { offeredSchema } from '../../../src/tools/mcp/schema/schema.ts';

type Schema = Record<string, unknown>;

/** All that a declaration may hold: what the documentation of both providers names. */
const KEYWORDS = [
  'type',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'enum',
  'anyOf',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'format',
];
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** Everything in a declaration that a provider could choke on; `$` is the root. */
export function strange(schema: unknown, path = '$'): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [`${path} is no schema`];
  const one = schema as Schema;
  const { type, properties, items, anyOf, prefixItems, additionalProperties: extras } = one;
  const [names, needed] = [Object.keys(properties ?? {}), (one.required ?? []) as string[]];
  return [
    ...Object.keys(one).flatMap((key) => (KEYWORDS.includes(key) ? [] : [`${path} has ${key}`])),
    ...(anyOf === undefined && !TYPES.includes(type as string) ? [`${path} has the type ${type}`] : []),
    ...(anyOf !== undefined && (Object.keys(one).length > 1 || path === '$')
      ? [`${path} has anyOf beside others`]
      : []),
    ...(path === '$' && type !== 'object' ? ['$ is no object'] : []),
    ...(type === 'object' && !properties ? [`${path} has no properties`] : []),
    ...(type === 'array' && !items ? [`${path} has no items`] : []),
    ...names.flatMap((name) => (/^[A-Za-z_]\w{0,63}$/.test(name) ? [] : [`${path} names ${name}`])),
    ...needed.flatMap((name) => (names.includes(name) ? [] : [`${path} needs ${name}`])),
    ...((one.enum ?? []) as unknown[]).flatMap((value) =>
      (type === 'string' && typeof value === 'string' && value !== '') ||
      (['number', 'integer'].includes(type as string) && typeof value === 'number')
        ? []
        : [`${path} has the choice ${value}`],
    ),
    ...names.flatMap((name) => strange((properties as Schema)[name], `${path}.${name}`)),
    ...(items === undefined ? [] : strange(items, `${path}[]`)),
    ...((prefixItems ?? []) as unknown[]).flatMap((value, at) => strange(value, `${path}[${at}]`)),
    ...((anyOf ?? []) as unknown[]).flatMap((value, at) => strange(value, `${path}|${at}`)),
    ...(extras === undefined || typeof extras === 'boolean' ? [] : strange(extras, `${path}{}`)),
  ];
}

const EXTRA_NAMES = ['extra', 'more[0]', 'other one'];
const FORMATS: Readonly<Record<string, string>> = {
  uri: 'https://example.com/a',
  uuid: '123e4567-e89b-12d3-a456-426614174000',
  email: 'anna@example.com',
  date: '2026-11-30',
  'date-time': '2026-11-30T08:00:00Z',
};
const TEXTS = ['', 'a', 'b', 'some text', '7', 'true', '{"a":1}'];

/** A value as a model may write it that keeps to the declaration and to nothing else. `random`: 0 … 1. */
export function writtenBy(schema: unknown, random: () => number): unknown {
  const one = schema as Schema;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  if (Array.isArray(one.anyOf)) return writtenBy(pick(one.anyOf), random);
  if (Array.isArray(one.enum)) return pick(one.enum);
  switch (one.type) {
    case 'null':
      return null;
    case 'boolean':
      return random() < 0.5;
    case 'string':
      return textIn(one, random);
    case 'integer':
    case 'number':
      return numberIn(one, random);
    case 'array':
      return listIn(one, random);
    default:
      return objectIn(one, random);
  }
}

function textIn(
  { format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema,
  random: () => number,
): string {
  const fits = (text: string) => text.length >= Number(minLength) && text.length <= Number(maxLength);
  const texts =
    pattern === undefined
      ? [FORMATS[String(format)] ?? TEXTS].flat()
      : fc.sample(fc.stringMatching(new RegExp(String(pattern), 'u')), {
          // Enough that short ones are among them, too.
          numRuns: maxLength === Number.POSITIVE_INFINITY ? 20 : 400,
          seed: Math.floor(random() * 2 ** 31),
        });
  const fitting = texts.filter(fits);
  return fitting[Math.floor(random() * fitting.length)] ?? 'x'.repeat(Number(minLength));
}

function numberIn({ type, minimum, maximum }: Schema, random: () => number): number {
  const low = (minimum ?? Math.min(-20, Number(maximum ?? 0) - 20)) as number;
  const high = (maximum ?? Math.max(20, low + 20)) as number;
  if (type === 'integer') return low + Math.floor(random() * (high - low + 1));
  return random() < 0.2 ? low : low + random() * (high - low);
}

function listIn({ minItems = 0, maxItems, prefixItems = [], items }: Schema, random: () => number): unknown[] {
  const low = minItems as number;
  const high = Math.min((maxItems ?? low + 4) as number, low + 4);
  const length = low + Math.floor(random() * (high - low + 1));
  return Array.from({ length }, (_, at) => writtenBy((prefixItems as unknown[])[at] ?? items, random));
}

function objectIn({ properties, required = [], additionalProperties }: Schema, random: () => number): Schema {
  const entries = Object.entries((properties ?? {}) as Schema).filter(
    ([name]) => (required as string[]).includes(name) || random() < 0.6,
  );
  const made = entries.map(([name, value]) => [name, writtenBy(value, random)] as const);
  if (!additionalProperties) return Object.fromEntries(made);
  const extras = EXTRA_NAMES.filter((name) => random() < 0.4 && !Object.hasOwn((properties ?? {}) as Schema, name));
  const extra = (): unknown =>
    additionalProperties === true ? random() < 0.5 : writtenBy(additionalProperties, random);
  return Object.fromEntries([...made, ...extras.map((name) => [name, extra()] as const)]);
}

/** What is wrong with a schema's declaration, or with a value made by it; undefined: nothing. */
export function wrongWith(schema: unknown, random: () => number, values = 12): { what?: string; exact: boolean } {
  const { parameters, restore, exact } = offeredSchema(schema);
  const [first] = strange(parameters);
  if (first !== undefined) return { what: first, exact };
  if (!exact) return { exact };
  const fits = validatorOf(schema);
  for (let run = 0; run < values; run += 1) {
    const written = writtenBy(parameters, random);
    const sent = restore(written);
    if (!fits(sent)) {
      const shown = {
        declared: parameters,
        written,
        sent,
        errors: fits.errors?.map((one) => `${one.instancePath} ${one.message}`),
      };
      return { what: JSON.stringify(shown), exact };
    }
  }
  return { exact };
}

/** ajv for the draft that the schema names. Throws where it is no schema. */
export function validatorOf(schema: unknown) {
  const old = /draft-0[4-7]/.test(String((schema as Schema).$schema)) || JSON.stringify(schema).includes('"items":[');
  const options = { strict: false, validateFormats: false, logger: false, inlineRefs: false } as const;
  const { $schema: _, ...rest } = schema as Schema;
  return (old ? new Ajv(options) : new Ajv2020(options)).compile(rest);
}

const NAMES = ['a', 'b', 'kind', 'filter[x]', 'page.size', '$where', 'über', '1st', 'filter_x'];
const name = fc.constantFrom(...NAMES);
const literal = fc.oneof(
  fc.constantFrom<unknown>('a', 'b', 'c', '', 1, 2, -3, 1.5, true, false, null),
  fc.constantFrom<unknown>({ a: 1 }, ['x', 1], {}, []),
);
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    { type: 'string' },
    { type: 'string', minLength: 1, maxLength: 4 },
    { type: 'string', pattern: '^[a-z]{2}-[0-9]+$' },
    { type: 'boolean' },
    { type: 'null' },
    { type: 'integer', minimum: 1, maximum: 5 },
    { type: 'number', exclusiveMinimum: 0 },
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 4 },
    { type: ['string', 'null'] },
    { type: ['integer', 'string', 'boolean'] },
    {},
    true,
    { description: 'Anything at all.' },
    { type: 'object' },
    { type: 'array' },
    { $ref: '#/$defs/tree' },
    { $ref: '#/$defs/person', description: 'The one' },
    { $ref: '#/$defs/chain' },
  ),
  literal.map((value) => ({ const: value })),
  fc
    .uniqueArray(literal, { minLength: 1, maxLength: 6, selector: (one) => JSON.stringify(one) })
    .map((values) => ({ enum: values })),
);
const DEFS = {
  tree: {
    type: 'object',
    properties: { value: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    required: ['value', 'children'],
    additionalProperties: false,
  },
  person: {
    type: 'object',
    properties: { name: { type: 'string' }, boss: { $ref: '#/$defs/person' } },
    required: ['name'],
  },
  chain: {
    anyOf: [
      { type: 'null' },
      { type: 'object', properties: { 'next[0]': { $ref: '#/$defs/chain' } }, required: ['next[0]'] },
    ],
  },
};

const { schema, object } = fc.letrec((tie) => {
  const inner = tie('schema');
  const properties = fc.dictionary(name, inner, { maxKeys: 4 }).map((all) => Object.fromEntries(Object.entries(all)));
  return {
    object: fc
      .record(
        {
          properties,
          needed: fc.subarray(NAMES, { maxLength: 2 }),
          additionalProperties: fc.oneof(fc.boolean(), fc.constant({ type: 'number' }), inner),
          description: fc.constant('An object.'),
        },
        { requiredKeys: ['properties'] },
      )
      .map(({ needed, ...rest }) => {
        const known = Object.keys(rest.properties as object);
        const required = needed?.filter((one) => rest.additionalProperties !== false || known.includes(one));
        return { type: 'object', ...rest, ...(required ? { required } : {}) };
      }),
    schema: fc.oneof(
      { maxDepth: 3, depthSize: 'small', depthIdentifier: 'schema' },
      leaf,
      tie('object'),
      fc.record(
        { type: fc.constant('array'), items: inner, minItems: fc.integer({ min: 0, max: 2 }) },
        { requiredKeys: ['type', 'items'] },
      ),
      fc.record(
        {
          type: fc.constant('array'),
          prefixItems: fc.array(inner, { minLength: 1, maxLength: 3 }),
          items: fc.oneof(fc.constant(false), inner),
          minItems: fc.integer({ min: 0, max: 2 }),
        },
        { requiredKeys: ['type', 'prefixItems'] },
      ),
      fc.record({ type: fc.constant('object'), additionalProperties: inner }),
      fc.record(
        { anyOf: fc.array(inner, { minLength: 1, maxLength: 4 }), description: fc.constant('One of them.') },
        { requiredKeys: ['anyOf'] },
      ),
      fc.record({ allOf: fc.array(tie('object'), { minLength: 1, maxLength: 2 }) }),
      fc.record({ anyOf: fc.array(tie('object'), { minLength: 1, maxLength: 3 }), type: fc.constant('object') }),
    ),
  };
});

/** The schema of a tool's arguments, of the kinds that are met at real servers. */
export const argumentsSchema: fc.Arbitrary<Schema> = fc
  .oneof(
    { weight: 3, arbitrary: object as fc.Arbitrary<Schema> },
    {
      weight: 1,
      arbitrary: fc.record({ anyOf: fc.array(object, { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Schema>,
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(object, fc.array(object, { minLength: 2, maxLength: 3 }))
        .map(([one, others]) => ({ ...(one as Schema), allOf: others })) as fc.Arbitrary<Schema>,
    },
    { weight: 1, arbitrary: fc.array(tagged(schema), { minLength: 2, maxLength: 3 }).map(oneOfTagged) },
  )
  .map((root) => ({ ...root, $defs: DEFS }));

function tagged(inner: fc.Arbitrary<unknown>): fc.Arbitrary<Schema> {
  return fc.record({
    type: fc.constant('object'),
    properties: fc.dictionary(name, inner, { maxKeys: 3 }),
  }) as fc.Arbitrary<Schema>;
}

function oneOfTagged(branches: readonly Schema[]): Schema {
  return {
    oneOf: branches.map((branch, at) => ({
      ...branch,
      properties: { ...(branch.properties as Schema), kind: { const: `k${at}` } },
      required: ['kind'],
    })),
  };
}
