/**
 * Runs one step for each name of `order`. A step that gives a promise is awaited before the next one; the next one follows
 * any other step at once, in the same tick. Rejects with the error of the first step that fails; the later ones do not run.
 */
export async function inOrder<Step extends string>(
  order: readonly Step[],
  steps: Readonly<Record<Step, () => unknown>>,
): Promise<void> {
  for (const step of order) {
    const done = steps[step]();
    if (done instanceof Promise) await done;
  }
}
