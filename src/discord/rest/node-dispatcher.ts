import type { RESTOptions } from 'discord.js';

/** https://github.com/nodejs/undici/blob/main/docs/docs/api/GlobalInstallation.md: shared by every copy of undici in the process. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * The dispatcher that belongs to Node's own fetch and FormData. Each copy of undici that is imported before Node has
 * loaded its own, and since undici 8 each copy at any time, puts a dispatcher of its own in that place, which refuses
 * the forms that discord.js uploads files in. So Node's is made before any library is imported (main.ts imports this
 * file first), and the REST client is given it.
 */
export const nodeDispatcher = madeByNode();

function madeByNode(): RESTOptions['agent'] {
  // Reading a class of the fetch API is what makes Node load its undici.
  if (typeof globalThis.FormData !== 'function') throw new TypeError('Node has no fetch API');
  return Reflect.get(globalThis, GLOBAL_DISPATCHER) as RESTOptions['agent'];
}
