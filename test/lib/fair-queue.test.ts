import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Claimant, FairQueue, type FairQueueLimits } from '../../src/lib/fair-queue.ts';

/** A queue whose work ends when the test says so. */
function setUp(limits: Partial<FairQueueLimits> = {}) {
  const queue = new FairQueue({ atOnce: 1, mostForPerson: 100, mostForGuild: 100, mostWaiting: 1_000, ...limits });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const refused: string[] = [];
  const ask = (name: string, signal?: AbortSignal): Promise<void> => {
    const [guildId = '', userId = ''] = name.split('/');
    const who: Claimant = { guildId, userId };
    const work = (): Promise<void> => {
      begun.push(name);
      return new Promise((resolve) => ends.push(resolve));
    };
    return queue
      .run(who, { ...(signal && { signal }), tooMany: () => new Error('too many'), work })
      .catch((error: Error) => void refused.push(`${name} ${error.message}`));
  };
  const end = async (count = 1): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      await turn();
      ends.shift()?.();
      await turn();
    }
  };
  return { ask, end, begun, refused };
}

test('a server that wants a hundred pieces of work lets each other server have its turn in between', async () => {
  const { ask, end, begun } = setUp();
  for (let i = 0; i < 100; i += 1) void ask('greedy/anna');
  void ask('b/ben');
  void ask('c/carl');
  await end(3);
  assert.deepEqual(begun, ['greedy/anna', 'b/ben', 'c/carl', 'greedy/anna']);
});

test('within a server people have their turns', async () => {
  const { ask, end, begun } = setUp();
  for (let i = 0; i < 5; i += 1) void ask('a/anna');
  void ask('a/ben');
  void ask('a/ben');
  await end(4);
  assert.deepEqual(begun, ['a/anna', 'a/ben', 'a/anna', 'a/ben', 'a/anna']);
});

test('one server never has all places where some are kept free', async () => {
  const { ask, begun } = setUp({ atOnce: 3, atOnceForGuild: 2 });
  for (let i = 0; i < 5; i += 1) void ask('a/anna');
  await turn();
  void ask('b/ben');
  await turn();
  assert.deepEqual(begun, ['a/anna', 'a/anna', 'b/ben']);
});

test('one person never has all places of their server where one is kept free, and nobody known has no such limit', async () => {
  const { ask, begun } = setUp({ atOnce: 4, atOnceForGuild: 3, atOnceForPerson: 2 });
  for (let i = 0; i < 5; i += 1) void ask('a/anna');
  void ask('a/ben');
  for (let i = 0; i < 2; i += 1) void ask('b/');
  await turn();
  assert.deepEqual(begun.sort(), ['a/anna', 'a/anna', 'a/ben', 'b/']);
  const alone = setUp({ atOnce: 4, atOnceForPerson: 1 });
  for (let i = 0; i < 3; i += 1) void alone.ask('b/');
  await turn();
  assert.equal(alone.begun.length, 3);
});

test('who wants too much is turned away, and nobody else is', async () => {
  const { ask, refused, end, begun } = setUp({ mostForPerson: 3, mostForGuild: 5 });
  for (let i = 0; i < 10; i += 1) void ask('a/anna');
  for (let i = 0; i < 4; i += 1) void ask('a/ben');
  void ask('b/carl');
  await turn();
  assert.equal(refused.filter((one) => one === 'a/anna too many').length, 7);
  assert.equal(refused.filter((one) => one === 'a/ben too many').length, 2);
  await end(6);
  assert.equal(begun.length, 6);
});

test('who gives up while they wait holds up nobody', async () => {
  const { ask, end, begun, refused } = setUp();
  void ask('a/anna');
  const stop = new AbortController();
  void ask('b/ben', stop.signal);
  void ask('c/carl');
  stop.abort(new Error('gone'));
  await end();
  assert.deepEqual([begun, refused], [['a/anna', 'c/carl'], ['b/ben gone']]);
});

test('who had to wait is asked about when their turn comes, and gives it to the next where they may not any more', async () => {
  const queue = new FairQueue({ atOnce: 1, mostForPerson: 9, mostForGuild: 9, mostWaiting: 9 });
  const asked: string[] = [];
  const begun: string[] = [];
  const first = Promise.withResolvers<void>();
  const ask = (userId: string, may: boolean, until: Promise<void> = Promise.resolve()): Promise<void> => {
    const stillMay = async (): Promise<void> => {
      asked.push(userId);
      if (!may) throw new Error('no more');
    };
    const work = (): Promise<void> => {
      begun.push(userId);
      return until;
    };
    return queue.run({ guildId: 'a', userId, stillMay }, { tooMany: () => new Error('too many'), work });
  };
  const all = [ask('anna', false, first.promise), ask('ben', false), ask('carl', true)];
  await turn();
  assert.deepEqual([asked, begun], [[], ['anna']], 'whose turn came at once was judged just now');
  first.resolve();
  const ended = await Promise.allSettled(all);
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    [asked, begun],
    [
      ['ben', 'carl'],
      ['anna', 'carl'],
    ],
  );
});
