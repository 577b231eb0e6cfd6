import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { seededRandom } from '@parley/simulator/discord';
import fc from 'fast-check';
import { portableNames } from '../../../../src/tools/mcp/names.ts';
import { offeredSchema } from '../../../../src/tools/mcp/schema/schema.ts';
import { visible } from '../../../../src/tools/mcp/text.ts';
import { argumentsSchema, strange, wrongWith } from '../../../support/mcp/mcp-schemas.ts';

const LISTS = new URL('../../../fixtures/mcp/', import.meta.url);
const text = { type: 'string' } as const;
const anything = { type: 'object', properties: {}, additionalProperties: true };
const ANY = {
  anyOf: [
    text,
    { type: 'number' },
    { type: 'boolean' },
    anything,
    { type: 'array', items: { anyOf: [text, { type: 'number' }, { type: 'boolean' }, anything] } },
  ],
};
/** What is declared of one property that has this schema. */
const declared = (schema: unknown, more: object = {}) =>
  (offeredSchema({ type: 'object', properties: { x: schema }, ...more }).parameters.properties as { x?: unknown }).x;

describe('the schema of a tool that others wrote', () => {
  it('keeps what every provider knows, in its place', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
      properties: {
        place: { type: 'string', minLength: 1, description: 'Where', default: 'here', format: 'uri' },
        days: { type: 'integer', minimum: 1, maximum: 7, exclusiveMinimum: 0 },
        unit: { enum: ['metric', 'imperial'] },
        tags: { type: 'array', items: text, uniqueItems: true },
      },
      required: ['place'],
    };
    assert.deepEqual(offeredSchema(schema).parameters, {
      type: 'object',
      properties: {
        place: { type: 'string', description: 'Where', minLength: 1, format: 'uri' },
        days: { type: 'integer', minimum: 1, maximum: 7 },
        unit: { type: 'string', enum: ['metric', 'imperial'] },
        tags: { type: 'array', description: 'No item twice.', items: text },
      },
      required: ['place'],
      additionalProperties: false,
    });
  });

  const cases: Record<string, readonly [schema: unknown, declared: unknown]> = {
    'no type at all': [{}, ANY],
    'a description alone': [
      { description: 'Any value' },
      { anyOf: [{ ...text, description: 'Any value' }, ...ANY.anyOf.slice(1)] },
    ],
    'a reference out of the document': [{ $ref: 'https://example.com/x' }, ANY],
    'a type that JSON does not have': [{ type: 'date' }, ANY],
    'a list of types': [{ type: ['integer', 'string'] }, { anyOf: [{ type: 'integer' }, text] }],
    'a nullable type': [{ type: ['string', 'null'] }, { anyOf: [text, { type: 'null' }] }],
    'nullable as OpenAPI has it': [{ type: 'string', nullable: true }, { anyOf: [text, { type: 'null' }] }],
    'null that says the same as nothing': [
      { anyOf: [text, { type: 'null' }], default: null, description: 'Perhaps' },
      { ...text, description: 'Perhaps' },
    ],
    'a constant': [{ const: 'yes' }, { ...text, enum: ['yes'] }],
    'choices of several kinds': [
      { enum: ['a', 1, true, null, { b: 2 }] },
      {
        anyOf: [
          { ...text, enum: ['a'] },
          { type: 'integer', enum: [1] },
          { type: 'boolean' },
          { type: 'null' },
          {
            type: 'object',
            properties: { b: { type: 'integer', enum: [2] } },
            required: ['b'],
            additionalProperties: false,
          },
        ],
      },
    ],
    'constants beside each other': [
      { anyOf: [{ const: 1 }, { const: -1 }, { const: 'text' }] },
      {
        anyOf: [
          { type: 'integer', enum: [1, -1] },
          { ...text, enum: ['text'] },
        ],
      },
    ],
    'a map': [
      { type: 'object', additionalProperties: { type: 'number' } },
      { type: 'object', properties: {}, additionalProperties: { type: 'number' } },
    ],
    'a map of anything': [{ type: 'object', additionalProperties: {} }, anything],
    'an object of which nothing is said': [{ type: 'object' }, anything],
    'a pair': [
      { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], minItems: 2, items: false },
      { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    ],
    'a tuple, as draft 7 has it': [
      { type: 'array', items: [text, { type: 'number' }], additionalItems: false, minItems: 2 },
      {
        type: 'array',
        prefixItems: [text, { type: 'number' }],
        items: { anyOf: [text, { type: 'number' }] },
        minItems: 2,
        maxItems: 2,
      },
    ],
    'a list of anything': [{ type: 'array' }, { type: 'array', items: ANY }],
    'bounds that do not belong to the range': [
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: 'integer', minimum: 1, maximum: 9 },
    ],
    'parts that all hold': [
      { allOf: [{ properties: { a: text } }, { properties: { b: { type: 'number' } }, required: ['b'] }] },
      { type: 'object', properties: { a: text, b: { type: 'number' } }, required: ['b'] },
    ],
    'a pattern that not all read alike': [
      { type: 'string', pattern: '^\\p{L}+$' },
      { ...text, description: 'Matches ^\\p{L}+$' },
    ],
  };
  for (const [name, [schema, expected]] of Object.entries(cases)) {
    it(`declares ${name}`, () => assert.deepEqual(declared(schema), expected));
  }

  it('offers a choice at the root in a property, and takes it from there or as it is', () => {
    const schema = {
      anyOf: [
        { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
        { type: 'object', properties: { 'by[name]': text }, required: ['by[name]'] },
      ],
    };
    const { parameters, restore } = offeredSchema(schema);
    assert.deepEqual(parameters, {
      type: 'object',
      properties: {
        request: {
          anyOf: [
            { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
            { type: 'object', properties: { by_name: { ...text, description: '`by[name]`' } }, required: ['by_name'] },
          ],
        },
      },
      required: ['request'],
      additionalProperties: false,
    });
    assert.deepEqual(restore({ request: { by_name: 'Anna' } }), { 'by[name]': 'Anna' });
    assert.deepEqual(restore({ id: 7 }), { id: 7 });
  });

  it('keeps what exactly one of the branches takes', () => {
    const schema = {
      type: 'object',
      properties: { a: text, b: text },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    };
    const { parameters } = offeredSchema(schema);
    const { request } = parameters.properties as { request: { anyOf: unknown } };
    assert.deepEqual(request.anyOf, [
      { type: 'object', properties: { a: text }, required: ['a'] },
      { type: 'object', properties: { b: text }, required: ['b'] },
    ]);
  });

  it('gives names back that had to be changed, in objects, lists, maps and choices', () => {
    const inner = { type: 'object', properties: { $where: text, '1st': text }, required: ['$where'] };
    const schema = {
      type: 'object',
      properties: {
        'filter[x]': inner,
        filter_x: text,
        list: { type: 'array', items: inner },
        map: { type: 'object', additionalProperties: inner },
        either: {
          anyOf: [
            text,
            { type: 'object', properties: { 'page.size': { type: 'integer' } }, required: ['page.size'] },
            inner,
          ],
        },
        ['__proto__']: text,
      },
    };
    const { parameters, restore } = offeredSchema(schema);
    assert.deepEqual(strange(parameters), []);
    const names = Object.keys(parameters.properties as object);
    assert.deepEqual(names, [names[0], 'filter_x', 'list', 'map', 'either', 'proto']);
    assert.match(names[0] ?? '', /^filter_x_[0-9a-f]{6}$/);
    const back = restore({
      [names[0] ?? '']: { where: 'a', p_1st: 'b' },
      filter_x: 'c',
      list: [{ where: 'd' }],
      map: { any: { where: 'e' } },
      either: { page_size: 3 },
      proto: 'f',
      other: 'g',
    });
    assert.equal(
      JSON.stringify(back),
      '{"filter[x]":{"$where":"a","1st":"b"},"filter_x":"c","list":[{"$where":"d"}],"map":{"any":{"$where":"e"}},"either":{"page.size":3},"__proto__":"f","other":"g"}',
    );
    assert.deepEqual(restore({ either: { where: 'h' } }), { either: { $where: 'h' } });
    assert.deepEqual(restore({ 'filter[x]': { $where: 'i' } }), { 'filter[x]': { $where: 'i' } });
  });

  it('fills in what is always the same, where no list of choices takes it', () => {
    const schema = {
      type: 'object',
      properties: { on: { const: true }, off: { enum: [''] } },
      required: ['on', 'off'],
    };
    const { parameters, restore } = offeredSchema(schema);
    assert.deepEqual(parameters.properties, { on: { type: 'boolean' }, off: { ...text, description: 'Always "".' } });
    assert.deepEqual(restore({ on: false, off: 'x' }), { on: true, off: '' });
  });

  it('reads an object that a model wrote as JSON text', () => {
    const { restore } = offeredSchema({ type: 'object', properties: { filter: { type: 'object' }, note: text } });
    assert.deepEqual(restore({ filter: '{"a":[1]}', note: '{"a":1}' }), { filter: { a: [1] }, note: '{"a":1}' });
  });

  it('puts what is referred to in the place of the reference, and ends what refers to itself', () => {
    const schema = {
      type: 'object',
      properties: { who: { $ref: '#/$defs/person', description: 'The one' }, tree: { $ref: '#tree' } },
      $defs: {
        person: { type: 'object', properties: { name: text, boss: { $ref: '#/$defs/person' } } },
        tree: {
          $anchor: 'tree',
          type: 'object',
          properties: { of: { type: 'array', items: { $ref: '#tree' } } },
          required: ['of'],
        },
      },
    };
    const { parameters, exact } = offeredSchema(schema);
    assert.equal(exact, true);
    assert.deepEqual(parameters.properties, {
      who: {
        type: 'object',
        description: 'The one',
        properties: {
          name: text,
          boss: { type: 'object', properties: { name: text }, description: 'Also takes boss.' },
        },
      },
      tree: {
        type: 'object',
        properties: {
          of: {
            type: 'array',
            items: {
              type: 'object',
              properties: { of: { type: 'array', items: text, maxItems: 0 } },
              required: ['of'],
            },
          },
        },
        required: ['of'],
      },
    });
  });

  it('never declares what is too deep as something else: it is left out, or may hold anything of its type', () => {
    const deep = (levels: number, required: string[]): object =>
      levels === 0 ? { type: 'integer' } : { type: 'object', properties: { x: deep(levels - 1, required) }, required };
    const at = (schema: unknown): string => {
      const { type, properties } = schema as { type: string; properties?: { x?: unknown } };
      return properties?.x ? `${type} ${at(properties.x)}` : type;
    };
    assert.equal(at(offeredSchema(deep(8, ['x'])).parameters), `${'object '.repeat(8)}integer`);
    assert.equal(at(offeredSchema(deep(30, [])).parameters), 'object '.repeat(11).trim());
    const { parameters, exact } = offeredSchema(deep(30, ['x']));
    assert.equal(exact, false);
    assert.match(at(parameters), /^(object )+object$/);
  });

  it('says less about a schema that is too long, but still names the arguments', () => {
    const long = { type: 'string', description: 'x'.repeat(250) };
    const properties = Object.fromEntries(Array.from({ length: 38 }, (_, at) => [`field${at}`, long]));
    const { parameters } = offeredSchema({ type: 'object', properties });
    assert.equal(Object.keys(parameters.properties as object).length, 38);
    assert.ok(JSON.stringify(parameters).length <= 8_192);
  });

  it('admits nothing that the server would refuse', () => {
    let exact = 0;
    const runs = 60;
    const property = fc.property(argumentsSchema, fc.nat(), (schema, seed) => {
      const { what, exact: whole } = wrongWith(schema, seededRandom(seed, 'values'));
      assert.equal(what, undefined);
      exact += Number(whole);
    });
    fc.assert(property, { numRuns: runs, endOnFailure: true });
    // The rest contradict themselves: nothing at all fits them.
    assert.ok(exact > runs / 2, `${exact} of ${runs}`);
  });

  for (const file of readdirSync(LISTS).filter((one) => one.endsWith('.json'))) {
    it(`admits nothing that a real server would refuse: ${file}`, () => {
      const { tools } = JSON.parse(readFileSync(new URL(file, LISTS), 'utf8'));
      assert.ok(tools.length > 0);
      for (const { name, inputSchema } of tools) {
        const { what, exact } = wrongWith(inputSchema, seededRandom(7, name), 20);
        assert.equal(what, undefined, name);
        assert.ok(exact, name);
        const names = Object.keys(inputSchema.properties ?? {}).length;
        assert.equal(Object.keys(offeredSchema(inputSchema).parameters.properties as object).length, names, name);
      }
    });
  }

  it('takes no time that a stranger could choose', () => {
    const wide = {
      anyOf: Array.from({ length: 40 }, (_, at) => ({ type: 'object', properties: { [`p${at}`]: { $ref: '#' } } })),
    };
    const crossed = {
      allOf: Array.from({ length: 12 }, () => wide),
      properties: { x: { $ref: '#' }, y: { $ref: '#' } },
    };
    const startedAt = performance.now();
    for (const schema of [
      wide,
      crossed,
      { oneOf: wide.anyOf },
      { $ref: '#' },
      { enum: [['a', 'b'.repeat(9_000)]], pattern: '(a+)+$' },
    ])
      assert.deepEqual(strange(offeredSchema(schema).parameters), []);
    assert.ok(performance.now() - startedAt < 5_000);
  });

  it('makes something portable of anything whatever', () => {
    const key = fc.constantFrom(
      ...[
        'type',
        'properties',
        'items',
        'anyOf',
        'oneOf',
        'allOf',
        '$ref',
        'enum',
        'required',
        'const',
        'x',
        '__proto__',
      ],
      ...['prefixItems', 'additionalProperties', 'not', 'minItems', 'maxItems', 'minimum', 'pattern', '$anchor', 'if'],
    );
    const words = ['object', 'array', 'string', 'null', '#', '#/properties/x', '#/%zz', '#x', null, true, 7, -1, ''];
    const leaf = fc.constantFrom<unknown>(...words);
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(key, tie('schema'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(schema, fc.anything(), (one, args) => {
        const { parameters, restore } = offeredSchema(one);
        assert.deepEqual(strange(parameters), []);
        assert.ok(Buffer.byteLength(JSON.stringify(parameters)) <= 8_192);
        assert.equal(typeof restore(args), 'object');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the name of a tool that others wrote', () => {
  it('begins with the server and has only letters, digits and underscores', () => {
    assert.deepEqual(
      [...portableNames('docs', ['search', 'get-page', 'über/alles', ''])],
      [
        ['search', 'docs__search'],
        ['get-page', 'docs__get_page'],
        ['über/alles', 'docs___ber_alles'],
        ['', 'docs___e3b0c4'],
      ],
    );
  });

  it('tells tools apart whose names come to the same, whatever their order', () => {
    const one = portableNames('docs', ['get-page', 'get_page', 'Get_Page', 'other']);
    const turned = portableNames('docs', ['other', 'Get_Page', 'get_page', 'get-page']);
    assert.equal(new Set(one.values()).size, 4);
    for (const [tool, name] of one) assert.equal(turned.get(tool), name);
    assert.match(one.get('get-page') ?? '', /^docs__get_page_[0-9a-f]{6}$/);
    assert.equal(one.get('other'), 'docs__other');
  });

  it('has at most 64 characters', () => {
    const [a, b] = ['x'.repeat(80), `${'x'.repeat(80)}y`];
    const names = portableNames('docs', [a, b]);
    assert.deepEqual(
      [...names.values()].map((name) => name.length),
      [64, 64],
    );
    assert.notEqual(names.get(a), names.get(b));
  });
});

it('a description shows what a model reads: no hidden characters, one line, cut', () => {
  assert.equal(visible('Adds\u200b two\n\nnumbers\u{e0041}\u{e0042}.\u202e', 100), 'Adds two numbers .');
  assert.equal(visible('abcdefgh', 5), 'abcd…');
  assert.equal(visible(7, 5), '');
});
