// npm run erase and npm run rekey, as the operator starts them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/store/database/database.ts';
import { InstanceLock } from '../../src/store/database/instance-lock.ts';
import { unlock } from '../../src/store/encryption/data-key.ts';
import { keptLog } from '../support/doubles/log.ts';
import { fillEveryTable } from '../support/world/every-table.ts';

const START = fileURLToPath(new URL('../../src/start.js', import.meta.url));
const KEY = Buffer.alloc(32, 1);
const NEXT = Buffer.alloc(32, 2);
const TOKEN = `${Buffer.from('123').toString('base64url')}.x.y`;
const { log } = keptLog();

test('a server or a person is erased at once, and the key changed, while the bot does not run', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-erase-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const url = `sqlite:${join(folder, 'parley.db')}`;
  /** Gives what it printed and its exit code. */
  const run = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const child = spawn(process.execPath, [START, ...args], {
      cwd: folder,
      env: { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'sk-x', DATABASE_URL: url, DATA_KEY: KEY.toString('hex'), ...env },
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (some) => (printed += some));
    const code = await new Promise((resolve) => child.once('close', resolve));
    return `${code} ${printed}`;
  };
  const database = await openDatabase(url);
  const seal = await unlock(database, KEY, log);
  for (const [at, guildId] of ['111', '222', '333'].entries()) {
    await fillEveryTable(database, seal, guildId, `mark${guildId}`, at + 1);
  }
  const lock = await InstanceLock.take(database, { botId: '123' });
  const refused = run(['erase', '--guild', '111']);
  assert.match(await refused, /^1 This bot is already running with the same database/);
  await lock.release();
  await database.destroy();

  const [nothing, both, word] = await Promise.all([
    run(['erase']),
    run(['erase', '--guild', '1', '--user', '2']),
    run(['erase', '--guild', 'abc']),
  ]);
  for (const wrong of [nothing, both, word]) assert.match(wrong, /^1 Say what to erase: npm run erase -- --guild ID/);
  assert.match(await run(['erase', '--guild', '999']), /^0 Nothing is kept of the server 999\.\n$/);
  assert.match(await run(['erase', '--guild', '111']), /^0 The server 111 is erased: \d+ rows/);
  assert.match(await run(['rekey']), /^1 DATA_KEY_NEW is not set/);
  assert.match(
    await run(['rekey'], { DATA_KEY_NEW: NEXT.toString('base64') }),
    /^0 [\s\S]*The database has the new key now/,
  );
  assert.match(await run(['erase', '--user', '100']), /^1 DATA_KEY is not the key/);
  const erased = await run(['erase', '--user', '100'], { DATA_KEY: NEXT.toString('hex') });
  assert.match(erased, /^0 The person 100 is erased on 2 servers: \d+ things, with the reports by and about them/);

  const again = await openDatabase(url);
  context.after(() => again.destroy());
  await unlock(again, NEXT, log);
  for (const [table, left] of [
    ['utterances', 0],
    ['tool_calls', 0],
    ['notes', 0],
    ['reports', 0],
    ['rule_cards', 0],
    ['reading_audit', 2],
    ['guild_settings', 2],
  ] as const) {
    assert.equal((await again(table)).length, left, table);
  }
  const audit = await again('reading_audit').select('guild_id', 'user_id').orderBy('guild_id');
  assert.deepEqual(
    audit.map(({ guild_id, user_id }) => [guild_id, user_id]),
    [
      ['222', ''],
      ['333', ''],
    ],
  );
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  assert.ok(bytes.every((one) => !one.includes('mark')));
});
