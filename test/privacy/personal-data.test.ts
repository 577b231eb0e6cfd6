import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyError } from '../../src/ports/errors.ts';
import { KeptOwnRecords, type OwnRecordsParts } from '../../src/privacy/personal-data.ts';

/** Records whose deletion takes until `go()`; `done` says whose was deleted, in order. */
function slow() {
  const done: string[] = [];
  const waiting: (() => void)[] = [];
  const nothing = { counts: {}, posts: 0, beside: { replies: [], lineIds: new Set() } };
  const parts = {
    persons: {
      forget: async (guildId: string, userId: string) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        done.push(`${guildId}/${userId}`);
        return nothing;
      },
      settle: async () => {},
      everything: async (_guildId: string, userId: string) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        done.push(`read ${userId}`);
        return {};
      },
    },
    settings: { get: async () => ({ retentionDays: 30 }) },
    now: () => 0,
    usage: { forget: async () => {} },
    editing: { wake: () => {} },
    memories: [],
    copies: [],
  } as unknown as OwnRecordsParts;
  const go = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { records: new KeptOwnRecords(parts), done, go };
}

test('who wants to be forgotten again and again holds up nobody else for longer than once', async () => {
  const { records, done, go } = slow();
  const pressed = Array.from({ length: 100 }, () => records.forget('1', 'noisy'));
  const all = Promise.allSettled([...pressed, records.forget('1', 'ben'), records.forget('2', 'carla')]);
  for (let at = 0; at < 7; at += 1) await go();
  const outcomes = await all;
  assert.deepEqual(done.slice(0, 3).sort(), ['1/ben', '1/noisy', '2/carla']);
  assert.equal(done.length, 7);
  const refused = outcomes.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 95);
  assert.ok(refused.every(({ reason }) => reason instanceof BusyError));
});

test('who has their data handed over again and again holds up nobody else for longer than once', async () => {
  const { records, done, go } = slow();
  const asked = Array.from({ length: 50 }, () => records.exported('1', 'noisy'));
  const all = Promise.allSettled([...asked, records.exported('1', 'ben')]);
  for (let at = 0; at < 4; at += 1) await go();
  const outcomes = await all;
  assert.deepEqual(done, ['read noisy', 'read ben', 'read noisy', 'read noisy']);
  assert.equal(outcomes.filter((one) => one.status === 'rejected' && one.reason instanceof BusyError).length, 47);
});
