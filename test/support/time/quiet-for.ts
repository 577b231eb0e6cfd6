import { setTimeout as wait } from 'node:timers/promises';

/**
 * Lets real time pass in which nothing is expected: whatever must not happen would have happened by then. It shows
 * nothing by itself; an assertion follows. A test that waits for something uses eventually().
 */
export async function quietFor(ms: number): Promise<void> {
  await wait(ms);
}
