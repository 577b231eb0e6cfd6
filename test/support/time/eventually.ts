import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until `check` gives something true, and gives that. Throws with `what` when it does not within `withinMs`.
 * `story`: what did happen, for the error. What `check` throws is thrown at once.
 */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  options: { readonly withinMs?: number; readonly everyMs?: number; readonly story?: () => string } = {},
): Promise<NonNullable<T>> {
  const { withinMs = 20_000, everyMs = 10, story } = options;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${withinMs} ms${story ? `. What did happen:\n${story()}` : ''}`);
    }
    await wait(everyMs);
  }
}
