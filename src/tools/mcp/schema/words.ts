// Keywords of JSON Schema that are read one by one, and those that can only be told in words.
import { RE2JS } from 're2js';

export type Schema = Readonly<Record<string, unknown>>;

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a schema says of itself; empty: nothing. */
export function textOf({ description, title }: Schema): string {
  return typeof description === 'string' && description !== '' ? description : typeof title === 'string' ? title : '';
}

/** Sentences after each other. */
export function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** A finite number, else undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A step of a JSON pointer as it was before it stood in an address. */
export function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** The least and the greatest number that fit: no provider knows bounds that do not belong to the range. */
export function withRoom(schema: Schema): readonly [number | undefined, number | undefined] {
  const [low, high] = [numberOf(schema.minimum), numberOf(schema.maximum)];
  const above = exclusive(schema.exclusiveMinimum, schema.exclusiveMinimum === true ? low : undefined);
  const below = exclusive(schema.exclusiveMaximum, schema.exclusiveMaximum === true ? high : undefined);
  const whole = schema.type === 'integer';
  const least = above === undefined ? undefined : whole ? Math.floor(above) + 1 : above + gap(above);
  const most = below === undefined ? undefined : whole ? Math.ceil(below) - 1 : below - gap(below);
  return [
    least === undefined ? low : Math.max(least, low ?? least),
    most === undefined ? high : Math.min(most, high ?? most),
  ];
}

/** Draft 4 has `true` beside the bound, later ones the bound itself. */
function exclusive(value: unknown, old: number | undefined): number | undefined {
  return numberOf(value) ?? old;
}

function gap(bound: number): number {
  return Math.max(Math.abs(bound), 1) * 1e-9;
}

const LONGEST_PATTERN = 400;
/** Of each rule that is told in words. */
const LONGEST_RULE = 120;

/**
 * The pattern where all that read it mean the same by it: OpenAI refuses one that Python's `re` does not know
 * (\p{L}, named groups), and a stranger's pattern is run by nobody here.
 */
export function patternOf({ pattern }: Schema): string | undefined {
  if (
    typeof pattern !== 'string' ||
    pattern.length > LONGEST_PATTERN ||
    /[^\x20-\x7e]|\(\?(?!:)|\\[^dwsnrt.\-/\\()[\]{}+*?^$|]/.test(pattern)
  )
    return undefined;
  return compiled(pattern) ? pattern : undefined;
}

/** Those of JSON Schema that a model knows (json-schema.org/draft/2020-12/json-schema-validation, 7.3). */
const FORMATS = ['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'];
/** Of OpenAPI; they say nothing that the type and the bounds do not. */
const SIZES = ['int32', 'int64', 'float', 'double'];

/** A format that is declared; any other is told in words. */
export function formatOf({ format }: Schema): string | undefined {
  return FORMATS.find((one) => one === format);
}

/** Whether the text has what the pattern says; in time that does not depend on whose pattern it is. */
export function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || compiled(pattern)?.matcher(text).find() !== false;
}

function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/** What no declaration can say, as short sentences for the model. */
export function inWords(schema: Schema): readonly string[] {
  const { minLength, maxLength, pattern, format, multipleOf, uniqueItems, minProperties, maxProperties } = schema;
  const words: string[] = [];
  const say = (value: unknown, sentence: (shown: string) => string): void => {
    if (['string', 'number'].includes(typeof value) && value !== '')
      words.push(sentence(String(value).slice(0, LONGEST_RULE)));
  };
  say([...FORMATS, ...SIZES].includes(String(format)) ? undefined : format, (shown) => `Format: ${shown}.`);
  say(minLength === 0 || minLength === 1 ? undefined : minLength, (shown) => `At least ${shown} characters.`);
  say(maxLength, (shown) => `At most ${shown} characters.`);
  say(pattern, (shown) => `Matches ${shown}`);
  say(multipleOf === 1 ? undefined : multipleOf, (shown) => `A multiple of ${shown}.`);
  say(minProperties === 0 ? undefined : minProperties, (shown) => `At least ${shown} properties.`);
  say(maxProperties, (shown) => `At most ${shown} properties.`);
  if (uniqueItems === true) words.push('No item twice.');
  const { patternProperties, propertyNames, dependentRequired } = schema;
  if (isSchema(patternProperties))
    words.push(`Names match ${Object.keys(patternProperties).join(' or ').slice(0, LONGEST_RULE)}`);
  if (isSchema(propertyNames) && (propertyNames.pattern !== undefined || propertyNames.enum !== undefined))
    words.push(`Names: ${JSON.stringify(propertyNames.enum ?? propertyNames.pattern).slice(0, LONGEST_RULE)}`);
  if (isSchema(dependentRequired)) words.push(`Together: ${JSON.stringify(dependentRequired).slice(0, LONGEST_RULE)}`);
  if (schema.if !== undefined) {
    const { if: condition, then, else: otherwise } = schema;
    words.push(`Condition: ${JSON.stringify({ if: condition, then, else: otherwise }).slice(0, 2 * LONGEST_RULE)}`);
  }
  return words;
}
