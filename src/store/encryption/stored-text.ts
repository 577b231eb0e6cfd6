/** A text for keeping: trimmed and well-formed. Throws RangeError, with a sentence for people, for none or one too long. */
export function keptText(text: string, what: string, longest: number): string {
  const kept = text.toWellFormed().trim();
  if (kept === '') throw new RangeError(`${what} has no text.`);
  if (kept.length <= longest) return kept;
  throw new RangeError(`${what} has ${kept.length} characters; at most ${longest} are possible.`);
}
