// npm run rekey, erase and decrypt on a disk without room.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/store/database/database.ts';
import { unlock } from '../../src/store/encryption/data-key.ts';
import { keptLog } from '../support/doubles/log.ts';
import { SmallDisk, UNMOUNTABLE } from '../support/process/small-disk.ts';
import { fillEveryTable } from '../support/world/every-table.ts';

const START = fileURLToPath(new URL('../../src/start.js', import.meta.url));
const KEY = Buffer.alloc(32, 1);
const NEXT = Buffer.alloc(32, 2);
const TOKEN = `${Buffer.from('123').toString('base64url')}.x.y`;

test('what needs the database alone ends with one line where the disk is full, and goes on later', {
  skip: UNMOUNTABLE !== undefined,
}, async (context) => {
  const disk = new SmallDisk('size=6m');
  context.after(() => disk.unmount());
  const { folder } = disk;
  const url = `sqlite:${join(folder, 'parley.db')}`;
  const run = async (...args: string[]): Promise<string> => {
    const env = { DISCORD_TOKEN: TOKEN, OPENAI_API_KEY: 'sk-x', DATABASE_URL: url };
    const child = spawn(process.execPath, [START, ...args], {
      env: { ...env, DATA_KEY: KEY.toString('hex'), DATA_KEY_NEW: NEXT.toString('hex') },
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (some) => (printed += some));
    const code = await new Promise((resolve) => child.once('close', resolve));
    return `${code} ${printed}`;
  };
  const database = await openDatabase(url);
  const seal = await unlock(database, KEY, keptLog().log);
  for (let at = 1; at <= 3; at += 1) await fillEveryTable(database, seal, String(at), `mark${at}`, at);
  await database.destroy();
  disk.fill();
  for (const args of [['rekey'], ['erase', '--user', '100'], ['erase', '--guild', '1']]) {
    const printed = await run(...args);
    assert.match(printed, /^1 .*(no room|disk is full).*\n$/, args.join(' '));
  }
  disk.free();
  assert.match(await run('rekey'), /has the new key now/);
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  assert.ok(bytes.every((one) => !one.includes('mark')));
});
