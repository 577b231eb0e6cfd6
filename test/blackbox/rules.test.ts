import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SimulatedPerson, StoredMessage } from '@parley/simulator/discord';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const NASTY = '**Ben** @everyone \u202e[x](https://e.vil) 😀';
const SOUND = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 as const };
const KEY = Buffer.alloc(32, 7).toString('base64');

describe('rules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-rules-'));
  const file = join(folder, 'parley.db');
  const env = { DATABASE_URL: `sqlite:${file}`, DATA_KEY: KEY };
  let world: World;
  let words = '';
  let answer = 'Fine.';
  let mods = '';
  let people: Record<'manager' | 'mo' | 'ben' | 'anna', SimulatedPerson>;

  before(async () => {
    world = await World.start({
      protocol: 'openai',
      script: () => ({ say: { text: answer, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) } }),
      hear: () => words,
      env,
      contextMs: 2_000,
    });
    const { guild } = world;
    mods = guild.createTextChannel({ name: 'mods' });
    const moderator = guild.createRole({
      name: 'Mods',
      permissions: ['ManageMessages', 'MuteMembers', 'ModerateMembers'],
    });
    people = {
      manager: guild.addPerson({ name: 'Mia', roles: [guild.createRole({ permissions: ['ManageGuild'] })] }),
      mo: guild.addPerson({ name: 'Mo', roles: [moderator] }),
      ben: await world.person(NASTY),
      anna: await world.person('Anna'),
    };
    const own = [...guild.roles.values()].find(({ managed }) => managed);
    assert.ok(own);
    own.permissions |=
      PermissionFlagsBits.MuteMembers | PermissionFlagsBits.ModerateMembers | PermissionFlagsBits.ManageGuild;
    own.position = guild.roles.size + 1;
    guild.roleChanged(own);
    await world.join(people.anna);
  });
  after(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const manage = async (typed: string, values = {}) =>
    (await people.manager.command(typed, values, { channelId: mods })).content;
  const cards = () =>
    world.guild.messages(mods).filter(({ content, flags }) => content.startsWith('**Rule hit**') && !(flags & 64));
  const say = async (person: SimulatedPerson, text: string) => {
    const replies = world.of('reply-ended').length;
    words = text;
    await person.voice.speak(SOUND);
    await world.until(`the answer to ${text}`, () => world.of('reply-ended').length > replies);
  };
  const buttonsOf = (message: StoredMessage) =>
    (message.components[0]?.components ?? []).map(({ label }: { label: string }) => label);
  const idOf = (message: StoredMessage, label: string): string =>
    message.components[0]?.components.find((one: { label: string }) => one.label === label).custom_id;
  const press = (by: SimulatedPerson, message: StoredMessage, label: string) => by.press(message, idOf(message, label));

  it('are added, tested, listed and removed, and what cannot be taken is explained', async () => {
    assert.match(
      await manage('/rules list'),
      /hits are only counted and logged\. `\/rules mode mode:card` shows them to moderators\.\nThere are no rules yet/,
    );
    const added = await manage('/rules add', {
      words: 'bad*, **, *[x](y)*, bad*, ＢＡＤ*',
      pattern: '(?=a)b',
      exceptions: 'badge',
    });
    assert.match(
      added,
      /^3 rules added\. 1 was there already\.\n“ＢＡＤ\\\*” is the same word as the rule “bad\\\*”, so it is one rule\.\nI could not take 2:\n- \\\*\\\*: There is no letter/,
    );
    assert.match(added, /Look\\-around and back references do not exist here/);
    assert.equal(
      await manage('/rules test', { text: 'a badge, a B\u200bÄD thing' }),
      '1 rule would be hit:\n- rule 1, word bad\\*: “B ÄD”',
    );
    assert.match(
      await manage('/rules list'),
      /\*\*1\*\* word: bad\\\* \(0 hits\)\n\*\*2\*\* word: \\\*\\\[x\\\]\\\(y\\\)\\\*/,
    );
    assert.equal(await manage('/rules remove', { rule: 2 }), 'Rule 2 is removed.');
    assert.equal(await manage('/rules remove', { rule: 2 }), 'There is no rule 2. `/rules list` shows them.');
    await assert.rejects(people.anna.command('/rules list'), /lacks the permissions/);
  });

  it('only count at first', async () => {
    await say(people.ben, 'this is b4d');
    let list = '';
    for (const end = Date.now() + 5_000; Date.now() < end && !list.includes('(1 hit)'); )
      list = await manage('/rules list');
    assert.match(list, /word: bad\\\* \(1 hit\)/);
    assert.deepEqual(cards(), []);
  });

  it('make a card with what was said around, which only moderators can work with', async () => {
    assert.match(
      await manage('/rules mode', { mode: 'card' }),
      /\*\*No channel is set for moderators, so they see no cards\.\*\*/,
    );
    assert.match(
      await manage('/rules channel', { channel: mods }),
      /\*\*Everybody on this server can read that channel\*\*/,
    );
    await say(people.anna, 'what do you *mean* @here?');
    await say(people.ben, 'you are BAAAD @everyone \u202e**x**');
    await world.until('the card', () => cards().length === 1);
    await say(people.anna, 'that was not nice');
    await world.until('the whole card', () => cards()[0]?.content.includes('30 s before and after:') === true);
    const card = cards()[0] as StoredMessage;
    const said = world.guild.messages(world.channelId).find(({ content }) => content.includes('BAAAD'));
    const lines = card.content.split('\n');
    const name = '\\*\\*Ben\\*\\* \\@\u2060everyone \\[x\\](https://e.vil) 😀';
    assert.match(lines[0] ?? '', /^\*\*Rule hit\*\* in <#\d+>, <t:\d+:T>: /);
    assert.ok(lines[0]?.endsWith(`**${name}** (<@${people.ben.userId}>) said`), lines[0]);
    assert.deepEqual(lines.slice(1, 5), [
      '> you are BAAAD \\@\u2060everyone \\*\\*x\\*\\*',
      'Rule 1, word: bad\\*',
      `https://discord.com/channels/${world.guild.id}/${world.channelId}/${said?.id}`,
      '-# 30 s before and after:',
    ]);
    assert.match(card.content, /-# −\d s \*\*Anna\*\*: what do you \\\*mean\\\* \\@\u2060here\?/);
    assert.match(card.content, /-# \+\d s \*\*Anna\*\*: that was not nice/);
    assert.deepEqual(buttonsOf(card), ['Dismiss', 'Note', 'Mute', 'Time out 10 min']);
    assert.equal(
      world.guild.messages(mods).some(({ wouldPing }) => wouldPing.length > 0),
      false,
    );

    const refused = await press(people.anna, card, 'Note');
    assert.equal(refused.modal, null);
    assert.match(refused.content, /^Only moderators/);
    assert.match((await press(people.anna, card, 'Mute')).content, /^Only moderators/);
    assert.equal(people.ben.member.mute, false);
  });

  it('keep their buttons over a restart, check who presses, and show what was done', async () => {
    await world.restart(env);
    const card = cards()[0] as StoredMessage;
    const { modal } = await press(people.mo, card, 'Note');
    assert.equal(
      (await people.mo.submit(card, modal, { words: 'seen **it** @everyone' })).content,
      'Noted on the card.',
    );
    assert.match(
      cards()[0]?.content ?? '',
      /\nNote by \*\*Mo\*\* <t:\d+:f>: seen \\\*\\\*it\\\*\\\* \\@\u2060everyone$/,
    );
    // Nobody acts on who does not stand below them, whatever they may otherwise.
    people.ben.member.roleIds = people.mo.member.roleIds;
    assert.match(
      (await press(people.mo, card, 'Time out 10 min')).content,
      /^The highest role of "Mo" does not stand above/,
    );
    assert.match((await press(people.mo, card, 'Mute')).content, /^The highest role of "Mo" does not stand above/);
    people.ben.member.roleIds = [];
    // Who manages the server but may not mute anybody cannot do it by a button either.
    assert.equal((await press(people.manager, card, 'Mute')).content, '"Mia" lacks Mute Members.');
    await people.ben.leave();
    assert.equal((await press(people.mo, card, 'Mute')).content.endsWith('is in no voice channel.'), true);
    await people.ben.join(world.channelId);
    assert.equal((await press(people.mo, card, 'Mute')).content, 'Muted for everybody in voice.');
    assert.equal(people.ben.member.mute, true);
    const patch = world.discord.requests.find(({ method, path }) => method === 'PATCH' && path.includes('/members/'));
    assert.equal(patch?.reason, `asked for by Mo (${people.mo.userId}) with the button of a card`);
    assert.equal((await press(people.mo, card, 'Mute')).content, '**Mo** did that a moment ago.');
    await people.ben.leave();
    assert.equal((await press(people.mo, card, 'Time out 10 min')).content, 'Timed out for 10 minutes.');
    const until = people.ben.member.timedOutUntil ?? 0;
    assert.ok(Math.abs(until - Date.now() - 600_000) < 20_000);
    assert.equal((await press(people.mo, card, 'Dismiss')).content, 'Dismissed.');
    const now = cards()[0] as StoredMessage;
    assert.deepEqual(now.components, []);
    assert.match(
      now.content,
      /\nMuted by \*\*Mo\*\* .*\nTimed out for 10 minutes by \*\*Mo\*\* .*\nDismissed by \*\*Mo\*\* /,
    );
  });

  it('hold for what the model says where that is wanted, and keep words out of the file', async () => {
    await world.join(people.anna);
    answer = 'A bad answer.';
    await say(people.anna, 'hello there');
    assert.equal(cards().length, 1, 'not unless it is wanted');
    await manage('/rules mode', { model: true });
    await say(people.anna, 'hello again');
    await world.until('the card', () => cards().length === 2);
    const card = cards()[1] as StoredMessage;
    assert.match(card.content, /\(the model\) said\n> A bad answer\./);
    assert.deepEqual(buttonsOf(card), ['Dismiss', 'Note']);
    assert.equal(readFileSync(file).includes('BAAAD'), false);
  });

  it('are taken over from AutoMod, and what cannot be is named', async () => {
    const { autoMod } = world.guild;
    autoMod.create({
      name: 'Words',
      type: 1,
      keywords: ['cat', '*dog*', 'two words'],
      patterns: ['\\b\\d{3}\\u{2d}x', 'a(?R)b'],
      allowed: ['hotdog'],
    });
    autoMod.create({ name: '**Off** @everyone', type: 1, enabled: false, keywords: ['off'] });
    autoMod.create({ name: 'Presets', type: 4, presets: [1] });
    const content = await manage('/rules import');
    assert.match(content, /^5 rules added\.\nI could not take 1:\n- a\\\(\\\?R\\\)b: /);
    assert.match(content, /2 things of AutoMod could not come along:\n- \\"\\\*\\\*Off/);
    assert.match(content, /Presets\\"\\: it uses Discord\\'s own lists of words\\, which nobody can read\\\.$/);
    assert.match(
      await manage('/rules test', { text: 'a hotdog, two  words, my catalogue, 123-X' }),
      /^2 rules would be hit:/,
    );
    const own = [...world.guild.roles.values()].find(({ managed }) => managed);
    assert.ok(own);
    own.permissions &= ~PermissionFlagsBits.ManageGuild;
    world.guild.roleChanged(own);
    assert.match(await manage('/rules import'), /^I need the permission \*\*Manage Server\*\*/);
  });

  it('let anybody seal what was said for the moderators, but not too often', async () => {
    const ask = async () =>
      people.anna.command('/report', { person: people.ben.userId, reason: 'see *this* @everyone' });
    const first = await ask();
    assert.equal(first.ephemeral, true);
    assert.match(
      first.content,
      /^I gave the moderators what was said in <#\d+> in the last five minutes, as report 1\./,
    );
    const post = world.guild.messages(mods).find(({ content }) => content.startsWith('**Report 1**')) as StoredMessage;
    assert.match(post.content, /by \*\*Anna\*\* \(<@\d+>\)\n> see \\\*this\\\* \\@\u2060everyone\n/);
    const [sealed] = post.files;
    assert.equal(sealed?.name, 'report-1.txt');
    const text = Buffer.from(sealed.bytes).toString();
    const spoken = new RegExp(
      `^\\d\\d:\\d\\d:\\d\\d .* \\(${people.ben.userId}\\): you are BAAAD @everyone \\*\\*x\\*\\*$`,
      'm',
    );
    assert.match(text, spoken);
    assert.match(text, /^\d\d:\d\d:\d\d .* \(the model\): A bad answer\.$/m);
    await ask();
    await ask();
    assert.match((await ask()).content, /^There have been many reports just now\. You can report again <t:\d+:R>/);
  });
});
