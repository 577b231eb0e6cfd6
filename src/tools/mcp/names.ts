import { createHash } from 'node:crypto';

/** The narrower of both providers' limits. */
const LONGEST_NAME = 64;
const HASH_LENGTH = 6;

/**
 * What the model calls a server's tools: `prefix__tool` by the server's own name, in letters, digits and underscores, at
 * most 64 characters. Where two would be called alike, or a name is cut, all of them end in a piece of their hash: a
 * name never comes to mean another tool because the server listed them in another order. Pure.
 */
export function portableNames(prefix: string, tools: readonly string[]): ReadonlyMap<string, string> {
  const plain = new Map([...new Set(tools)].map((tool) => [tool, `${prefix}__${tool.replace(/\W/g, '_')}`]));
  const counts = new Map<string, number>();
  for (const name of plain.values()) counts.set(folded(name), (counts.get(folded(name)) ?? 0) + 1);
  return new Map(
    [...plain].map(([tool, name]) => {
      const unclear = name.length > LONGEST_NAME || counts.get(folded(name)) !== 1 || tool === '';
      return [tool, unclear ? `${name.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}_${hashOf(tool)}` : name];
    }),
  );
}

/** Names that differ in capitals only would be told apart by the machine and by nobody else. */
function folded(name: string): string {
  return name.toLowerCase();
}

function hashOf(tool: string): string {
  return createHash('sha256').update(tool).digest('hex').slice(0, HASH_LENGTH);
}
