import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/store/database.ts';
import { InstanceLock } from '../../src/store/instance-lock.ts';
import { PlaceStore } from '../../src/store/places.ts';

const anna = { userId: '1', name: 'Anna' };

describe('PlaceStore', () => {
  it('keeps one place a guild, the last one, and forgets it', async () => {
    const database = await openDatabase('sqlite::memory:');
    const places = new PlaceStore(database);
    await places.keep({ guildId: '10', channelId: '20', by: anna, mode: 'talk' });
    await places.keep({ guildId: '10', channelId: '21', by: anna, mode: 'listen' });
    await places.keep({ guildId: '11', channelId: '30', by: anna, mode: 'talk' });
    await places.forget('11');
    assert.deepEqual(await places.all(), [{ guildId: '10', channelId: '21', by: anna, mode: 'listen' }]);
    await database.destroy();
  });
});

describe('InstanceLock', () => {
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

  it('takes over from a process of this machine that is dead', async () => {
    const database = await openDatabase('sqlite::memory:');
    // No process has this number: the highest that Linux gives is 2 ** 22.
    await InstanceLock.take(database, { botId: '1', pid: 2 ** 22 + 1 });
    const lock = await InstanceLock.take(database, { botId: '1' });
    await lock.release();
    await database.destroy();
  });

  it('takes over from another machine that was not seen for 6 s', async () => {
    const database = await openDatabase('sqlite::memory:');
    const dead = { bot_id: '1', host: 'elsewhere', pid: 7, start_id: 'x', seen_at: Date.now() - 6_000 };
    await database('instances').insert(dead);
    const lock = await InstanceLock.take(database, { botId: '1' });
    await lock.release();
    await database.destroy();
  });
});
