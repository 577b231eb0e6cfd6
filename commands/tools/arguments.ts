/** `name=value`, the value bare or in double quotes with JSON's escapes. */
const PAIR = /([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s"]\S*)(?=\s|$)/y;

interface Property {
  readonly type?: unknown;
}

/**
 * The arguments that somebody typed, as a JSON object or as `name=value` pairs; the types of values are those of the
 * tool's JSON Schema. Throws RangeError with a sentence for the person.
 */
export function parseArguments(
  typed: string,
  parameters: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const text = typed.trim();
  const properties = (parameters.properties ?? {}) as Readonly<Record<string, Property>>;
  const args = text.startsWith('{') ? fromJson(text) : fromPairs(text, properties);
  // A tool of an MCP server may take any name.
  const open = parameters.additionalProperties !== undefined && parameters.additionalProperties !== false;
  const unknown = open ? undefined : Object.keys(args).find((name) => !Object.hasOwn(properties, name));
  if (unknown === undefined) return args;
  const names = Object.keys(properties);
  const takes = names.length === 0 ? 'It takes none.' : `It takes ${names.join(', ')}.`;
  throw new RangeError(`The tool has no argument ${unknown.slice(0, 40)}. ${takes}`);
}

function fromJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError('The arguments begin with { but are not valid JSON. Try name=value pairs instead.');
  }
}

function fromPairs(text: string, properties: Readonly<Record<string, Property>>): Record<string, unknown> {
  const args: [string, unknown][] = [];
  for (let at = 0; at < text.length; ) {
    PAIR.lastIndex = at;
    const [pair, name = '', value = ''] = PAIR.exec(text) ?? [];
    if (pair === undefined) {
      const rest = text.slice(at, at + 30);
      throw new RangeError(`I do not understand "${rest}". Write name=value, with spaces inside of name="two words".`);
    }
    args.push([name, typedValue(name, unquoted(value), properties[name])]);
    at += pair.length;
    at += text.slice(at).match(/^[\s,]*/)?.[0].length ?? 0;
  }
  return Object.fromEntries(args);
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value.slice(1, -1);
  }
}

function typedValue(name: string, value: string, property: Property | undefined): unknown {
  const type = property?.type;
  switch (type) {
    case 'number':
    case 'integer': {
      const number = Number(value);
      if (value.trim() !== '' && Number.isFinite(number)) return number;
      throw new RangeError(`${name} must be a number.`);
    }
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true';
      throw new RangeError(`${name} must be true or false.`);
    case 'array':
    case 'object':
      try {
        return JSON.parse(value);
      } catch {
        throw new RangeError(`${name} takes several values: write all arguments as JSON, such as {"${name}": …}.`);
      }
    default:
      return value;
  }
}
