import { existsSync } from 'node:fs';

const VALIDATOR = new URL('../../../shared/schemas/validate.mjs', import.meta.url);
const RECORDINGS = new URL('../../../shared/recordings/', import.meta.url);

type Check = (message: unknown, direction: 'client' | 'server') => string[];

/** The providers' published schemas; undefined where they are not at hand. */
export const schemas: { checkOpenAI: Check; checkGemini: Check } | undefined = existsSync(VALIDATOR)
  ? await import(VALIDATOR.href)
  : undefined;
/** For `{ skip }` of node:test. */
export const withoutSchemas = schemas ? false : 'needs ../shared/schemas';

/** Where a recording lies, and for `{ skip }` the reason why it cannot be used. */
export function recording(name: string): { url: URL; skip: false | string } {
  const url = new URL(name, RECORDINGS);
  return { url, skip: existsSync(url) ? false : 'needs ../shared/recordings' };
}
