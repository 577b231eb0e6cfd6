// What the services say of tools that they do not take, before they take anything else of the setup.

type Schema = Readonly<Record<string, unknown>>;

/** code: as in OpenAI's error events. */
export interface ToolFault {
  readonly code: 'invalid_function_parameters' | 'array_above_max_length';
  readonly message: string;
}

const MOST_OPENAI = 128;
const MOST_GEMINI = 512;
/** github.com/googleapis/python-genai/issues/2170 */
const MOST_MAX_ITEMS = 959;
const ROOT = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const GEMINI_NAME = /^[A-Za-z_][\w.:-]{0,127}$/;

/** Why OpenAI refuses these functions (github.com/langchain-ai/langchainjs/issues/9804, github.com/julep-ai/julep/issues/330). */
export function openAIToolFault(
  tools: readonly { readonly name?: string; readonly parameters?: Schema | undefined }[],
): ToolFault | undefined {
  if (tools.length > MOST_OPENAI) {
    const message = `Invalid 'session.tools': array too long. Expected an array with maximum length ${MOST_OPENAI}, but got an array with length ${tools.length} instead.`;
    return { code: 'array_above_max_length', message };
  }
  for (const { name, parameters } of tools) {
    if (!parameters) continue;
    const fault = rootFault(parameters) ?? schemaFault(parameters, []);
    if (fault !== undefined)
      return { code: 'invalid_function_parameters', message: `Invalid schema for function '${name}': ${fault}` };
  }
  return undefined;
}

/** Why Gemini refuses these declarations: the reason of the close frame. */
export function geminiToolFault(
  declarations: readonly { readonly name?: string | undefined; readonly parametersJsonSchema?: unknown }[],
): string | undefined {
  // github.com/google-gemini/gemini-cli/issues/19083
  if (declarations.length > MOST_GEMINI) return `At most ${MOST_GEMINI} function declarations can be specified.`;
  for (const { name = '', parametersJsonSchema: schema } of declarations) {
    // github.com/kaitranntt/ccs/issues/25
    if (!GEMINI_NAME.test(name)) return 'Invalid function name. Must start with a letter or an underscore.';
    if (schema === undefined) continue;
    // @google/genai, FunctionDeclaration.parametersJsonSchema: "must describe an object"; GenerationConfig.responseJsonSchema:
    // "enum (for strings and numbers)".
    if (!isSchema(schema) || schema.type !== 'object') return 'Request contains an invalid argument.';
    const all = [...schemasIn(schema)];
    const odd = all.some(
      ({ enum: choices }) =>
        Array.isArray(choices) && choices.some((one) => !['string', 'number'].includes(typeof one) || one === ''),
    );
    const items = all.reduce((sum, { maxItems }) => sum + (typeof maxItems === 'number' ? maxItems : 0), 0);
    if (odd || items > MOST_MAX_ITEMS || schemaFault(schema, []) !== undefined)
      return 'Request contains an invalid argument.';
  }
  return undefined;
}

function rootFault(schema: Schema): string | undefined {
  const fine = schema.type === 'object' && !ROOT.some((keyword) => schema[keyword] !== undefined);
  if (!fine)
    return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.";
  return schema.properties === undefined ? 'In context=(), object schema missing properties.' : undefined;
}

function schemaFault(schema: Schema, path: readonly string[]): string | undefined {
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')})`;
  const types = [schema.type].flat().filter((type) => type !== undefined);
  const odd = types.find((type) => !TYPES.includes(type as string));
  if (odd !== undefined) return `${context}, ${JSON.stringify(odd)} is not valid under any of the given schemas.`;
  if (types.includes('array') && schema.items === undefined) return `${context}, array schema missing items.`;
  if (typeof schema.pattern === 'string' && /\\p\{|\(\?</.test(schema.pattern))
    return `${context}, '${schema.pattern}' is not a 'regex'.`;
  for (const [key, one] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
    if (!isSchema(one) && typeof one !== 'boolean')
      return `${context}, ${JSON.stringify(one)} is not of type 'object', 'boolean'.`;
    const fault = isSchema(one) ? schemaFault(one, [...path, 'properties', key]) : undefined;
    if (fault !== undefined) return fault;
  }
  for (const [key, one] of partsOf(schema)) {
    const fault = schemaFault(one, [...path, key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function* schemasIn(schema: Schema): Generator<Schema> {
  yield schema;
  for (const one of Object.values(isSchema(schema.properties) ? schema.properties : {}))
    if (isSchema(one)) yield* schemasIn(one);
  for (const [, one] of partsOf(schema)) yield* schemasIn(one);
}

/** The schemas within one, but for its properties. */
function partsOf({ items, anyOf, oneOf, allOf, prefixItems, additionalProperties }: Schema): [string, Schema][] {
  const lists = Object.entries({ items, anyOf, oneOf, allOf, prefixItems, additionalProperties });
  return lists.flatMap(([key, value]) =>
    [value].flat().flatMap((one): [string, Schema][] => (isSchema(one) ? [[key, one]] : [])),
  );
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
