import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportText, ruleCardText } from '../../src/moderation/card-text.ts';
import type { RuleCard } from '../../src/ports/rules.ts';
import { eventually } from '../support/time/eventually.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { ANNA, BEN, GUILD, MODS, stage, VOICE } from '../support/world/moderators.ts';

const OTHER = '2';
const MO = { userId: '300', name: 'Mo **@everyone**' };

test("one guild's costly patterns do not hold up the cards of another", async (context) => {
  const { moderating, channel, tell } = await stage(context);
  const costly = Array.from({ length: 4 }, (_, nth) => ({ kind: 'pattern' as const, text: `\\pL{380}${nth}` }));
  await moderating.rules.add(GUILD, '1', [...costly, { kind: 'word', text: 'endofit' }]);
  await moderating.rules.add(OTHER, '1', [{ kind: 'word', text: 'bad' }]);
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  await moderating.rules.set(OTHER, { mode: 'card', channelId: '21' });
  await moderating.rules.test(GUILD, 'known');
  for (let nth = 0; nth < 2; nth++) {
    tell({ type: 'turn-transcript', turn: null, text: `${'é'.repeat(1_500)} endofit`, final: true });
  }
  moderating.observe(
    { type: 'turn-transcript', turn: null, text: 'bad', final: true },
    { guildId: OTHER, channelId: '11' },
  );
  await eventually('all cards', () => channel.posts.length === 3);
  assert.match(channel.posts[0]?.content ?? '', /in <#11>/);
});

test('a guild whose channel takes nothing does not hold up the cards of another', async (context) => {
  const { moderating, channel, say } = await stage(context);
  for (const guildId of [GUILD, OTHER]) {
    await moderating.rules.add(guildId, '1', [{ kind: 'word', text: 'bad' }]);
    await moderating.rules.set(guildId, { mode: 'card', channelId: guildId === GUILD ? MODS : '21' });
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.slow = (channelId) => (channelId === MODS ? promise : Promise.resolve());
  await say(BEN, 'bad');
  await say(BEN, 'bad again');
  moderating.observe(
    { type: 'turn-transcript', turn: null, text: 'bad', final: true },
    { guildId: OTHER, channelId: '11' },
  );
  await eventually('the card of the other guild', () => channel.posts.length === 1);
  assert.match(channel.posts[0]?.content ?? '', /in <#11>/);
  resolve();
  await moderating.close();
  assert.equal(channel.posts.length, 3);
});

test('the card of a turn that is taken back goes, and its words leave the cards of others', async (context) => {
  const { moderating, channel, say, add, tell, database } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  await say(BEN, 'bad before');
  await quietFor(150);
  const turn = await say(BEN, 'bad secret');
  await say(ANNA, 'bad of Anna');
  await eventually('the cards', () => channel.posts.length === 3);
  assert.match(channel.posts[2]?.content ?? '', /secret/);
  tell({ type: 'turn-withdrawn', turn });
  tell({ type: 'turn-transcript', turn, text: 'bad secret, again', final: true });
  await moderating.close();
  assert.match(channel.posts[0]?.content ?? '', /> bad before/);
  assert.equal(
    channel.posts[1]?.content,
    'What stood here was deleted, because the person who said it opted out meanwhile.',
  );
  assert.equal(channel.posts[1]?.buttons, 0);
  assert.match(channel.posts[2]?.content ?? '', /> bad of Anna[\s\S]*bad before/);
  assert.doesNotMatch(channel.posts[2]?.content ?? '', /secret/);
  assert.equal(channel.posts.length, 3);
  assert.equal((await database('rule_cards')).length, 2);
});

test('the card of what was said before the bot was moved stands under the channel in which it was said', async (context) => {
  const { moderating, channel, add } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  const turn = { id: 1, ...BEN };
  const at = (channelId: string) => ({ guildId: GUILD, channelId });
  moderating.observe({ type: 'turn-began', turn, queuedMs: 0, soundStart: Date.now() }, at(VOICE));
  moderating.observe({ type: 'turn-transcript', turn, text: 'bad', final: true }, at('99'));
  await eventually('the card', () => channel.posts.length === 1);
  assert.match(channel.posts[0]?.content ?? '', /in <#10>/);
});

test('the post of a forgotten card that cannot be edited now is left for later, with the rest of their posts', async (context) => {
  const { moderating, channel, say, add, database } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  await say(BEN, 'bad');
  await eventually('the card', () => channel.posts.length === 1);
  assert.equal(await moderating.cards.act(GUILD, 1, { kind: 'note', text: 'my note' }, ANNA), 'Noted on the card.');
  await moderating.erase(GUILD, ANNA.userId);
  assert.doesNotMatch(channel.posts[0]?.content ?? '', /my note/);
  channel.broken = true;
  await moderating.erase(GUILD, BEN.userId);
  assert.equal((await database('rule_cards')).length, 0);
  const removals = await database('post_removals').select('user_id', 'channel_id', 'message_id', 'extent');
  assert.deepEqual(removals, [{ user_id: BEN.userId, channel_id: MODS, message_id: '1', extent: 'whole' }]);
});

test('cards that no moderator saw are brought once a channel is set, and those that Discord refused are tried again', async (context) => {
  const { moderating, channel, say, add, database } = await stage(context, { contextMs: 1 });
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card' });
  for (const text of ['bad one', 'bad two']) await say(BEN, text);
  const complete = async () => (await database('rule_cards').where({ complete: 1 })).length;
  for (const end = Date.now() + 5_000; Date.now() < end && (await complete()) < 2; );
  assert.equal(channel.posts.length, 0);
  await moderating.rules.set(GUILD, { channelId: MODS });
  assert.equal(await moderating.cards.bring(GUILD), 2);
  assert.equal(await moderating.cards.bring(GUILD), 0);
  assert.match(channel.posts[0]?.content ?? '', /> bad one\n[\s\S]*30 s before and after/);
  channel.broken = true;
  await say(BEN, 'bad three');
  for (const end = Date.now() + 5_000; Date.now() < end && (await database('rule_cards')).length < 3; );
  channel.broken = false;
  for (const end = Date.now() + 5_000; Date.now() < end && channel.posts.length < 3; ) {
    await moderating.cards.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.match(channel.posts[2]?.content ?? '', /> bad three/);
});

test('of two moderators who press at once one acts, and the other is told who did', async (context) => {
  let acts = 0;
  const { moderating, channel, say, add } = await stage(context, {
    act: async () => {
      acts += 1;
    },
  });
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  await say(BEN, 'bad');
  await eventually('the card', () => channel.posts.length === 1);
  const press = (by: { userId: string; name: string }, kind: 'mute' | 'timeout' | 'dismiss') =>
    moderating.cards.act(GUILD, 1, { kind }, by);
  assert.deepEqual(await Promise.all([press(MO, 'mute'), press(ANNA, 'mute'), press(ANNA, 'timeout')]), [
    'Muted for everybody in voice.',
    '**Mo \\*\\*\\@\u2060everyone\\*\\*** did that a moment ago.',
    'Timed out for 10 minutes.',
  ]);
  assert.equal(acts, 2);
  assert.deepEqual(await Promise.all([press(ANNA, 'dismiss'), press(MO, 'dismiss')]), [
    'Dismissed.',
    'Somebody dismissed this card already.',
  ]);
  assert.equal(channel.posts[0]?.content.match(/Muted by/g)?.length, 1);
});

test('a report about somebody who said nothing tells the reporter so', async (context) => {
  const { moderating, say } = await stage(context);
  await moderating.rules.set(GUILD, { channelId: MODS });
  await say(ANNA, 'hello');
  const wish = { guildId: GUILD, channelId: VOICE, by: ANNA, about: BEN, reason: '' };
  assert.deepEqual(await moderating.reports.report(wish), { kind: 'sealed', id: 1, lines: 1, silent: true });
});

test('a card and a report fit into a message, whatever names, texts, rules and notes there are', () => {
  const nasty = '**@everyone** \u202e😀_*<@1>`שלום` [x](https://e.vil)\n# ';
  const person = { userId: '100', name: nasty.repeat(20) };
  const text = nasty.repeat(100);
  const card: RuleCard = {
    id: 1,
    guildId: '1'.repeat(19),
    channelId: '2'.repeat(19),
    ...person,
    text,
    rules: Array.from({ length: 9 }, (_, id) => ({ id, kind: 'pattern', text })),
    key: 'turn:1',
    at: 1_800_000_000_000,
    endedAt: 1_800_000_000_000,
    context: Array.from({ length: 60 }, (_, nth) => ({ ...person, text, at: 1_800_000_000_000 + nth })),
    complete: true,
    said: { channelId: '2'.repeat(19), messageId: '3'.repeat(19) },
    posted: null,
    deeds: Array.from({ length: 9 }, () => ({ kind: 'noted', by: person, at: 1_800_000_000_000, text })),
  };
  const report = {
    id: 1,
    guildId: '1',
    channelId: '2',
    by: person,
    about: person,
    reason: text,
    text,
    at: 0,
    posted: null,
  };
  for (const shown of [ruleCardText(card), ruleCardText({ ...card, deeds: [] }), reportText(report)]) {
    assert.ok(shown.length <= 2_000, `${shown.length}`);
    assert.ok(shown.isWellFormed());
    assert.doesNotMatch(shown, /\u202e|@everyone|<@1>/);
  }
  assert.match(ruleCardText(card), /\nNote by .*$/);
});
