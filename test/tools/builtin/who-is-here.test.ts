import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whoIsHere } from '../../../src/tools/builtin/who-is-here.ts';
import { contextOf } from '../context.ts';

test('the people in the channel are named and counted', async () => {
  assert.deepEqual(await whoIsHere.prepare({})(contextOf()), { count: 2, names: ['Anna', 'Ben'] });
});

test('those who do not want to be heard are named as such', async () => {
  const room = { ...contextOf().room, mayHear: (userId: string) => userId !== '2' };
  assert.deepEqual(await whoIsHere.prepare({})(contextOf({ room })), {
    count: 2,
    names: ['Anna', 'Ben'],
    not_heard: ['Ben'],
  });
});

test('of a crowd the first fifty are named and all are counted', async () => {
  const people = Array.from({ length: 99 }, (_, at) => ({ userId: `${at}`, name: `P${at}` }));
  const answer = (await whoIsHere.prepare({})(contextOf({ people }))) as { count: number; names: string[] };
  assert.equal(answer.count, 99);
  assert.equal(answer.names.length, 50);
});
