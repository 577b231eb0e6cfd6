import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenBridges } from '../../src/conversation/bridges.ts';
import { LineLostError } from '../../src/ports/errors.ts';
import { ScriptedBridges } from '../support/doubles/bridges.ts';

/** Conversations that open at once; close() ends them. */
function setUp(most?: number) {
  const scripted = new ScriptedBridges();
  const ends = new Map<string, () => void>();
  const opened: string[] = [];
  const bridges = new OpenBridges(
    async ({ guildId, channelId, by, onEnded }) => {
      opened.push(`${guildId} ${by.userId}`);
      ends.set(guildId, onEnded);
      return scripted.place({ guildId, channelId });
    },
    most === undefined ? {} : { most },
  );
  const join = (guildId: string, userId: string) =>
    bridges.open({ guildId, channelId: 'c', by: { userId, name: userId } }).then(
      () => 'here',
      (error: unknown) => (error instanceof LineLostError ? error.message : Promise.reject(error)),
    );
  const leave = (guildId: string): void => ends.get(guildId)?.();
  return { bridges, join, leave, opened };
}

test('of twelve sessions in a row by one person six are opened; others still bring the bot in', async () => {
  const { join, leave, opened } = setUp();
  const told: string[] = [];
  for (let i = 0; i < 12; i += 1) {
    told.push(await join('g', 'anna'));
    leave('g');
  }
  assert.equal(opened.length, 6);
  assert.match(
    told[11]!,
    /^You brought me in many times just now, and each time costs\. I come again for you <t:\d+:R>/,
  );
  assert.match(await join('another', 'anna'), /^You brought me in many times/, 'on other servers neither');
  assert.equal(await join('g', 'ben'), 'here');
});

test('with as many conversations as there may be, servers wait, each once, and nobody slips in', async () => {
  const { bridges, join, leave, opened } = setUp(2);
  assert.equal(await join('a', '1'), 'here');
  assert.equal(await join('b', '2'), 'here');
  assert.match(await join('c', '3'), /as many conversations as I can be/);
  const wait = (guildId: string, userId: string): number =>
    bridges.waiting.add({ guildId, channelId: 'c', by: { userId, name: userId } });
  assert.deepEqual([wait('c', '3'), wait('d', '4'), wait('c', '5')], [1, 2, 1]);
  leave('a');
  const late = join('e', '6');
  await bridges.waiting.serve();
  assert.match(await late, /as many conversations/);
  assert.deepEqual(opened, ['a 1', 'b 2', 'c 5']);
  assert.equal(bridges.waiting.placeOf('d'), 1);
});
