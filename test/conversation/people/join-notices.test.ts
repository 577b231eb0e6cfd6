import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { JoinNotices } from '../../../src/conversation/people/join-notices.ts';
import type { Person } from '../../../src/ports/voice.ts';
import { makeUpTime } from '../../support/time/made-up-time.ts';
import { quietFor } from '../../support/time/quiet-for.ts';

makeUpTime();

const TOGETHER_MS = 60;

function setUp(...here: string[]) {
  const present = new Set(here);
  const told: string[][] = [];
  const people = (): Person[] => [...present].map((userId) => ({ userId, name: userId }));
  const newcomers = new JoinNotices({
    people,
    tell: async (some) => void told.push(some.map(({ userId }) => userId)),
    togetherMs: TOGETHER_MS,
  });
  const comes = (userId: string): void => {
    present.add(userId);
    newcomers.joined(userId);
  };
  const goes = (userId: string): void => {
    present.delete(userId);
    newcomers.left(userId);
  };
  return { newcomers, told, present, comes, goes };
}

test('those who come together are told together, and each once, however often they come back', async (context) => {
  const { newcomers, told, comes, goes } = setUp('anna');
  context.after(() => newcomers.close());
  newcomers.presentTold();
  newcomers.joined('anna');
  comes('ben');
  comes('carl');
  await quietFor(3 * TOGETHER_MS);
  goes('ben');
  comes('ben');
  await quietFor(3 * TOGETHER_MS);
  assert.deepEqual(told, [['ben', 'carl']]);
});

test('whoever is gone again before that is told when they come back', async (context) => {
  const { newcomers, told, comes, goes } = setUp();
  context.after(() => newcomers.close());
  comes('ben');
  goes('ben');
  await quietFor(3 * TOGETHER_MS);
  assert.deepEqual(told, []);
  comes('ben');
  await quietFor(3 * TOGETHER_MS);
  assert.deepEqual(told, [['ben']]);
});

test('somebody whom the gateway names later than the voice server is told all the same', async (context) => {
  const { newcomers, told, present } = setUp();
  context.after(() => newcomers.close());
  newcomers.joined('ben');
  await wait(1.5 * TOGETHER_MS);
  present.add('ben');
  await quietFor(3 * TOGETHER_MS);
  assert.deepEqual(told, [['ben']]);
});

test('a bot that nobody counts among the people is not told, and nobody is after the end', async () => {
  const { newcomers, told, comes } = setUp();
  newcomers.joined('a bot');
  await quietFor(5 * TOGETHER_MS);
  comes('ben');
  newcomers.close();
  await quietFor(3 * TOGETHER_MS);
  assert.deepEqual(told, []);
});
