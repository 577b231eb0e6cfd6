import { existsSync } from 'node:fs';
import type { SimulatedDiscord } from '@parley/simulator/discord';

const schemas = new URL('../../../../shared/schemas/validate.mjs', import.meta.url);

/** Why a test of REST bodies is skipped; false where the published schemas are there. */
export const noSchemas = existsSync(schemas) ? (false as const) : 'needs ../shared/schemas';

/** What Discord's published schemas say against the bodies that were sent; empty when they conform. */
export async function violations(discord: SimulatedDiscord): Promise<string[]> {
  const { checkDiscord } = (await import(schemas.href)) as {
    checkDiscord(method: string, path: string, body: unknown): string[];
  };
  return discord.requests
    .filter((one) => one.body !== undefined && one.body !== null && one.method !== 'GET')
    .flatMap((one) => checkDiscord(one.method, one.path, one.body).map((text) => `${one.method} ${one.path}: ${text}`));
}
