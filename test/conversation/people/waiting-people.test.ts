import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { WaitingPeople } from '../../../src/conversation/people/waiting-people.ts';
import { keptLog } from '../../support/doubles/log.ts';

/** Ten people who wait for a minute in a made time; `away` from when to when, in seconds. */
async function minute(
  context: TestContext,
  away?: { from: number; to: number },
): Promise<{ second: number; userId: string }[]> {
  let second = 0;
  context.mock.timers.enable({ apis: ['setInterval'] });
  context.mock.method(performance, 'now', () => second * 1_000);
  const waiting = Array.from({ length: 10 }, (_, index) => `10${index}`);
  const asked: { second: number; userId: string }[] = [];
  const people = new WaitingPeople({
    room: {
      guildId: '1',
      isMember: (userId) => userId !== '109',
      isSilenced: () => false,
      refreshMembers: async (userIds) => {
        for (const userId of userIds) asked.push({ second, userId });
      },
    },
    waiting: () => waiting,
    answerable: () => !away || second < away.from || second >= away.to,
    drop: (userId) => waiting.splice(waiting.indexOf(userId), 1),
    log: keptLog().log,
  });
  context.after(() => people.close());
  while (second < 60) {
    second += 1;
    context.mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(waiting.includes('109'), false, 'who was banned waits no more');
  return asked;
}

test('Discord is asked about those who wait, at most 15 times a minute however many they are, each in turn', async (context) => {
  const asked = await minute(context);
  assert.ok(asked.length <= 15, `${asked.length} questions`);
  assert.equal(new Set(asked.map(({ userId }) => userId)).size, 10);
});

test('nobody is asked about while the model is away, and all are when it is back', async (context) => {
  const asked = await minute(context, { from: 0, to: 20 });
  assert.deepEqual(
    asked.filter(({ second }) => second < 20),
    [],
  );
  assert.equal(new Set(asked.map(({ userId }) => userId)).size, 10);
});
