import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuditLog } from '../../src/store/audit-log.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { AesTextCipher } from '../../src/store/encryption/text-cipher.ts';

const NOTE = {
  guildId: '1',
  by: { userId: '7', name: 'Cleo 𝒑' },
  act: 'search',
  what: '{"text":"tuna"}',
  lines: 3,
} as const;

test('who read what is kept sealed, for a year', async (context) => {
  const database = await openDatabase('sqlite::memory:');
  context.after(() => database.destroy());
  let now = Date.parse('2026-11-21T15:00:00Z');
  const audit = new AuditLog({ database, seal: new AesTextCipher(new Uint8Array(32).fill(7)), now: () => now });
  await audit.note(NOTE);
  assert.deepEqual(await audit.page({ guildId: '1', limit: 5 }), [{ ...NOTE, id: 1, at: now }]);
  assert.deepEqual(await audit.page({ guildId: '2', limit: 5 }), []);
  const [row] = await database('reading_audit');
  assert.ok(Buffer.isBuffer(row.what) && Buffer.isBuffer(row.name));
  now += 366 * 86_400_000;
  await audit.note({ ...NOTE, what: `${'x'.repeat(499)}𝒑 and more` });
  const kept = await audit.page({ guildId: '1', limit: 5 });
  assert.deepEqual(
    kept.map(({ id, what }) => [id, what.length]),
    [[2, 500]],
  );
});

test('what cannot be noted is not shown: the note rejects with a sentence', async () => {
  const database = await openDatabase('sqlite::memory:');
  const audit = new AuditLog({ database, seal: new AesTextCipher(new Uint8Array(32)) });
  await database.destroy();
  await assert.rejects(audit.note(NOTE), { name: 'StoreError', message: /cannot be written.*so nothing is shown/ });
  await assert.rejects(audit.page({ guildId: '1', limit: 1 }), { name: 'StoreError' });
});
