import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  BOT_DEFAULT,
  EVERYONE_DEFAULT,
  type GuildOptions,
  Permission,
  type SimulatedGuild,
} from '@parley/simulator/discord';
import { startBot, startDiscord } from '../../../simulator/test/discord/bot.ts';
import { DiscordGuildTexts } from '../../../src/discord/text/guild-texts.ts';
import type { Place } from '../../../src/ports/guild.ts';
import { defaultSettings } from '../../../src/store/settings.ts';
import { noSchemas, violations } from '../../support/world/published.ts';

/** A guild whose transcripts go to its text channel; Anna is in the voice channel. */
async function setUp(
  context: TestContext,
  options: GuildOptions = {},
  furnish: (guild: SimulatedGuild) => void = () => {},
) {
  const discord = await startDiscord(context);
  const guild = discord.createGuild({
    botPermissions: [...BOT_DEFAULT, 'SendPolls', 'CreatePublicThreads'],
    everyonePermissions: [...EVERYONE_DEFAULT, 'SendPolls'],
    ...options,
  });
  const text = guild.createTextChannel({ name: 'general' });
  const voice = guild.createVoiceChannel({ name: 'Lounge' });
  const anna = guild.addPerson({ name: 'Anna' });
  await anna.join(voice, { connect: false });
  furnish(guild);
  const client = await startBot(discord);
  let transcriptChannelId: string | null = text;
  const settings = { get: async () => ({ ...defaultSettings, transcriptChannelId }) };
  const place: Place = { guildId: guild.id, channelId: voice };
  const by = [{ userId: anna.userId, name: 'Anna' }];
  const texts = new DiscordGuildTexts({ client, settings });
  return {
    discord,
    guild,
    text,
    voice,
    anna,
    by,
    place,
    texts,
    goTo: (id: string | null) => (transcriptChannelId = id),
  };
}

const POLL = { question: 'Pizza?', answers: ['Yes', 'No'], multiple: true, hours: 2 };

test('a poll is one of Discord, with its answers and its end', async (context) => {
  const { texts, place, by, guild, text, discord } = await setUp(context);
  const id = await texts.postPoll(place, POLL, by);
  const [message] = guild.messages(text);
  assert.equal(message?.id, id);
  const { expiry, ...poll } = message?.poll ?? {};
  assert.deepEqual(poll, {
    question: { text: 'Pizza?' },
    answers: [
      { answer_id: 1, poll_media: { text: 'Yes' } },
      { answer_id: 2, poll_media: { text: 'No' } },
    ],
    allow_multiselect: true,
    layout_type: 1,
    results: { is_finalized: false, answer_counts: [] },
  });
  assert.ok(Math.abs(Date.parse(expiry) - Date.now() - 7_200_000) < 60_000);
  if (!noSchemas) assert.deepEqual(await violations(discord), []);
});

test('a poll needs the right to make one, of the bot and of everybody who asked', async (context) => {
  const one = await setUp(context, { everyonePermissions: EVERYONE_DEFAULT });
  await assert.rejects(one.texts.postPoll(one.place, POLL, one.by), {
    message: '"Anna" lacks Create Polls in #general.',
  });
  await assert.rejects(one.texts.postPoll(one.place, POLL, [{ userId: '42', name: 'Ghost' }]), {
    message: '"Ghost" is not on this server any more.',
  });
  const other = await setUp(context, { botPermissions: BOT_DEFAULT, everyonePermissions: EVERYONE_DEFAULT });
  await assert.rejects(other.texts.postPoll(other.place, POLL, other.by), {
    message: 'I lack Create Polls in #general.',
  });
  assert.deepEqual([...one.guild.messages(one.text), ...other.guild.messages(other.text)], []);
});

test('a right that was just taken counts, though the event that tells of it is late', async (context) => {
  const { texts, place, by, guild, text } = await setUp(context, {
    everyonePermissions: [...EVERYONE_DEFAULT, 'SendPolls', 'CreatePublicThreads'],
  });
  const take = (...names: readonly (keyof typeof Permission)[]) => {
    const deny = names.reduce((bits, name) => bits | Permission[name], 0n);
    // Nobody is told.
    const { overwrites } = guild.channels.get(text)!;
    overwrites.splice(0, overwrites.length, { id: by[0]!.userId, type: 1, allow: 0n, deny });
  };
  const thread = { name: 'Topic', first: null };
  take('SendPolls');
  await assert.rejects(texts.postPoll(place, POLL, by), { message: '"Anna" lacks Create Polls in #general.' });
  await texts.createThread(place, thread, by);
  take('CreatePublicThreads');
  await assert.rejects(texts.createThread(place, thread, by), {
    message: '"Anna" lacks Create Public Threads in #general.',
  });
  for (const [name, words] of [
    ['SendMessages', 'Send Messages'],
    ['ViewChannel', 'View Channel'],
  ] as const) {
    take(name);
    const message = `"Anna" lacks ${words} in #general.`;
    await assert.rejects(texts.postPoll(place, POLL, by), { message });
    await assert.rejects(texts.createThread(place, thread, by), { message });
  }
  assert.equal(guild.messages(text).filter(({ poll }) => poll).length, 0);
});

test('Discord’s limits of a poll are kept by the simulated one', async (context) => {
  const { texts, place, by } = await setUp(context);
  const refused = (change: object) =>
    assert.rejects(texts.postPoll(place, { ...POLL, ...change }, by), {
      message: 'Discord refused it in #general (50035).',
    });
  await refused({ question: 'x'.repeat(301) });
  await refused({ answers: ['x'.repeat(56)] });
  await refused({ answers: Array(11).fill('x') });
  await refused({ hours: 769 });
  await refused({ hours: 0 });
});

test('a thread is made in the text channel, with its first words, and a reason in the audit log', async (context) => {
  const { texts, place, by, guild, discord, anna } = await setUp(context);
  const id = await texts.createThread(place, { name: 'Trip', first: 'Where to?' }, by);
  assert.equal(guild.channels.get(id)?.name, 'Trip');
  assert.deepEqual(
    guild.messages(id).map(({ content }) => content),
    ['Where to?'],
  );
  const made = discord.requests.find(({ path }) => path.endsWith('/threads'));
  assert.equal(made?.reason, `asked for by Anna (${anna.userId}) by voice`);
});

test('there is no thread in a voice channel’s chat, and none without the right to it', async (context) => {
  const { texts, place, by, goTo, guild, text } = await setUp(context);
  goTo(null);
  await assert.rejects(
    texts.createThread(place, { name: 'x', first: null }, by),
    /no threads in #Lounge.*transcript channel/,
  );
  goTo('42');
  await assert.rejects(texts.createThread(place, { name: 'x', first: null }, by), /text channel is gone/);
  goTo(text);
  guild.setEveryone(EVERYONE_DEFAULT.filter((one) => one !== 'CreatePublicThreads'));
  const bare = await setUp(context, { everyonePermissions: ['ViewChannel', 'SendMessages', 'Connect'] });
  await assert.rejects(bare.texts.createThread(bare.place, { name: 'x', first: null }, bare.by), {
    message: '"Anna" lacks Create Public Threads in #general.',
  });
});

test('a reminder notifies the one person that it is for', async (context) => {
  const { texts, place, guild, text, anna } = await setUp(context);
  await texts.postTo(place, anna.userId, 'tea, @everyone');
  const [message] = guild.messages(text);
  assert.equal(message?.content, `<@${anna.userId}> tea, @everyone`);
  assert.deepEqual(message?.wouldPing, [anna.userId]);
});

test('a reminder that comes again has its button below the post', async (context) => {
  const { guild, text, texts, place, anna } = await setUp(context);
  const buttons = [{ id: `reminder-end/${anna.userId}/7`, label: 'Stop reminding me' }];
  await texts.postTo(place, anna.userId, 'stand up', 'reminder:7:1', { buttons });
  const [post] = guild.messages(text);
  assert.match(JSON.stringify(post?.components), /"custom_id":"reminder-end\/\d+\/7"/);
  assert.deepEqual(post?.wouldPing, [anna.userId]);
});
