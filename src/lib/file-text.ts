/**
 * The text of a file that an operator wrote, in UTF-8 or UTF-16, without the mark at its beginning: PowerShell's `>` makes
 * UTF-16, and editors on Windows put a mark first, which JSON does not allow. src/start.js reads `.env` in the same way.
 */
export function fileText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  // Without a mark: what these files begin with is ASCII.
  const isWide = (first === 0xff && second === 0xfe) || second === 0;
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
}
