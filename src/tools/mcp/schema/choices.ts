// Choices (const and enum) of any JSON kind, as shapes of one kind each.
import { ANYTHING, joined, type Kind, type Part, type Shape } from './shapes.ts';
import { sentences } from './words.ts';

const MOST_PIECES = 16;

/** What a shape without a type may be, as its keywords and choices tell; as it is where they do not. */
export function kindsOf(shape: Shape): readonly Shape[] {
  if (shape.kind !== undefined) return shape.choices ? choiceShapes(shape, [shape.kind]) : [shape];
  if (shape.choices) return choiceShapes(shape, ['string', 'number', 'boolean', 'null', 'object', 'array']);
  return shape.hints.size === 0 ? [shape] : [...shape.hints].map((kind) => ({ ...shape, kind }));
}

/** Each kind of choice for itself: objects and lists piece by piece, since no enum takes them. */
function choiceShapes(shape: Shape, kinds: readonly Kind[]): readonly Shape[] {
  return kinds.flatMap((kind): Shape[] => {
    const own = (shape.choices ?? []).filter((one) => isOfKind(one, kind, shape));
    if (own.length === 0) return [];
    if (kind === 'object' || kind === 'array')
      return own
        .slice(0, MOST_PIECES)
        .flatMap((one) => joined({ ...shape, kind, choices: undefined }, piecewise(one)) ?? []);
    return kind === 'null'
      ? [{ ...ANYTHING, kind, description: shape.description }]
      : [{ ...shape, kind, choices: own }];
  });
}

function piecewise(value: unknown): Shape {
  const part = (one: unknown): readonly Part[] => [{ schema: { const: one }, refs: [] }];
  if (Array.isArray(value))
    return { ...ANYTHING, kind: 'array', prefix: value.map(part), minItems: value.length, maxItems: value.length };
  const entries = Object.entries(value as object);
  return {
    ...ANYTHING,
    kind: 'object',
    properties: new Map(entries.map(([name, one]) => [name, part(one)])),
    required: new Set(entries.map(([name]) => name)),
    extras: 'none',
  };
}

function isOfKind(value: unknown, kind: Kind, { minimum, maximum }: Shape): boolean {
  if (kind !== 'integer' && kind !== 'number') return kindOfValue(value) === kind;
  if (typeof value !== 'number' || (kind === 'integer' && !Number.isInteger(value))) return false;
  return value >= (minimum ?? value) && value <= (maximum ?? value);
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Constants beside each other are one list of choices, unless each says something of itself. */
export function joinedChoices(shapes: readonly Shape[]): readonly Shape[] {
  const all: Shape[] = [];
  for (const shape of shapes) {
    const kind = shape.kind === 'integer' ? 'number' : shape.kind;
    const at = all.findIndex(
      (one) =>
        one.choices &&
        shape.choices &&
        (one.kind === 'integer' ? 'number' : one.kind) === kind &&
        (kind === 'string' || kind === 'number' || kind === 'boolean') &&
        one.minimum === shape.minimum &&
        one.maximum === shape.maximum &&
        one.words.length + shape.words.length === 0,
    );
    const before = all[at];
    if (!before) all.push(shape);
    else
      all[at] = {
        ...before,
        kind,
        choices: [...new Set([...(before.choices ?? []), ...(shape.choices ?? [])])],
        description: before.description === shape.description ? before.description : joinedWords(before, shape),
      };
  }
  return all;
}

function joinedWords(before: Shape, shape: Shape): string {
  const own = shape.description === '' ? '' : `${shape.choices?.join(', ')}: ${shape.description}`;
  return sentences(before.description, own);
}
