/** Every id of both lists once, ascending: the order in which turns began. */
export function merged(first: readonly number[], second: readonly number[]): readonly number[] {
  return [...new Set([...first, ...second])].sort((a, b) => a - b);
}
