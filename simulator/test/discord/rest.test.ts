import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelType, DiscordAPIError, PermissionFlagsBits, type TextChannel, type VoiceChannel } from 'discord.js';
import { makeClient, request, schemaFaults, startBot, startDiscord } from './bot.ts';

/** discord.js in a guild with a text and a voice channel. */
async function stage(t: import('node:test').TestContext, options = {}, guildOptions = {}) {
  const discord = await startDiscord(t, options);
  const guild = discord.createGuild(guildOptions);
  const text = guild.createTextChannel();
  const voice = guild.createVoiceChannel({ userLimit: 3 });
  const bot = await startBot(discord);
  return { discord, guild, text, voice, bot, channel: bot.channels.cache.get(text) as TextChannel };
}

const refused = (status: number, code: number) => (error: unknown) =>
  error instanceof DiscordAPIError && error.status === status && error.code === code;

test('a wrong token is refused as Discord refuses it', async (t) => {
  const discord = await startDiscord(t);
  const response = await fetch(`${discord.apiUrl}/v10/users/@me`, { headers: { authorization: 'Bot wrong' } });
  assert.equal(response.status, 401);
  assert.deepEqual(await response.json(), { message: '401: Unauthorized', code: 0 });
  const client = makeClient(discord, []);
  await assert.rejects(client.login('wrong.token.here'), { code: 'TokenInvalid' });
});

test('discord.js reads guild, channels, roles and members as they were made', async (t) => {
  const { bot, guild, text, voice } = await stage(t, {}, { name: 'Home' });
  const home = bot.guilds.cache.get(guild.id);
  assert.ok(home);
  assert.equal(home.name, 'Home');
  assert.equal(home.channels.cache.get(text)?.type, ChannelType.GuildText);
  const channel = home.channels.cache.get(voice) as VoiceChannel;
  assert.deepEqual(
    [channel.type, channel.userLimit, channel.full, channel.joinable, channel.speakable],
    [2, 3, false, true, true],
  );
  assert.ok(home.members.me?.permissions.has(PermissionFlagsBits.SetVoiceChannelStatus));
  assert.ok(!home.members.me?.permissions.has(PermissionFlagsBits.ManageChannels));
  const ann = guild.addPerson({
    name: 'Ann',
    nick: 'Annie',
    roles: [guild.createRole({ name: 'dj', permissions: ['ManageGuild'] })],
  });
  const member = await home.members.fetch({ user: ann.userId, force: true });
  assert.deepEqual(
    [member.displayName, member.user.bot, member.permissions.has('ManageGuild')],
    ['Annie', false, true],
  );
  await assert.rejects(home.members.fetch('794369305083904999'), refused(404, 10007));
  assert.equal(bot.application.id, bot.user.id);
});

test('posts, edits and deletes a message; a mention that is not allowed pings nobody', async (t) => {
  const { channel, guild, text, discord } = await stage(t);
  const ann = guild.addPerson({ name: 'Ann' });
  const content = `@everyone <@${ann.userId}> <@&${guild.id}>`;
  const silent = await channel.send({ content, allowedMentions: { parse: [] } });
  const loud = await channel.send({ content });
  const coded = await channel.send({
    content: `\`@everyone\` and <@${ann.userId}>`,
    allowedMentions: { users: [ann.userId] },
  });
  assert.deepEqual(
    guild.messages(text).map((one) => one.wouldPing),
    [[], ['everyone', guild.id, ann.userId], [ann.userId]],
  );
  assert.deepEqual([loud.mentions.everyone, loud.mentions.users.has(ann.userId)], [true, true]);
  await silent.edit('quiet');
  await silent.edit('quieter');
  await coded.delete();
  const [first, second] = guild.messages(text);
  assert.deepEqual([first?.content, first?.edits.map((one) => one.content)], ['quieter', ['quiet', 'quieter']]);
  assert.equal(second?.authorId, discord.botUser.id);
  assert.equal(guild.messages(text).length, 2);
  assert.equal((await channel.messages.fetch({ message: silent.id, force: true })).content, 'quieter');
  assert.deepEqual([...(await channel.messages.fetch({ limit: 10 })).keys()], [loud.id, silent.id]);
  assert.deepEqual(await schemaFaults(discord), []);
});

test('a message may have 2000 characters, counted as people count them, and no more', async (t) => {
  const { channel, discord } = await stage(t);
  await channel.send('😀'.repeat(2000));
  await assert.rejects(channel.send('a'.repeat(2001)), refused(400, 50035));
  const { json } = await request(discord, 'POST', `/channels/${channel.id}/messages`, { content: 'a'.repeat(2001) });
  assert.deepEqual(json, {
    message: 'Invalid Form Body',
    code: 50035,
    errors: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] } },
  });
  await assert.rejects(channel.send({ content: '' }), refused(400, 50006));
});

test('embeds over their limits are refused', async (t) => {
  const { channel } = await stage(t, { rateFactor: 0.01 });
  const fields = (count: number, value: string) => Array.from({ length: count }, () => ({ name: 'n', value }));
  await channel.send({ embeds: [{ description: 'a'.repeat(4096) }] });
  await assert.rejects(channel.send({ embeds: [{ title: 'a'.repeat(257) }] }), refused(400, 50035));
  await assert.rejects(channel.send({ embeds: [{ title: 't', fields: fields(26, 'v') }] }), refused(400, 50035));
  await assert.rejects(
    channel.send({ embeds: [{ title: 't', fields: fields(1, 'v'.repeat(1025)) }] }),
    refused(400, 50035),
  );
  await assert.rejects(
    channel.send({ embeds: [{ description: 'a'.repeat(4000) }, { description: 'a'.repeat(2001) }] }),
    refused(400, 50035),
  );
});

test('files arrive byte for byte', async (t) => {
  const { channel, guild, text } = await stage(t);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const sent = await channel.send({ content: 'here', files: [{ attachment: bytes, name: 'export.json' }] });
  assert.equal(sent.attachments.first()?.size, 256);
  const [message] = guild.messages(text);
  assert.deepEqual(
    [message?.files[0]?.name, Buffer.from(message?.files[0]?.bytes ?? []).equals(bytes)],
    ['export.json', true],
  );
});

test('what a channel does not permit is refused: 50001 where it cannot be seen, 50013 where it cannot be done', async (t) => {
  const { bot, guild } = await stage(t, { rateFactor: 0.01 });
  const send = async (channelId: string, body: Parameters<TextChannel['send']>[0]) =>
    (bot.channels.cache.get(channelId) as TextChannel).send(body);
  const hidden = guild.createTextChannel({ denyBot: ['ViewChannel'] });
  const closed = guild.createVoiceChannel({ denyBot: ['Connect'] });
  const mute = guild.createTextChannel({ denyEveryone: ['SendMessages'] });
  const muteForBot = guild.createTextChannel({ denyBot: ['SendMessages'] });
  const plain = guild.createTextChannel({ denyBot: ['EmbedLinks', 'AttachFiles'] });
  // discord.js learns of new channels from the gateway.
  while (!bot.channels.cache.has(plain)) await new Promise((resolve) => bot.once('channelCreate', resolve));
  await assert.rejects(send(hidden, 'x'), refused(403, 50001));
  await assert.rejects(send(closed, 'x'), refused(403, 50001));
  await assert.rejects(send(mute, 'x'), refused(403, 50013));
  await assert.rejects(send(muteForBot, 'x'), refused(403, 50013));
  await assert.rejects(send(plain, { embeds: [{ title: 't' }] }), refused(403, 50013));
  await assert.rejects(send(plain, { files: [{ attachment: Buffer.from('x'), name: 'x' }] }), refused(403, 50013));
  await send(plain, 'x');
});

test('the sixth message within five seconds is refused with the time to wait', async (t) => {
  const discord = await startDiscord(t);
  const text = discord.createGuild().createTextChannel();
  const path = `/channels/${text}/messages`;
  const answers = [];
  for (let index = 0; index < 6; index += 1)
    answers.push(await request(discord, 'POST', path, { content: String(index) }));
  assert.deepEqual(
    answers.map((one) => one.status),
    [200, 200, 200, 200, 200, 429],
  );
  assert.deepEqual(
    answers.map((one) => one.headers.get('x-ratelimit-remaining')),
    ['4', '3', '2', '1', '0', '0'],
  );
  const last = answers[5];
  assert.equal(last?.json.message, 'You are being rate limited.');
  assert.ok(last?.json.retry_after > 4 && last?.json.retry_after <= 5);
  assert.equal(last?.headers.get('x-ratelimit-scope'), 'user');
  assert.equal(discord.rateLimited, 1);
  // An edit has a bucket of its own.
  const edit = await request(discord, 'PATCH', `${path}/${answers[0]?.json.id}`, { content: 'edited' });
  assert.deepEqual([edit.status, edit.headers.get('x-ratelimit-limit')], [200, '5']);
});

test('discord.js keeps within the limits by the headers alone', async (t) => {
  const { channel, discord, guild, text } = await stage(t, { rateFactor: 0.02 });
  for (let index = 0; index < 12; index += 1) await channel.send(String(index));
  assert.equal(guild.messages(text).length, 12);
  assert.equal(discord.rateLimited, 0);
});

test('the status of a voice channel is set with the permission and from within', async (t) => {
  const { bot, discord, guild, voice } = await stage(t);
  const put = (status: string | null) => bot.rest.put(`/channels/${voice}/voice-status`, { body: { status } });
  await assert.rejects(put('AI is listening'), refused(403, 50013));
  bot.ws.shards
    .first()
    ?.send({ op: 4, d: { guild_id: guild.id, channel_id: voice, self_mute: false, self_deaf: false } });
  await new Promise((resolve) => bot.once('voiceStateUpdate', resolve));
  await put('AI is listening');
  assert.equal(guild.voiceStatus(voice), 'AI is listening');
  await assert.rejects(put('a'.repeat(501)), refused(400, 50035));
  await put(null);
  assert.equal(guild.voiceStatus(voice), null);
  assert.deepEqual(await schemaFaults(discord), []);
});

test('a thread is made in a text channel, written to, and archived', async (t) => {
  const { channel, guild, discord, bot, voice } = await stage(
    t,
    {},
    { botPermissions: ['ViewChannel', 'SendMessages', 'SendMessagesInThreads', 'CreatePublicThreads'] },
  );
  const thread = await channel.threads.create({ name: 'Transcript', type: ChannelType.PublicThread });
  await thread.send('in it');
  assert.deepEqual(
    guild.messages(thread.id).map((one) => one.content),
    ['in it'],
  );
  await thread.setArchived(true);
  assert.equal(guild.channels.get(thread.id)?.archived, true);
  await assert.rejects(
    bot.rest.post(`/channels/${voice}/threads`, { body: { name: 'x', type: 11 } }),
    refused(400, 50024),
  );
  assert.deepEqual(await schemaFaults(discord), []);
});

test('an unknown route, channel or message has its own error', async (t) => {
  const { discord, text } = await stage(t);
  const id = '794369305083904999';
  const codes = [];
  for (const path of ['/nothing', `/channels/${id}`, `/channels/${text}/messages/${id}`, `/guilds/${id}`]) {
    const { status, json } = await request(discord, 'GET', path);
    codes.push([status, json.code]);
  }
  assert.deepEqual(codes, [
    [404, 0],
    [404, 10003],
    [404, 10008],
    [404, 10004],
  ]);
});

test('a test can wait for a message, made or edited, and is told what there is when none comes', async (t) => {
  const { channel, guild, text } = await stage(t);
  const kinds: string[] = [];
  const stop = guild.onMessage(({ kind, message }) => kinds.push(`${kind} ${message.content}`));
  const done = guild.waitForMessage(text, (message) => message.content === 'done');
  const sent = await channel.send('working');
  await sent.edit('done');
  assert.equal((await done).id, sent.id);
  await sent.delete();
  stop();
  await channel.send('last');
  assert.deepEqual(kinds, ['create working', 'edit done', 'delete done']);
  await assert.rejects(
    guild.waitForMessage(text, () => false, 20),
    /No such message within 20 ms; the channel has "last"/,
  );
});

test('a person writes where they may, and only there', async (t) => {
  const { guild, text } = await stage(t);
  const closed = guild.createTextChannel({ denyEveryone: ['SendMessages'] });
  const hidden = guild.createTextChannel({ denyEveryone: ['ViewChannel'] });
  const ann = guild.addPerson({ name: 'Ann' });
  const eve = guild.addPerson({ name: 'Eve', admin: true });
  assert.equal(ann.write(text, 'hello').authorId, ann.userId);
  assert.throws(() => ann.write(closed, 'hello'), /Ann may not write/);
  assert.throws(() => ann.write(hidden, 'hello'), /Ann does not see/);
  assert.equal(eve.write(hidden, 'hello').content, 'hello');
});

test('an upload needs the parts and ids that Discord asks for', async (t) => {
  const { discord, text, guild } = await stage(t);
  const upload = (part: string, payload: object) => {
    const form = new FormData();
    form.set('payload_json', JSON.stringify(payload));
    form.set(part, new Blob(['x']), 'x.txt');
    const url = `${discord.apiUrl}/v10/channels/${text}/messages`;
    return fetch(url, { method: 'POST', headers: { authorization: `Bot ${discord.token}` }, body: form });
  };
  const described = (id: string) => ({ content: 'here', attachments: [{ id, filename: 'x.txt' }] });
  assert.equal((await upload('files[0]', described('0'))).status, 200);
  assert.equal((await upload('files[0]', { content: 'without a description' })).status, 200);
  assert.equal((await upload('attachment', { content: 'a part of another name' })).status, 400);
  assert.equal((await upload('files[0]', described('1'))).status, 400);
  assert.equal(guild.messages(text).length, 2);
});
