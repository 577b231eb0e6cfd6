import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BOT_DEFAULT, EVERYONE_DEFAULT, type RestFault } from '@parley/simulator/discord';
import { beforeClose, startDiscord } from '../../simulator/test/discord/bot.ts';
import { createClient, logIn } from '../../src/discord/client/client.ts';
import { DiscordGuildTexts } from '../../src/discord/text/guild-texts.ts';
import { DiscordModeratorPosts } from '../../src/discord/text/moderator-posts.ts';
import type { Place } from '../../src/ports/guild.ts';
import { defaultSettings } from '../../src/store/settings.ts';
import { keptLog } from '../support/doubles/log.ts';

const MESSAGES = /^\/channels\/\d+\/messages$/;
const THREADS = /\/threads$/;
/** The thing is done or not, and the answer lost. */
const LOST: readonly RestFault[] = [
  { kind: 'status', status: 502, acts: true },
  { kind: 'cut', acts: true },
  { kind: 'status', status: 500 },
  { kind: 'cut' },
];

/** The client as Parley makes it, in a guild with a text and a voice channel. */
async function setUp(context: TestContext) {
  const discord = await startDiscord(context);
  const guild = discord.createGuild({
    botPermissions: [...BOT_DEFAULT, 'SendPolls', 'CreatePublicThreads'],
    everyonePermissions: [...EVERYONE_DEFAULT, 'SendPolls'],
  });
  const text = guild.createTextChannel({ name: 'general' });
  const voice = guild.createVoiceChannel({ name: 'Lounge' });
  const anna = guild.addPerson({ name: 'Anna' });
  await anna.join(voice, { connect: false });
  const { apiUrl, token } = discord;
  const client = await logIn(createClient({ apiUrl, log: keptLog().log, onDead: () => {} }), { apiUrl, token });
  beforeClose(discord, () => client.destroy());
  const settings = { get: async () => ({ ...defaultSettings, transcriptChannelId: text }) };
  const place: Place = { guildId: guild.id, channelId: voice };
  const contents = (channelId = text) => guild.messages(channelId).map(({ content }) => content);
  const texts = new DiscordGuildTexts({ client, settings });
  return {
    discord,
    guild,
    text,
    voice,
    anna,
    client,
    texts,
    place,
    contents,
    by: [{ userId: anna.userId, name: 'Anna' }],
  };
}

test('a poll, a thread and a reminder are made once, however their answers are lost', async (context) => {
  const { discord, guild, text, texts, place, by, anna, contents } = await setUp(context);
  for (const [at, fault] of LOST.entries()) {
    discord.restFaults.add({ method: 'POST', path: MESSAGES, times: 1, fault });
    const id = await texts.postPoll(place, { question: `Q${at}?`, answers: ['a', 'b'], multiple: false, hours: 1 }, by);
    const polls = guild.messages(text).filter(({ poll }) => poll?.question.text === `Q${at}?`);
    assert.deepEqual(
      polls.map((one) => one.id),
      [id],
    );
    discord.restFaults.add({ method: 'POST', path: THREADS, times: 1, fault });
    const thread = await texts.createThread(place, { name: `T${at}`, first: 'Hi' }, by);
    const threads = [...guild.channels.values()].filter(({ name }) => name === `T${at}`);
    assert.deepEqual(
      threads.map((one) => one.id),
      [thread],
    );
    assert.deepEqual(contents(thread), ['Hi']);
    discord.restFaults.add({ method: 'POST', path: MESSAGES, times: 1, fault });
    await texts.postTo(place, anna.userId, `tea ${at}`);
    assert.deepEqual(
      contents().filter((one) => one.endsWith(`tea ${at}`)),
      [`<@${anna.userId}> tea ${at}`],
    );
  }
});

test('a thread of the same name that was there before is not taken for the one whose answer was lost', async (context) => {
  const { discord, guild, texts, place, by } = await setUp(context);
  const first = await texts.createThread(place, { name: 'Trip', first: null }, by);
  discord.restFaults.add({ method: 'POST', path: THREADS, times: 1, fault: { kind: 'status', status: 502 } });
  const second = await texts.createThread(place, { name: 'Trip', first: null }, by);
  assert.notEqual(second, first);
  assert.equal([...guild.channels.values()].filter(({ name }) => name === 'Trip').length, 2);
});

test('a reminder that was sent in vain, with an answer lost, is posted once when it is tried again with other words', async (context) => {
  const { discord, texts, place, anna, contents } = await setUp(context);
  const { restFaults } = discord;
  restFaults.add({ method: 'POST', path: MESSAGES, times: 1, fault: { kind: 'cut', acts: true } });
  const down = restFaults.add({ path: /\/messages/, fault: { kind: 'status', status: 503 } });
  await assert.rejects(texts.postTo(place, anna.userId, 'tea', 'reminder:1'));
  down.remove();
  await texts.postTo(place, anna.userId, 'tea (late)', 'reminder:1');
  assert.deepEqual(contents(), [`<@${anna.userId}> tea (late)`]);
});

test('a reminder goes to the chat of the voice channel where the chosen channel is gone, and without its words where a rule keeps them out', async (context) => {
  const { discord, guild, text, voice, texts, place, anna, contents } = await setUp(context);
  discord.restFaults.add({
    method: 'POST',
    path: MESSAGES,
    when: ({ body }) => JSON.stringify(body).includes('bad'),
    fault: { kind: 'status', status: 400, code: 200_000 },
  });
  await texts.postTo(place, anna.userId, 'bad');
  assert.match(contents()[0] ?? '', /a rule of this server keeps its words out/);
  guild.deleteChannel(text);
  await texts.postTo(place, anna.userId, 'tea');
  assert.deepEqual(contents(voice), [`<@${anna.userId}> tea`]);
});

test('a card for moderators is posted once when it is tried again much later, with other words', async (context) => {
  const { discord, guild, text, client, contents } = await setUp(context);
  const posts = new DiscordModeratorPosts(client);
  const at = { guildId: guild.id, channelId: text, key: 'card:1' };
  const { restFaults } = discord;
  restFaults.add({ method: 'POST', path: MESSAGES, times: 1, fault: { kind: 'status', status: 504, acts: true } });
  const down = restFaults.add({ path: /\/messages/, fault: { kind: 'status', status: 500 } });
  await assert.rejects(posts.post(at, 'half', []));
  down.remove();
  const { messageId } = await posts.post(at, 'whole', []);
  assert.deepEqual(contents(), ['whole']);
  guild.board.delete(guild.board.get(text, messageId));
  await posts.edit(guild.id, { channelId: text, messageId }, 'gone', []);
});
