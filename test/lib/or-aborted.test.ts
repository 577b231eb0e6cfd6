import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { orAborted } from '../../src/lib/or-aborted.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

/** How many of ten results still live after `wait` gave them. */
async function kept(wait: (work: Promise<object>) => Promise<unknown>): Promise<number> {
  const results: WeakRef<object>[] = [];
  for (let i = 0; i < 10; i++) {
    const result = { bytes: Buffer.alloc(1_000) };
    results.push(new WeakRef(result));
    await wait(Promise.resolve(result));
  }
  await turn();
  collect();
  await turn();
  collect();
  return results.filter((one) => one.deref() !== undefined).length;
}

test('a signal that lives on keeps nothing of what was waited for; a promise in a race keeps all', async () => {
  const living = new AbortController();
  const forever = new Promise<void>(() => {});
  // The last one may still be on the stack.
  assert.ok((await kept((work) => orAborted(work, living.signal))) <= 1);
  assert.ok((await kept((work) => Promise.race([work, forever]))) >= 9);
  assert.equal(await orAborted(Promise.resolve('done'), living.signal), 'done');
});

test('gives the reason of a signal that is aborted before, or meanwhile, and lets the work fail unheard', async () => {
  const stop = new AbortController();
  const failing = Promise.withResolvers<string>();
  const waiting = orAborted(failing.promise, stop.signal);
  stop.abort('Not now.');
  assert.equal(await waiting, 'Not now.');
  failing.reject(new Error('too late'));
  assert.equal(await orAborted(Promise.reject(new Error('nobody reads it')), stop.signal), 'Not now.');
  await turn();
});
