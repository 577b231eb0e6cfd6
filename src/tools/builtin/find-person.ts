import type { Person } from '../../ports/voice.ts';
import { plain } from '../../time/places.ts';
import { ToolError } from '../tool.ts';

/**
 * The one among these whom a spoken name means: by id, by the whole name, by its beginning or a word of it, or by a name
 * that sounds about the same. Throws ToolError that asks back where it could be several, or nobody.
 */
export function findPerson<One extends { readonly name: string }>(
  wanted: string,
  ones: readonly One[],
  { idOf, what }: { readonly idOf: (one: One) => string; readonly what: string },
): One {
  const exact = ones.find((one) => idOf(one) === wanted);
  if (exact) return exact;
  const name = plain(wanted);
  const steps: readonly ((of: string) => boolean)[] = [
    (of) => of === name,
    (of) => of.startsWith(name) || of.split(' ').includes(name),
    (of) => of.includes(name) && name.length >= 3,
    (of) => distance(of, name) <= allowance(Math.max(of.length, name.length)),
  ];
  for (const fits of name === '' ? [] : steps) {
    const found = ones.filter((one) => fits(plain(one.name)));
    if (found.length === 1) return found[0]!;
    if (found.length > 1) throw new ToolError(`${quoted(wanted)} could be ${listed(found)}. Ask which one is meant.`);
  }
  throw new ToolError(
    `There is no ${what} ${quoted(wanted)}. There ${ones.length === 0 ? 'is nobody' : `is ${listed(ones)}`}.`,
  );
}

/** Somebody in the voice channel, by a spoken name. */
export function personHere(wanted: string, people: readonly Person[]): Person {
  return findPerson(wanted, people, { idOf: ({ userId }) => userId, what: 'person here called' });
}

/** Letters that a transcription may get wrong. A short name has none to spare. */
function allowance(length: number): number {
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

function listed(ones: readonly { readonly name: string }[]): string {
  const names = ones.slice(0, 20).map(({ name }) => quoted(name));
  return `${names.join(', ')}${ones.length > 20 ? ' and more' : ''}`;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

/** Levenshtein's distance. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1];
    for (let to = 0; to < other.length; to++) {
      const changed = row[to]! + (one[at] === other[to] ? 0 : 1);
      next.push(Math.min(changed, row[to + 1]! + 1, next[to]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
