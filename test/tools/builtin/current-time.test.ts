import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentTime } from '../../../src/tools/builtin/current-time.ts';
import { contextOf } from '../context.ts';

const tool = currentTime({ now: () => new Date('2026-07-21T22:05:09Z') });
const ask = async (place?: string) =>
  (await tool.prepare(place === undefined ? {} : { place })(contextOf())) as Record<string, string>;

test('a city has its own date, time and offset', async () => {
  assert.deepEqual(await ask('Berlin'), {
    timeZone: 'Europe/Berlin',
    date: 'Wednesday, 22 July 2026',
    time: '00:05',
    offset: 'UTC+02:00',
  });
  assert.equal((await ask('New York')).time, '18:05');
});

test('without a place the time is that of UTC', async () => {
  const { timeZone, time, offset } = await ask();
  assert.deepEqual([timeZone, time, offset], ['UTC', '22:05', 'UTC+00:00']);
  assert.equal((await ask('utc')).time, '22:05');
});

test('places are found in other spellings, with their country, and by zone', async () => {
  for (const place of ['são paulo', 'Sao_Paulo', 'Rio de Janeiro, Brazil', 'America/Sao_Paulo', 'america/sao_paulo']) {
    assert.equal((await ask(place)).timeZone, 'America/Sao_Paulo');
  }
  for (const place of ['Munich', 'Frankfurt (Main)', 'Germany'])
    assert.equal((await ask(place)).timeZone, 'Europe/Berlin');
  assert.equal((await ask('Mumbai')).offset, 'UTC+05:30');
});

test('an unknown place is told as such', async () => {
  await assert.rejects(ask('Atlantis'), /No time zone is known for "Atlantis"/);
});
