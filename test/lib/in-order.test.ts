import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder } from '../../src/lib/in-order.ts';

test('waits for each step that gives a promise before the next one', async () => {
  const did: string[] = [];
  await inOrder(['slow', 'quick'], {
    quick: () => did.push('quick'),
    slow: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      did.push('slow');
    },
  });
  assert.deepEqual(did, ['slow', 'quick']);
});

test('runs steps that give no promise in the same tick', () => {
  const did: string[] = [];
  void inOrder(['first', 'second'], { first: () => did.push('first'), second: () => did.push('second') });
  assert.deepEqual(did, ['first', 'second']);
});

test('stops at the first step that fails', async () => {
  const did: string[] = [];
  const failing = inOrder(['fails', 'never'], {
    fails: () => Promise.reject(new Error('full disk')),
    never: () => did.push('never'),
  });
  await assert.rejects(failing, /full disk/);
  assert.deepEqual(did, []);
});
