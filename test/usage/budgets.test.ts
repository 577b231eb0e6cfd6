import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BudgetDefaults } from '../../src/ports/usage.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { defaultSettings, GuildSettingsStore } from '../../src/store/settings.ts';
import { UsageStore } from '../../src/store/usage.ts';
import { frugal, stepLine, stepOf } from '../../src/usage/budget-steps.ts';
import type { Price } from '../../src/usage/prices.ts';
import { UsageTracker } from '../../src/usage/usage-tracker.ts';
import { keptLog } from '../support/doubles/log.ts';

const NONE = { day: 0, month: 0 };
/** A dollar for a token of spoken sound. */
const PRICES = new Map<string, Price>([
  ['plain', { audioOut: 1_000_000 }],
  ['dear', { audioOut: 3_000_000 }],
]);

async function setUp(t: TestContext, budgets: Partial<BudgetDefaults>) {
  const database = await openDatabase('sqlite::memory:');
  t.after(() => database.destroy());
  const store = new UsageStore(database, keptLog().log);
  t.after(() => store.close());
  const settings = new GuildSettingsStore(database);
  const clock = { now: new Date('2026-11-29T12:00:00Z') };
  const all = { person: NONE, server: NONE, bot: NONE, ...budgets };
  const make = () => new UsageTracker({ store, settings, prices: PRICES, now: () => clock.now, budgets: all });
  const spending = make();
  const spend = (guildId: string, dollars: number, { by = 'anna', model = 'plain' } = {}) =>
    spending.note(
      { guildId, channelId: 'c', provider: 'openai', model },
      {
        type: 'usage',
        replyId: 'r',
        turns: [{ id: 1, userId: by, name: by }],
        usage: {
          inputTokens: 0,
          outputTokens: dollars,
          tokens: { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: dollars },
          estimated: false,
        },
      },
    );
  const step = async (guildId = 'g1') => (await spending.standing(guildId)).step;
  return { spending, settings, spend, step, clock, make, database };
}

test('a server has the limits of the operator until it sets its own, by day and by month', async (t) => {
  const { settings, spend, step, clock, spending } = await setUp(t, { server: { day: 10, month: 25 } });
  assert.equal(await step(), 'free');
  const seen: string[] = [];
  for (const dollars of [7, 1, 0.5, 0.5, 0.5, 0.5]) {
    await spend('g1', dollars);
    seen.push(await step());
  }
  assert.deepEqual(seen, ['free', 'near', 'called', 'brief', 'cheap', 'spent']);
  assert.equal(await step('g2'), 'free', 'another server is nothing to it');
  const spent = await spending.spent('g1');
  assert.deepEqual([spent?.of, spent?.span, spent?.until], ['server', 'day', Date.UTC(2026, 10, 30)]);
  await settings.set('g1', { budgetUsd: 20 });
  assert.equal(await step(), 'free');
  await settings.set('g1', { budgetUsd: null });
  clock.now = new Date('2026-11-30T00:00:01Z');
  assert.equal(await step(), 'free', 'the next day');
  await spend('g1', 9.9);
  await settings.set('g1', { budgetUsd: 0 });
  await spend('g1', 9.9);
  assert.equal((await spending.spent('g1'))?.span, 'month');
  clock.now = new Date('2026-12-01T00:00:01Z');
  assert.equal(await step(), 'free', 'the next month');
});

test('the limit of the bot holds while the database cannot be read', async (t) => {
  const { spending, spend, database, clock } = await setUp(t, { bot: { day: 10, month: 0 } });
  await spend('g1', 6);
  assert.equal(await spending.spent('g1'), undefined);
  t.mock.method(performance, 'now', () => 1e9);
  database.on('query', () => {
    throw new Error('no database');
  });
  await assert.rejects(spending.today('g1'));
  await spend('g1', 3.9).catch(() => {});
  assert.notEqual((await spending.spent('g1').catch(() => undefined))?.of, 'bot', 'not yet');
  await spend('g1', 0.2).catch(() => {});
  const spent = await spending.spent('g1');
  assert.deepEqual([spent?.of, spent?.span], ['bot', 'day']);
  assert.equal((await spending.standing('g2')).step, 'spent', 'of a server that nothing is known of');
  clock.now = new Date('2026-11-30T12:00:00Z');
  await assert.rejects(spending.spent('g1'));
});

test('whoever is forgotten has no money back before the process ends, and nobody else pays for it', async (t) => {
  const { spending, spend, clock, make } = await setUp(t, { person: { day: 10, month: 30 } });
  await spend('g1', 9, { by: 'anna' });
  await spend('g1', 1, { by: 'ben' });
  await spending.erase('g1', 'anna');
  assert.equal((await spending.standing('g1')).people.get('anna')?.spentUsd, 9);
  assert.equal(await spending.spent('g1', 'anna'), undefined);
  await spend('g1', 1, { by: 'anna' });
  assert.equal((await spending.spent('g1', 'anna'))?.spentUsd, 10);
  await spending.erase('g1', 'anna');
  assert.equal((await spending.spent('g1', 'anna'))?.spentUsd, 10);
  assert.equal(await spending.spent('g2', 'anna'), undefined);
  assert.equal(await spending.spent('g1', 'ben'), undefined);
  assert.equal(await make().spent('g1', 'anna'), undefined, 'the database knows nothing of her');
  clock.now = new Date('2026-11-30T00:00:01Z');
  assert.equal(await spending.spent('g1', 'anna'), undefined);
  clock.now = new Date('2026-12-01T00:00:01Z');
  assert.equal((await spending.standing('g1')).people.size, 0);
});

test('what all servers cost together ends at the limit of the bot, also after a restart', async (t) => {
  const { spending, spend, step, make } = await setUp(t, { bot: { day: 10, month: 0 } });
  let told = 0;
  const unwatch = spending.watch('g3', () => (told += 1));
  await spend('g1', 4);
  await spend('g2', 3);
  assert.equal(told, 0);
  await spend('g2', 1.5);
  assert.equal(told, 1, 'who has nothing to do with it learns of the step');
  assert.equal(await step('g3'), 'called');
  await spend('g1', 2);
  const spent = await spending.spent('g3');
  assert.equal(spent?.of, 'bot');
  assert.doesNotMatch(
    `${spent?.words} ${spent?.back}`,
    /\$|\/usage budget/,
    "the operator's money is nobody else's business",
  );
  assert.equal((await make().standing('g3')).step, 'spent');
  unwatch();
});

test('one person who used up theirs leaves the others what is theirs', async (t) => {
  const { spending, spend, step } = await setUp(t, { person: { day: 5, month: 0 } });
  await spend('g1', 4.5);
  await spend('g1', 1, { by: 'ben' });
  const { people } = await spending.standing('g1');
  assert.deepEqual(
    [...people].map(([id, state]) => [id, stepOf(state)]),
    [['anna', 'brief']],
  );
  await spend('g1', 1);
  assert.equal(await step(), 'free', 'the server has no limit');
  assert.equal((await spending.spent('g1', 'anna'))?.of, 'person');
  assert.equal(await spending.spent('g1', 'ben'), undefined);
  assert.equal(await spending.spent('g2', 'anna'), undefined, 'on another server they may go on');
});

test('a model without a price counts like the dearest: no name that is chosen makes it free', async (t) => {
  const { spend, step } = await setUp(t, { server: { day: 10, month: 0 } });
  await spend('g1', 3, { model: 'whatever-i-like' });
  assert.equal(await step(), 'brief', '9 of 10 dollars');
});

test('the steps change what they say they change, and no line is told of what stays as it is', () => {
  const cheaper = { provider: 'openai', model: 'mini' } as const;
  const own = { ...defaultSettings, answer: 'auto' } as const;
  const changed = (step: Parameters<typeof frugal>[1], settings = own as typeof defaultSettings) => {
    const { answer, idleMs, model } = frugal(settings, step, cheaper);
    return [answer, idleMs, model];
  };
  assert.deepEqual(changed('near'), ['auto', 900_000, null]);
  assert.deepEqual(changed('called'), ['addressed', 900_000, null]);
  assert.deepEqual(changed('brief'), ['addressed', 120_000, null]);
  assert.deepEqual(changed('cheap'), ['addressed', 120_000, 'mini']);
  assert.deepEqual(changed('called', { ...own, answer: 'never' }), ['never', 900_000, null]);
  const state = {
    of: 'server',
    span: 'day',
    limitUsd: 1,
    spentUsd: 1,
    until: 0,
    words: 'it',
    anew: 'then',
    back: '',
  } as const;
  const line = (step: Parameters<typeof stepLine>[0], settings: Partial<typeof defaultSettings>, listens = false) =>
    stepLine(step, state, { settings: { ...own, ...settings }, listens, cheaper: listens ? null : cheaper });
  assert.equal(line('called', { answer: 'addressed' }), undefined);
  assert.equal(line('called', {}, true), undefined);
  assert.equal(line('brief', { idleMs: 60_000 }), undefined);
  assert.equal(line('cheap', { provider: 'openai', model: 'mini' }), undefined);
  assert.match(line('cheap', {}) ?? '', /cheaper model/);
});
