/** A stranger's text on one line, without what nobody sees and a model reads all the same, at most `limit` characters. Pure. */
export function visible(text: unknown, limit: number): string {
  if (typeof text !== 'string' || limit <= 0) return '';
  // Tags, joiners and directions can hide orders from people; the slice keeps the pattern from a text of megabytes.
  const line = text
    .slice(0, 8 * limit)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > limit
    ? `${line
        .slice(0, limit - 1)
        .toWellFormed()
        .trimEnd()}…`
    : line;
}
