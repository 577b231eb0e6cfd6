import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { openDatabase } from '../../../src/store/database/database.ts';
import { PurgeTime } from '../../../src/store/record/purge-time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const NOW = Date.UTC(2026, 10, 20);

/** A clock under the test's hand, and the database's purge time, made anew by restart(). */
async function stage(t: TestContext, newestLineAt?: number) {
  const database = await openDatabase('sqlite::memory:');
  t.after(() => database.destroy());
  if (newestLineAt !== undefined) {
    const line = { id: 1, conversation_id: 1, guild_id: '1', channel_id: '2', user_id: '3', name: 'Anna' };
    await database('presences').insert({ ...line, kind: 'joined', started_at: newestLineAt });
  }
  const clock = { wall: NOW, confirmed: false, monotonic: 0, now: () => clock.wall };
  const warnings: string[] = [];
  const log = { warn: (_: unknown, message: string) => void warnings.push(message) } as never;
  const made = () => new PurgeTime({ database, log, clock, monotonic: () => clock.monotonic });
  let time = made();
  return {
    clock,
    warnings,
    next: () => time.next(),
    restart: () => {
      time = made();
    },
    pass: (ms: number) => {
      clock.wall += ms;
      clock.monotonic += ms;
    },
  };
}

it('follows a clock that runs evenly, over restarts, and after a day’s rest', async (t) => {
  const { next, restart, pass, warnings } = await stage(t);
  assert.equal(await next(), NOW);
  pass(HOUR);
  assert.equal(await next(), NOW + HOUR);
  restart();
  pass(23 * HOUR);
  assert.equal(await next(), NOW + DAY);
  assert.deepEqual(warnings, []);
});

it('does not follow a clock that leaps by forty years but a day for each hour, however often the bot is started', async (t) => {
  const { clock, next, restart, pass, warnings } = await stage(t);
  await next();
  clock.wall += 40 * YEAR;
  assert.equal(await next(), NOW);
  for (let i = 0; i < 20; i += 1) {
    restart();
    pass(60_000);
    assert.equal(await next(), NOW);
  }
  pass(HOUR);
  assert.equal(await next(), NOW + DAY);
  assert.equal(await next(), NOW + DAY);
  pass(HOUR);
  assert.equal(await next(), NOW + 2 * DAY);
  clock.wall -= 40 * YEAR;
  assert.equal(await next(), clock.wall, 'and is never ahead of the clock');
  assert.equal(warnings.length, 21, 'one in each process');
});

it('believes no leap of forty years, even where Discord seems to confirm it', async (t) => {
  const { clock, next } = await stage(t);
  await next();
  clock.wall += 40 * YEAR;
  clock.confirmed = true;
  assert.equal(await next(), NOW);
});

it('follows at once where Discord confirms that two months went by', async (t) => {
  const { clock, next } = await stage(t);
  await next();
  clock.wall += 60 * DAY;
  clock.confirmed = true;
  assert.equal(await next(), NOW + 60 * DAY);
});

it('deletes nothing by a clock that starts in 1970, and goes on once it is right', async (t) => {
  const { clock, next } = await stage(t);
  await next();
  clock.wall = 1_000;
  assert.equal(await next(), 1_000);
  clock.wall = NOW + HOUR;
  assert.equal(await next(), NOW + HOUR);
});

it('begins, where it was never noted, with the newest line', async (t) => {
  const { next, pass } = await stage(t, NOW - 40 * YEAR);
  assert.equal(await next(), NOW - 40 * YEAR);
  pass(HOUR);
  assert.equal(await next(), NOW - 40 * YEAR + DAY);
});

it('goes back where a clock had been ahead and Discord knows better', async (t) => {
  const { clock, next } = await stage(t);
  await next();
  clock.wall += 20 * HOUR;
  assert.equal(await next(), NOW + 20 * HOUR);
  clock.wall = NOW + HOUR;
  clock.confirmed = true;
  assert.equal(await next(), NOW + HOUR);
  clock.confirmed = false;
  clock.wall = NOW + 26 * HOUR;
  assert.equal(await next(), NOW + HOUR, 'a day and an hour further is a leap again');
});
