import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { REST, Routes } from 'discord.js';
import { WallClock } from '../../../src/clock/wall-clock.ts';
import { keepTime } from '../../../src/discord/rest/discord-time.ts';
import { keptLog } from '../../support/doubles/log.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/**
 * A client of a server that lets five requests pass every fifth of a second, as the real one does every five seconds. The
 * stand-in of Discord would not do: in this process it has the same wall clock.
 */
async function client(t: TestContext): Promise<REST> {
  let windowAt = performance.now();
  let left = 5;
  const server = createServer((_request, response) => {
    if (performance.now() - windowAt >= 200) {
      windowAt = performance.now();
      left = 5;
    }
    left -= 1;
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-ratelimit-limit', '5');
    response.setHeader('x-ratelimit-remaining', String(Math.max(0, left)));
    response.setHeader('x-ratelimit-reset-after', ((200 - (performance.now() - windowAt)) / 1000).toFixed(3));
    response.setHeader('x-ratelimit-bucket', 'one');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rest = new REST({ api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }).setToken('x');
  t.after(() => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
    server.closeAllConnections();
    server.close();
  });
  return rest;
}

for (const backMs of [HOUR_MS, 40 * YEAR_MS]) {
  it(`requests go on where the clock is set back by ${backMs / HOUR_MS} hours, past every limit that the library noted`, async (t) => {
    const rest = await client(t);
    t.after(keepTime({ rest }, { clock: new WallClock(), log: keptLog().log }));
    for (let i = 0; i < 5; i += 1) await rest.get(Routes.gateway());
    const now = Date.now;
    t.mock.method(Date, 'now', () => now() - backMs);
    // Until the clock was looked at.
    await wait(600);
    let answered = 0;
    const all = (async () => {
      for (; answered < 70; answered += 1) await rest.get(Routes.gateway());
    })();
    await Promise.race([all, wait(30_000, undefined, { ref: false })]);
    assert.equal(answered, 70);
  });
}
