import { type Schema, Type } from '@google/genai';

type JsonSchema = Readonly<Record<string, unknown>>;

const TYPES: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  number: Type.NUMBER,
  integer: Type.INTEGER,
  boolean: Type.BOOLEAN,
  array: Type.ARRAY,
  object: Type.OBJECT,
};

/**
 * The arguments of a tool as a `Schema` (ai.google.dev/api/caching#Schema), for models that see nothing of a JSON Schema;
 * undefined: it takes none. `additionalProperties` would be refused with 1007 (livekit/agents#7302), `anyOf` beside another
 * field, too (vercel/ai#19000); choices are texts, and a format is date-time or none. The rest is told in words.
 */
export function geminiSchema(parameters: JsonSchema): Schema | undefined {
  const schema = converted(parameters);
  return schema.properties === undefined ? undefined : schema;
}

function converted(schema: JsonSchema): Schema {
  const { type, description, anyOf, properties, required, items, minimum, maximum } = schema;
  if (Array.isArray(anyOf)) return union(anyOf.filter(isSchema));
  const words = [typeof description === 'string' ? description : '', ...inWords(schema)]
    .filter((one) => one !== '')
    .join(' ');
  const choices =
    type === 'string' && Array.isArray(schema.enum) ? schema.enum.filter((one) => typeof one === 'string') : [];
  const inner = Object.entries(isSchema(properties) ? properties : {}).flatMap(([name, one]) =>
    isSchema(one) ? [[name, converted(one)] as const] : [],
  );
  return {
    type: TYPES[String(type)] ?? Type.STRING,
    ...(words === '' ? {} : { description: words }),
    ...(choices.length > 0 ? { enum: choices } : {}),
    ...(schema.format === 'date-time' ? { format: 'date-time' } : {}),
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
    ...(inner.length > 0 ? { properties: Object.fromEntries(inner) } : {}),
    ...(inner.length > 0 && Array.isArray(required) && required.length > 0 ? { required } : {}),
    ...(type === 'array' ? { items: isSchema(items) ? converted(items) : { type: Type.STRING } } : {}),
  };
}

function union(variants: readonly JsonSchema[]): Schema {
  const real = variants.filter(({ type }) => type !== 'null').map(converted);
  const [first = { type: Type.STRING }, ...more] = real;
  const head = real.length < variants.length ? { ...first, nullable: true } : first;
  return more.length === 0 ? head : { anyOf: [head, ...more] };
}

function inWords({ type, format, enum: choices, minItems, maxItems, additionalProperties }: JsonSchema): string[] {
  return [
    ...(typeof format === 'string' && format !== 'date-time' ? [`Format: ${format}.`] : []),
    ...(type !== 'string' && Array.isArray(choices) ? [`One of ${choices.join(', ')}.`] : []),
    ...(typeof minItems === 'number' ? [`At least ${minItems} items.`] : []),
    ...(typeof maxItems === 'number' ? [`At most ${maxItems} items.`] : []),
    ...(isSchema(additionalProperties)
      ? [`Any names; values: ${JSON.stringify(additionalProperties).slice(0, 200)}.`]
      : []),
  ];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
