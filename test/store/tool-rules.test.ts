import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase, StoreError } from '../../src/store/database/database.ts';
import { ToolRulesStore } from '../../src/store/tool-rules.ts';

const ban = { tool: 'ban', kind: 'role', id: '7', allowed: true } as const;

test('a policy is kept by server, and survives a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-rules-'));
  const url = `sqlite:${join(folder, 'parley.sqlite')}`;
  const first = await openDatabase(url);
  const store = new ToolRulesStore(first);
  assert.deepEqual(await store.rules('g'), []);
  await store.put('g', ban);
  await store.put('g', { tool: 'look', kind: 'person', id: '9', allowed: false });
  await store.put('h', { ...ban, id: '8' });
  await first.destroy();
  const second = await openDatabase(url);
  const again = new ToolRulesStore(second);
  assert.deepEqual(await again.rules('g'), [ban, { tool: 'look', kind: 'person', id: '9', allowed: false }]);
  await second.destroy();
  rmSync(folder, { recursive: true });
});

test('an entry for the same tool and the same one replaces the old, and can be taken away', async () => {
  const database = await openDatabase('sqlite::memory:');
  const store = new ToolRulesStore(database);
  await store.put('g', ban);
  assert.deepEqual(await store.rules('g'), [ban]);
  await store.put('g', { ...ban, allowed: false });
  assert.deepEqual(await store.rules('g'), [{ ...ban, allowed: false }]);
  await store.remove('g', ban);
  assert.deepEqual(await store.rules('g'), []);
  await database.destroy();
});

test('a server has at most 500 entries, and a policy that cannot be read is an error, not an empty one', async () => {
  const database = await openDatabase('sqlite::memory:');
  const store = new ToolRulesStore(database);
  const rows = Array.from({ length: 500 }, (_, i) => ({
    guild_id: 'g',
    tool: 'ban',
    kind: 'role',
    subject_id: String(i),
    allowed: true,
  }));
  await database.batchInsert('tool_rules', rows, 100);
  await assert.rejects(store.put('g', { ...ban, id: 'new' }), RangeError);
  await store.put('g', { ...ban, allowed: false });
  await database.destroy();
  await assert.rejects(store.rules('g'), StoreError);
});
