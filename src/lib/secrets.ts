/** Stands where a secret stood. */
export const MASK = '[redacted]';
/** Shorter values would blank out ordinary words; no real key is that short. */
const SHORTEST = 8;

/** Blanks known secret values in a text, in all the spellings that it may have them in: quoted, in an address, in base64. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const spellings = secrets
    .filter((value) => value.length >= SHORTEST)
    .flatMap((value) => [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64').replace(/=+$/, ''),
      Buffer.from(value).toString('base64url'),
    ]);
  // The longest first: one spelling may be a part of another.
  const known = [...new Set(spellings)].sort((one, other) => other.length - one.length);
  return (text) => known.reduce((hidden, value) => hidden.replaceAll(value, MASK), text);
}
