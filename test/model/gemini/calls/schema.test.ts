import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { geminiSchema } from '../../../../src/model/gemini/calls/schema.ts';
import { offeredSchema } from '../../../../src/tools/mcp/schema/schema.ts';

it('a JSON Schema becomes what the models see that read no JSON Schema', () => {
  const parameters = {
    type: 'object',
    properties: {
      place: { type: 'string', description: 'Where', minLength: 1, format: 'uri' },
      unit: { type: 'string', enum: ['metric', 'imperial'] },
      level: { type: 'integer', enum: [1, 2] },
      at: { type: 'string', format: 'date-time' },
      either: { anyOf: [{ type: 'string' }, { type: 'number', minimum: 1 }, { type: 'null' }] },
      maybe: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      list: {
        type: 'array',
        items: { type: 'object', properties: { x: { type: 'boolean' } }, required: ['x'] },
        minItems: 2,
      },
      map: { type: 'object', properties: {}, additionalProperties: { type: 'number' } },
    },
    required: ['place'],
    additionalProperties: false,
  };
  assert.deepEqual(geminiSchema(parameters), {
    type: 'OBJECT',
    properties: {
      place: { type: 'STRING', description: 'Where Format: uri.' },
      unit: { type: 'STRING', enum: ['metric', 'imperial'] },
      level: { type: 'INTEGER', description: 'One of 1, 2.' },
      at: { type: 'STRING', format: 'date-time' },
      either: {
        anyOf: [
          { type: 'STRING', nullable: true },
          { type: 'NUMBER', minimum: 1 },
        ],
      },
      maybe: { type: 'STRING', nullable: true },
      list: {
        type: 'ARRAY',
        description: 'At least 2 items.',
        items: { type: 'OBJECT', properties: { x: { type: 'BOOLEAN' } }, required: ['x'] },
      },
      map: { type: 'OBJECT', description: 'Any names; values: {"type":"number"}.' },
    },
    required: ['place'],
  });
  assert.equal(geminiSchema({ type: 'object', properties: {} }), undefined);
});

const FIELDS = [
  'type',
  'description',
  'enum',
  'format',
  'minimum',
  'maximum',
  'properties',
  'required',
  'items',
  'nullable',
];

/** What Google would refuse in a Schema. */
function faults(schema: object, path = '$'): string[] {
  const { anyOf, properties = {}, items, type } = schema as Record<string, object> & { anyOf?: object[] };
  if (anyOf) {
    const alone = Object.keys(schema).length === 1 ? [] : [`${path}: anyOf is not alone`];
    return [...alone, ...anyOf.flatMap((one, at) => faults(one, `${path}|${at}`))];
  }
  return [
    ...Object.keys(schema).flatMap((key) => (FIELDS.includes(key) ? [] : [`${path} has ${key}`])),
    ...(String(type) === 'ARRAY' && !items ? [`${path} has no items`] : []),
    ...Object.entries(properties).flatMap(([name, one]) => faults(one, `${path}.${name}`)),
    ...(items ? faults(items, `${path}[]`) : []),
  ];
}

it('the tools of real MCP servers become what Google takes', () => {
  const lists = new URL('../../../fixtures/mcp/', import.meta.url);
  for (const file of readdirSync(lists).filter((one) => one.endsWith('.json'))) {
    const { tools } = JSON.parse(readFileSync(new URL(file, lists), 'utf8'));
    for (const { name, inputSchema } of tools) {
      const { parameters } = offeredSchema(inputSchema);
      assert.deepEqual(faults(geminiSchema(parameters) ?? {}), [], `${file} ${name}`);
    }
  }
});
