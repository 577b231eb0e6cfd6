import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { GuildSettingsStore } from '../../src/store/settings.ts';
import { UsageStore } from '../../src/store/usage.ts';
import { PRICES } from '../../src/usage/prices.ts';
import { UsageTracker } from '../../src/usage/usage-tracker.ts';
import { keptLog } from '../support/doubles/log.ts';

const TOKENS = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };

test('web searches cost nothing until the free ones of the month are used up by all guilds together', async (t) => {
  const database = await openDatabase('sqlite::memory:');
  t.after(() => database.destroy());
  const store = new UsageStore(database, keptLog().log);
  t.after(() => store.close());
  const settings = new GuildSettingsStore(database);
  const spending = new UsageTracker({ store, settings, prices: PRICES, now: () => new Date('2026-11-21T12:00:00Z') });
  const searched = (guildId: string, searches: number, model = 'gemini-3.8-live') =>
    spending.note(
      { guildId, channelId: 'c', provider: 'gemini', model },
      {
        type: 'usage',
        replyId: 'r',
        turns: [{ id: 1, userId: 'anna', name: 'Anna' }],
        usage: { inputTokens: 0, outputTokens: 0, tokens: TOKENS, estimated: false, searches },
      },
    );
  const cost = async (guildId: string) => (await spending.month(guildId))[0]?.costUsd;
  await searched('g1', 2_000);
  assert.equal(await cost('g1'), 0);
  await searched('g2', 8_000);
  // 10,000 in all, 5,000 of them free: each guild pays for half of its own, at $14 a thousand.
  assert.equal(await cost('g1'), 14);
  assert.equal(await cost('g2'), 56);
  // Gemini 2.5 has free ones of its own, and counts an answer once, however often it searched.
  await searched('g3', 3, 'gemini-live-2.5-flash');
  assert.equal(await cost('g3'), 0);
  assert.deepEqual(
    [...((await store.searchesSince('2026-11-01')).get('2026-11') ?? [])],
    [
      ['gemini-3.8-live', 10_000],
      ['gemini-live-2.5-flash', 1],
    ],
  );
});

test('each of the last 30 days has its costs by model, days without use none, and older ones are left out', async (t) => {
  const database = await openDatabase('sqlite::memory:');
  t.after(() => database.destroy());
  const store = new UsageStore(database, keptLog().log);
  t.after(() => store.close());
  let now = '2026-10-22T23:59:59Z';
  const settings = new GuildSettingsStore(database);
  const spending = new UsageTracker({ store, settings, prices: PRICES, now: () => new Date(now) });
  const spoke = (model: string, audioOut: number) =>
    spending.note(
      { guildId: 'g', channelId: 'c', provider: 'openai', model },
      {
        type: 'usage',
        replyId: 'r',
        turns: [{ id: 1, userId: 'anna', name: 'Anna' }],
        usage: { inputTokens: 0, outputTokens: audioOut, tokens: { ...TOKENS, audioOut }, estimated: false },
      },
    );
  await spoke('gpt-realtime-2.1', 1_000_000);
  now = '2026-10-23T00:00:00Z';
  await spoke('gpt-realtime-2.1', 1_000_000);
  now = '2026-11-21T12:00:00Z';
  await spoke('gpt-realtime-2.1', 500_000);
  await spoke('a-model-of-no-price', 1);
  const days = await spending.days('g');
  assert.deepEqual([days.length, days[0]?.day, days.at(-1)?.day], [30, '2026-10-23', '2026-11-21']);
  // $64 a million tokens of spoken sound.
  assert.deepEqual(days[0]?.costs, [{ model: 'gpt-realtime-2.1', costUsd: 64 }]);
  assert.deepEqual(
    [...(days.at(-1)?.costs ?? [])].sort((one, other) => (other.costUsd ?? 0) - (one.costUsd ?? 0)),
    [
      { model: 'gpt-realtime-2.1', costUsd: 32 },
      { model: 'a-model-of-no-price', costUsd: null },
    ],
  );
  assert.ok(days.slice(1, -1).every(({ costs }) => costs.length === 0));
});
