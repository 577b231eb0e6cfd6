import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { InstanceLock } from '../../src/store/database/instance-lock.ts';
import { VoicePlaceStore } from '../../src/store/voice-places.ts';
import { eventually } from '../support/time/eventually.ts';

const YEAR_MS = 365 * 86_400_000;
const anna = { userId: '1', name: 'Anna' };

describe('PlaceStore', () => {
  it('keeps one place a guild, the last one, and forgets it', async () => {
    const database = await openDatabase('sqlite::memory:');
    const places = new VoicePlaceStore(database);
    await places.keep({ guildId: '10', channelId: '20', by: anna, mode: 'talk' });
    await places.keep({ guildId: '10', channelId: '21', by: anna, mode: 'listen' });
    await places.keep({ guildId: '11', channelId: '30', by: anna, mode: 'talk' });
    await places.forget('11');
    assert.deepEqual(await places.all(), [{ guildId: '10', channelId: '21', by: anna, mode: 'listen' }]);
    await database.destroy();
  });
});

describe('InstanceLock', { concurrency: true }, () => {
  it('refuses while the process of another lock lives, and lets in once it is released', async () => {
    const database = await openDatabase('sqlite::memory:');
    const first = await InstanceLock.take(database, { botId: '1', pid: process.ppid });
    await assert.rejects(InstanceLock.take(database, { botId: '1' }), {
      name: 'StoreError',
      message: /^This bot is already running with the same database \(process \d+ on /,
    });
    const other = await InstanceLock.take(database, { botId: '2' });
    await first.release();
    const second = await InstanceLock.take(database, { botId: '1' });
    await Promise.all([second.release(), other.release()]);
    await database.destroy();
  });

  it('waits for one that is just stopping, as where a restart overlaps', async () => {
    const database = await openDatabase('sqlite::memory:');
    const first = await InstanceLock.take(database, { botId: '1', pid: process.ppid });
    setTimeout(() => first.release(), 4_500);
    const second = await InstanceLock.take(database, { botId: '1' });
    await second.release();
    await database.destroy();
  });

  it('refuses while a process with the same number lives in another container of the same host name', async () => {
    const database = await openDatabase('sqlite::memory:');
    let lost = 0;
    const first = await InstanceLock.take(database, { botId: '1', onLost: () => lost++ });
    await assert.rejects(InstanceLock.take(database, { botId: '1' }), /already running/);
    assert.equal(lost, 0);
    await first.release();
    await database.destroy();
  });

  it('takes over from a process of this machine that is dead', async () => {
    const database = await openDatabase('sqlite::memory:');
    // No process has this number: the highest that Linux gives is 2 ** 22.
    await InstanceLock.take(database, { botId: '1', pid: 2 ** 22 + 1 });
    const lock = await InstanceLock.take(database, { botId: '1' });
    await lock.release();
    await database.destroy();
  });

  for (const [clock, aheadMs, tookMs] of [
    ['right', -60_000, 6_000],
    ['forty years behind', -40 * YEAR_MS, 6_000],
    ['an hour ahead', 3_600_000, 10_000],
    ['forty years ahead', 40 * YEAR_MS, 10_000],
  ] as const) {
    it(`takes over from another machine whose row, by a clock that was ${clock}, stands still for ${tookMs / 1000} s`, async () => {
      const database = await openDatabase('sqlite::memory:');
      const dead = { bot_id: '1', host: 'elsewhere', pid: 7, start_id: 'x', seen_at: Date.now() + aheadMs };
      await database('instances').insert(dead);
      const since = performance.now();
      const lock = await InstanceLock.take(database, { botId: '1' });
      const took = performance.now() - since;
      assert.ok(took >= tookMs && took < tookMs + 8_000, `took ${took} ms`);
      await lock.release();
      await database.destroy();
    });

    it(`refuses while another machine lives whose clock is ${clock}`, async () => {
      const database = await openDatabase('sqlite::memory:');
      const row = { bot_id: '1', host: 'elsewhere', pid: 7, start_id: 'x', seen_at: Date.now() + aheadMs };
      await database('instances').insert(row);
      let seenAt = row.seen_at;
      const beating = setInterval(async () => {
        seenAt += 2_000;
        await database('instances').update({ seen_at: seenAt });
      }, 2_000);
      await assert.rejects(InstanceLock.take(database, { botId: '1' }), /already running/);
      clearInterval(beating);
      assert.equal((await database('instances').first('start_id')).start_id, 'x');
      await database.destroy();
    });
  }

  it('says so where another process took it, as after an hour in which this one stood still', async () => {
    const database = await openDatabase('sqlite::memory:');
    let lost = 0;
    const onLost = () => {
      lost += 1;
    };
    const lock = await InstanceLock.take(database, { botId: '1', onLost });
    await database('instances').update({ start_id: 'x', host: 'elsewhere' });
    await eventually('the voice place is lost', () => lost !== 0);
    assert.equal(lost, 1);
    await lock.release();
    assert.equal((await database('instances').first('start_id')).start_id, 'x');
    await database.destroy();
  });
});
