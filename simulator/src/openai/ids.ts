import { randomBytes } from 'node:crypto';

/** An id as the server makes them, e.g. `item_` and 21 characters. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64url').replace(/[-_]/g, '0').slice(0, 21)}`;
}
