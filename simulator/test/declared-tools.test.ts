import assert from 'node:assert/strict';
import { it } from 'node:test';
import { geminiToolFault, openAIToolFault } from '../src/shared/declared-tools.ts';

const object = (properties: object) => ({ type: 'object', properties });
const text = { type: 'string' };

it('OpenAI refuses functions as it does, and takes the rest', () => {
  const faultOf = (parameters: Record<string, unknown>) => openAIToolFault([{ name: 'f', parameters }])?.message;
  assert.equal(
    faultOf({ ...object({ a: { anyOf: [text, { type: 'array', items: text }] } }), additionalProperties: false }),
    undefined,
  );
  const top =
    "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.";
  assert.equal(faultOf({ ...object({}), anyOf: [] }), top);
  assert.equal(faultOf({ type: 'string' }), top);
  assert.match(faultOf({ type: 'object' }) ?? '', /object schema missing properties/);
  assert.match(
    faultOf(object({ a: { type: 'array' } })) ?? '',
    /In context=\('properties', 'a'\), array schema missing items/,
  );
  assert.match(faultOf(object({ a: { type: 'date' } })) ?? '', /"date" is not valid under any/);
  assert.match(faultOf(object({ type: 'object' })) ?? '', /"object" is not of type 'object', 'boolean'/);
  assert.match(faultOf(object({ a: { ...text, pattern: '^\\p{L}$' } })) ?? '', /is not a 'regex'/);
  const many = openAIToolFault(Array.from({ length: 129 }, () => ({ name: 'f' })));
  assert.equal(many?.code, 'array_above_max_length');
});

it('Gemini refuses declarations as it does, and takes the rest', () => {
  const faultOf = (parametersJsonSchema: unknown, name = 'f') => geminiToolFault([{ name, parametersJsonSchema }]);
  assert.equal(
    faultOf(object({ a: { type: 'integer', enum: [1] }, b: { type: 'array', items: text, maxItems: 900 } })),
    undefined,
  );
  const invalid = 'Request contains an invalid argument.';
  assert.equal(faultOf({ anyOf: [object({})] }), invalid);
  assert.equal(faultOf(object({ a: { type: 'boolean', enum: [true] } })), invalid);
  assert.equal(faultOf(object({ a: { ...text, enum: [''] } })), invalid);
  assert.equal(
    faultOf(
      object({ a: { type: 'array', items: text, maxItems: 500 }, b: { type: 'array', items: text, maxItems: 500 } }),
    ),
    invalid,
  );
  assert.match(faultOf(object({}), '1st') ?? '', /^Invalid function name/);
  assert.match(geminiToolFault(Array.from({ length: 513 }, () => ({ name: 'f' }))) ?? '', /^At most 512/);
});
