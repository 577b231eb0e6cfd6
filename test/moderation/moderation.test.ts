import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Turn } from '../../src/ports/voice.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { decrypt } from '../../src/store/encryption/data-key.ts';
import { eventually } from '../support/time/eventually.ts';
import { ANNA, BEN, GUILD, MODS, stage, VOICE } from '../support/world/moderators.ts';

const KEY = Buffer.alloc(32, 1);
const DAY_MS = 86_400_000;

function place(context: TestContext): { readonly url: string; readonly bytes: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-moderating-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const bytes = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('');
  return { url: `sqlite:${join(folder, 'parley.db')}`, bytes };
}

test('words that come late make no second card, but for a rule that they hit anew', async (context) => {
  const { moderating, channel, say, words, add, end } = await stage(context);
  await add('bad', 'worse');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  const turn = await say(BEN, 'bad');
  words(turn, 'bad');
  words(turn, 'bad and worse');
  await eventually('the cards', () => channel.posts.length === 2);
  end();
  words(turn, 'bad in the next conversation');
  await moderating.close();
  assert.equal(channel.posts.length, 3);
  assert.match(channel.posts[1]?.content ?? '', /> bad and worse\nRule 2, word: worse/);
  assert.deepEqual(
    (await moderating.rules.list(GUILD)).map(({ hits }) => hits),
    [2, 1],
  );
});

test('a card that a stopped process left unfinished is finished by the next one', async (context) => {
  const { url } = place(context);
  const first = await stage(context, { url });
  await first.add('bad');
  await first.moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  first.channel.broken = true;
  await first.say(BEN, 'bad');
  await eventually('the failure', () =>
    first.lines.some(({ msg }) => msg === 'the card of a rule could not be posted'),
  );
  await first.close();
  const second = await stage(context, { url, contextMs: 1 });
  await second.moderating.start();
  await eventually('the card', () => second.channel.posts.length === 1);
  await second.moderating.close();
  assert.match(second.channel.posts[0]?.content ?? '', /> bad\nRule 1, word: bad\n-# 30 s before and after:/);
});

test('somebody who goes on and on does not flood the moderators', async (context) => {
  const { moderating, channel, say, add, lines } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  for (let nth = 0; nth < 23; nth++) await say(BEN, 'bad');
  await say(ANNA, 'bad');
  for (const userId of ['102', '103']) for (let nth = 0; nth < 6; nth++) await say({ userId, name: userId }, 'bad');
  await moderating.close();
  const cards = channel.posts.filter(({ content }) => content.startsWith('**Rule hit**'));
  const of = (id: string) => cards.filter(({ content }) => content.includes(`<@${id}>) said`)).length;
  assert.deepEqual(['101', '100', '102', '103'].map(of), [10, 1, 6, 3]);
  assert.equal((await moderating.rules.list(GUILD))[0]?.hits, 36);
  const told = channel.posts.filter((one) => !cards.includes(one));
  assert.equal(told.length, 1);
  assert.match(
    told[0]?.content ?? '',
    /^Rules are hit more often than I make cards for \(20 a minute, 10 of one person\)/,
  );
  assert.equal(lines.filter(({ msg }) => String(msg).startsWith('rules are hit too often')).length, 1);
});

test('forgetting takes a person out of cards and their posts; a report stays for its 90 days', async (context) => {
  const { moderating, channel, say, add, database } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS });
  await say(ANNA, 'secret plan');
  await say(BEN, 'bad one');
  await say(ANNA, 'bad two');
  await eventually('the cards', () => channel.posts.length === 2);
  const wish = { guildId: GUILD, channelId: VOICE, by: BEN, about: ANNA, reason: '' };
  assert.deepEqual(await moderating.reports.report(wish), { kind: 'sealed', id: 1, lines: 3, silent: false });
  assert.match(channel.posts[0]?.content ?? '', /secret plan/);
  await moderating.erase(GUILD, ANNA.userId);
  assert.match(channel.posts[0]?.content ?? '', /> bad one/);
  assert.doesNotMatch(channel.posts[0]?.content ?? '', /secret plan|Anna/);
  assert.equal(
    channel.posts[1]?.content,
    'What stood here was deleted, because the person who said it wanted it forgotten.',
  );
  assert.equal(channel.posts[1]?.buttons, 0);
  assert.match(await moderating.cards.act(GUILD, 2, { kind: 'dismiss' }, BEN), /^This card is too old/);
  assert.match(
    channel.posts[2]?.file ?? '',
    /Anna \(100\): secret plan\n.* Ben \(101\): bad one\n.* Anna \(100\): bad two\n$/,
  );

  await moderating.purge(Date.now() + 29 * DAY_MS);
  assert.equal((await database('rule_cards')).length, 1);
  await moderating.purge(Date.now() + 31 * DAY_MS);
  assert.equal((await database('rule_cards')).length, 0);
  assert.equal((await database('reports')).length, 1);
  await moderating.purge(Date.now() + 91 * DAY_MS);
  assert.equal((await database('reports')).length, 0);
});

test('forgetting reaches what the model answered to that person alone', async (context) => {
  const { moderating, channel, database, record, recorder, say, tell, add } = await stage(context);
  await add('bad');
  await moderating.rules.set(GUILD, { mode: 'card', channelId: MODS, watchModel: true });
  const answered = async (replyId: string, turns: readonly Turn[], delta: string) => {
    tell({ type: 'reply-started', replyId, turns });
    tell({ type: 'reply-transcript', replyId, delta });
    tell({ type: 'reply-audible', replyId, sinceTurnMs: 1 });
    tell({ type: 'reply-ended', replyId, heardMs: 100, producedMs: 100, interrupted: false });
    await recorder.flush();
  };
  const one = await say(ANNA, 'good');
  await answered('r1', [one], 'bad for Anna');
  const two = await say(BEN, 'bad one');
  await answered('r2', [one, two], 'bad for both');
  await eventually('the cards', () => channel.posts.length === 3);
  assert.match(channel.posts[1]?.content ?? '', /bad for Anna/);
  await record.persons.forget(GUILD, ANNA.userId);
  await moderating.erase(GUILD, ANNA.userId);
  const cards = await database('rule_cards').orderBy('id');
  assert.deepEqual(
    cards.map(({ text }) => text),
    ['bad one', 'bad for both'],
  );
  assert.doesNotMatch(JSON.stringify(cards), /Anna|good/);
  assert.match(channel.posts[0]?.content ?? '', /^What stood here was deleted/);
  assert.doesNotMatch(channel.posts[1]?.content ?? '', /Anna/);
});

test('a report is sealed without a channel for moderators, and brought there once one is set', async (context) => {
  const { moderating, channel, say } = await stage(context);
  const wish = { guildId: GUILD, channelId: VOICE, by: BEN, about: null, reason: 'x' };
  assert.deepEqual(await moderating.reports.report(wish), { kind: 'nothing' });
  await say(ANNA, 'hello');
  const unposted = { kind: 'unposted', id: 1, why: 'No channel is set for moderators.' };
  assert.deepEqual(await moderating.reports.report(wish), unposted);
  await moderating.rules.set(GUILD, { channelId: MODS });
  channel.broken = true;
  assert.deepEqual(await moderating.reports.report(wish), {
    kind: 'unposted',
    id: 2,
    why: 'I lack Send Messages in #mods.',
  });
  channel.broken = false;
  await moderating.reports.bring(GUILD);
  await moderating.reports.bring(GUILD);
  assert.deepEqual(
    channel.posts.map(({ content }) => content.slice(0, 12)),
    ['**Report 1**', '**Report 2**'],
  );
});

test('cards and reports are encrypted with the rest, and opened again', async (context) => {
  const { url, bytes } = place(context);
  const first = await stage(context, { url });
  await first.add('zebracrossing');
  await first.moderating.rules.set(GUILD, { mode: 'card' });
  await first.say(BEN, 'zebracrossing giraffe');
  await first.moderating.reports.report({ guildId: GUILD, channelId: VOICE, by: ANNA, about: BEN, reason: 'elephant' });
  await first.close();
  assert.ok(bytes().includes('giraffe') && bytes().includes('elephant'));
  const second = await stage(context, { url, key: KEY });
  await second.say(BEN, 'zebracrossing flamingo');
  await second.moderating.rules.set(GUILD, { channelId: MODS });
  await second.moderating.reports.bring();
  assert.match(second.channel.posts[0]?.content ?? '', /by \*\*Anna\*\*[\s\S]*> elephant/);
  assert.equal(await second.moderating.cards.act(GUILD, 1, { kind: 'mute' }, BEN), '"Mo" lacks Mute Members.');
  assert.equal(
    await second.moderating.cards.act(GUILD, 1, { kind: 'note', text: 'ostrich' }, BEN),
    'Noted on the card.',
  );
  await second.close();
  for (const word of ['giraffe', 'elephant', 'flamingo', 'ostrich']) assert.ok(!bytes().includes(word), word);
  const database = await openDatabase(url);
  context.after(() => database.destroy());
  await decrypt(database, KEY);
  assert.equal((await database('reports').first()).reason, 'elephant');
});

test('a thousand words are added, and what is past the limit is refused one by one', async (context) => {
  const { moderating, add } = await stage(context);
  const many = Array.from({ length: 1_001 }, (_, nth) => ({ kind: 'exception' as const, text: `fine${nth}` }));
  const { added, known, refused } = await moderating.rules.add(GUILD, '1', [
    ...many,
    { kind: 'exception', text: 'fine0' },
  ]);
  assert.deepEqual([added, known], [1_000, 1]);
  assert.deepEqual(refused, [
    { text: 'fine1000', why: 'A server can have 1000 rules of this kind. Remove some first.' },
  ]);
  assert.deepEqual(await add('a'), { added: 1, known: 0, same: [], refused: [] });
});

test('a word in other letters is the same rule, also where both are added at once', async (context) => {
  const { moderating } = await stage(context);
  const add = (...texts: string[]) =>
    moderating.rules.add(
      GUILD,
      '1',
      texts.map((text) => ({ kind: 'word', text })),
    );
  const [first, second] = await Promise.all([add('bad word', 'göt', 'leet'), add('BAD  WORD')]);
  assert.deepEqual([first.added, first.same], [3, []]);
  assert.deepEqual([second.added, second.same], [0, [{ text: 'BAD  WORD', as: 'bad word' }]]);
  const others = await add('ｂａｄ word', 'b\u200bad-word', 'GO\u0308T', 'l33t', 'leet');
  assert.deepEqual([others.added, others.known], [0, 1]);
  assert.deepEqual(
    others.same.map(({ as }) => as),
    ['bad word', 'bad word', 'göt', 'leet'],
  );
  const different = await add('got', 'bad*', '*bad', 'bad.word', '$bad', 'b*d');
  assert.deepEqual([different.added, different.same], [6, []]);
});
