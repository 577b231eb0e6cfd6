import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusyError } from '../../src/ports/errors.ts';
import { COPIES, ERASE_ORDER, KeptOwnRecords, MEMORIES, type OwnRecordsDeps } from '../../src/privacy/personal-data.ts';

function each<Name extends string, T>(names: readonly Name[], value: T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, value])) as Record<Name, T>;
}

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
    usage: { erase: async () => {} },
    editing: { wake: () => {} },
    memories: each(MEMORIES, { erase: () => {} }),
    copies: each(COPIES, { erase: () => {} }),
  } as unknown as OwnRecordsDeps;
  const go = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { records: new KeptOwnRecords(parts), done, go };
}

test('who wants to be forgotten again and again holds up nobody else for longer than once', async () => {
  const { records, done, go } = slow();
  const pressed = Array.from({ length: 100 }, () => records.erase('1', 'noisy'));
  const all = Promise.allSettled([...pressed, records.erase('1', 'ben'), records.erase('2', 'carla')]);
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

test('erases in this order: memories, rows, what repeated them, copies, usage, old posts', async () => {
  assert.deepEqual(ERASE_ORDER, ['memories', 'rows', 'repeated-words', 'copies', 'usage', 'old-posts', 'settle']);
  assert.deepEqual(MEMORIES, ['conversations', 'decisions', 'reruns', 'private-answers', 'summaries', 'exports']);
  assert.deepEqual(COPIES, ['moderation', 'exports']);
  const did: string[] = [];
  const note = (what: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve));
    did.push(what);
  };
  const remembers = (kind: string) => (name: string) => [
    name,
    { erase: note(`${kind} ${name}`), eraseBeside: () => did.push(`words in ${name}`) },
  ];
  const records = new KeptOwnRecords({
    persons: {
      forget: async () => {
        await note('rows')();
        return { counts: { lines: 2 }, posts: 1, beside: { replies: [], lineIds: new Set() } };
      },
      settle: note('settle'),
    },
    usage: { erase: note('usage') },
    editing: { wake: () => did.push('old posts') },
    memories: Object.fromEntries(MEMORIES.map(remembers('memory'))),
    copies: Object.fromEntries(COPIES.map(remembers('copy'))),
    now: () => 0,
  } as unknown as OwnRecordsDeps);
  assert.deepEqual(await records.erase('1', 'anna'), { counts: { lines: 2 }, posts: 1 });
  assert.deepEqual(did, [
    ...MEMORIES.map((name) => `memory ${name}`),
    'rows',
    ...MEMORIES.map((name) => `words in ${name}`),
    'copy moderation',
    'copy exports',
    'usage',
    'old posts',
    'settle',
  ]);
});
