// KILLS=200 for the long run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../src/store/database.ts';
import { StoredRecord } from '../../src/store/record-reader.ts';
import { RecordStore } from '../../src/store/record-store.ts';
import { openText } from '../../src/store/text-seal.ts';

const KILLS = Number(process.env.KILLS ?? 12);
const CHILD = fileURLToPath(new URL('../fakes/recording-child.ts', import.meta.url));
const OWN_WORD = /\b[ur]\d+x\d+\b/g;

/** A text channel that outlives who writes into it. */
async function channel() {
  const posted = new Set<string>();
  let messages = 0;
  let writes = 0;
  const server = createServer(async (request, response) => {
    let content = '';
    for await (const piece of request) content += String(piece);
    for (const [word] of content.matchAll(OWN_WORD)) posted.add(word);
    writes += 1;
    if (request.url === '/post') messages += 1;
    response.end(String(messages));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    writes: () => writes,
    close: () => server.close().closeAllConnections(),
  };
}

test('whatever was posted before kill -9 is in the database, once', { timeout: 30_000 + KILLS * 10_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-killed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const address = `sqlite:${join(folder, 'parley.db')}`;
  const discord = await channel();
  t.after(() => discord.close());
  for (let life = 1; life <= KILLS; life += 1) {
    const before = discord.writes();
    const child = spawn(process.execPath, [CHILD, address, discord.url, String(life)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exit = once(child, 'exit');
    while (discord.writes() === before && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, Math.random() * 300));
    assert.equal(child.exitCode, null, 'it talks until it is killed');
    child.kill('SIGKILL');
    await exit;
  }
  const database = await openDatabase(address);
  t.after(() => database.destroy());
  assert.equal(await new RecordStore(database, openText).closeUnfinished(), 1, 'each life ended what the last began');
  assert.deepEqual(await database.raw('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
  const times = new Map<string, number>();
  for await (const line of new StoredRecord(database, openText).lines({ guildId: '1' })) {
    if (line.kind !== 'utterance') continue;
    assert.notEqual(line.state, 'open');
    for (const [word] of line.text.matchAll(OWN_WORD)) times.set(word, (times.get(word) ?? 0) + 1);
  }
  assert.ok(discord.posted.size >= KILLS * 2, `${discord.posted.size} were posted`);
  const lost = [...discord.posted].filter((word) => times.get(word) !== 1);
  assert.deepEqual(lost, []);
  t.diagnostic(`${KILLS} kills, ${discord.writes()} writes, ${discord.posted.size} utterances posted`);
  t.diagnostic(`${times.size} utterances recorded, ${[...times.values()].filter((count) => count > 1).length} twice`);
});
