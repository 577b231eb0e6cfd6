import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { portableNames } from '../../src/tools/mcp-names.ts';
import { portableSchema } from '../../src/tools/mcp-schema.ts';
import { visible } from '../../src/tools/mcp-text.ts';

const KEYWORDS = ['type', 'description', 'properties', 'required', 'items', 'enum', 'anyOf', 'minimum', 'maximum'];

/** Everything in the schema that a provider could choke on. */
function strange(schema: unknown, path = '$'): string[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [`${path} is no schema`];
  const one = schema as Record<string, unknown>;
  const unknown = Object.keys(one).filter((key) => !KEYWORDS.includes(key));
  const { properties, items, anyOf } = one as { properties?: object; items?: unknown; anyOf?: unknown[] };
  return [
    ...unknown.map((key) => `${path} has ${key}`),
    ...(one.type === undefined && !anyOf ? [`${path} has no type`] : []),
    ...Object.entries(properties ?? {}).flatMap(([key, value]) => strange(value, `${path}.${key}`)),
    ...(items === undefined ? [] : strange(items, `${path}[]`)),
    ...(anyOf ?? []).flatMap((value, at) => strange(value, `${path}|${at}`)),
  ];
}

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
        tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
      },
      required: ['place', 'gone'],
    };
    assert.deepEqual(portableSchema(schema), {
      type: 'object',
      properties: {
        place: { type: 'string', description: 'Where' },
        days: { type: 'integer', minimum: 1, maximum: 7 },
        unit: { type: 'string', enum: ['metric', 'imperial'] },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['place'],
    });
  });

  it('puts what is referred to in the place of the reference, and stops where it refers to itself', () => {
    const schema = {
      type: 'object',
      properties: { who: { $ref: '#/$defs/person', description: 'The one' }, lost: { $ref: 'https://example.com/x' } },
      $defs: { person: { type: 'object', properties: { name: { type: 'string' }, boss: { $ref: '#/$defs/person' } } } },
    };
    const { properties } = portableSchema(schema) as { properties: Record<string, Record<string, unknown>> };
    assert.equal(properties.who?.description, 'The one');
    assert.deepEqual(Object.keys(properties.who?.properties ?? {}), ['name', 'boss']);
    assert.deepEqual(properties.lost, { type: 'string' });
    assert.deepEqual(strange(portableSchema(schema)), []);
  });

  it('makes of a choice among types what is left without null, and joins allOf', () => {
    const properties = {
      maybe: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Perhaps' },
      either: { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] },
      nullable: { type: ['null', 'integer'] },
      fixed: { const: 'yes' },
      both: {
        allOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'number' } }, required: ['b'] }],
      },
    };
    assert.deepEqual(portableSchema({ type: 'object', properties }).properties, {
      maybe: { type: 'string', description: 'Perhaps' },
      either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      nullable: { type: 'integer' },
      fixed: { type: 'string', enum: ['yes'] },
      both: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['b'] },
    });
  });

  it('says less about a schema that is too long, but still names the arguments', () => {
    const long = { type: 'string', description: 'x'.repeat(250) };
    const properties = Object.fromEntries(Array.from({ length: 38 }, (_, at) => [`field${at}`, long]));
    const schema = portableSchema({ type: 'object', properties });
    assert.equal(Object.keys(schema.properties as object).length, 38);
    assert.ok(JSON.stringify(schema).length <= 8_192);
  });

  it('makes something portable of anything whatever', () => {
    const key = fc.constantFrom(
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
    );
    const leaf = fc.constantFrom<unknown>(
      'object',
      'array',
      'string',
      'null',
      '#',
      '#/properties/x',
      '#/%zz',
      null,
      true,
      7,
      '',
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(key, tie('schema'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(schema, (one) => {
        const made = portableSchema(one);
        assert.deepEqual(strange(made), []);
        assert.equal(made.type, 'object');
        assert.ok(Buffer.byteLength(JSON.stringify(made)) <= 8_192);
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
