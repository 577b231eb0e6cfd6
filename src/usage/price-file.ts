import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fileText } from '../lib/file-text.ts';
import { ConfigError } from '../ports/errors.ts';
import { PRICES, type Price, type Prices } from './prices.ts';

const dollars = z.number().nonnegative().optional();
const File = z.record(
  z.string().min(1),
  z.strictObject({
    textIn: dollars,
    cachedTextIn: dollars,
    audioIn: dollars,
    cachedAudioIn: dollars,
    textOut: dollars,
    audioOut: dollars,
    perMinute: dollars,
    perSearch: dollars,
    freeSearches: dollars,
    mostSearches: dollars,
  } satisfies Record<keyof Price, typeof dollars>),
);

/** The built-in prices, with those of the file (PRICES_FILE) in their place, model by model. Throws ConfigError. */
export async function readPrices(path: string | null): Promise<Prices> {
  if (path === null) return PRICES;
  let content: unknown;
  try {
    content = JSON.parse(fileText(await readFile(path)));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ConfigError(`PRICES_FILE ${path} ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = File.safeParse(content);
  if (parsed.success) return new Map([...PRICES, ...Object.entries(parsed.data)]);
  const lines = parsed.error.issues.map(
    (issue) => `PRICES_FILE ${path}: ${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new ConfigError(lines.join('\n'));
}
