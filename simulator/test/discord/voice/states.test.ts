import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { entersState, joinVoiceChannel, type VoiceConnection, VoiceConnectionStatus } from '@discordjs/voice';
import { Events, type VoiceState } from 'discord.js';
import { beforeClose, request, startBot, startDiscord } from '../bot.ts';

/** The bot in a guild with two voice channels, and `join` by @discordjs/voice as it comes. */
async function stage(t: TestContext, channel = {}) {
  const discord = await startDiscord(t);
  setDefaultCACertificates([...getCACertificates('default'), discord.certificate]);
  const guild = discord.createGuild({ botPermissions: ['ViewChannel', 'Connect', 'Speak', 'MoveMembers'] });
  const talk = guild.createVoiceChannel({ name: 'Talk', ...channel });
  const other = guild.createVoiceChannel({ name: 'Other' });
  const bot = await startBot(discord);
  const adapterCreator = bot.guilds.cache.get(guild.id)?.voiceAdapterCreator;
  assert.ok(adapterCreator);
  const join = (channelId: string): VoiceConnection => {
    const connection = joinVoiceChannel({ guildId: guild.id, channelId, selfDeaf: false, adapterCreator });
    connection.on('error', () => {});
    beforeClose(discord, () => connection.state.status !== VoiceConnectionStatus.Destroyed && connection.destroy());
    return connection;
  };
  /** The next voice state of a user that discord.js hears of. */
  const state = async (userId: string): Promise<VoiceState> => {
    for (;;) {
      const [, next] = (await once(bot, Events.VoiceStateUpdate)) as [VoiceState, VoiceState];
      if (next.id === userId) return next;
    }
  };
  return { discord, guild, talk, other, bot, join, state };
}

const ready = (connection: VoiceConnection) => entersState(connection, VoiceConnectionStatus.Ready, 5000);

test('@discordjs/voice joins a channel and is ready', async (t) => {
  const { guild, talk, join, bot } = await stage(t);
  const connection = join(talk);
  await ready(connection);
  assert.equal(guild.botVoiceChannelId, talk);
  assert.equal(bot.guilds.cache.get(guild.id)?.members.me?.voice.channelId, talk);
  connection.destroy();
  await once(bot, Events.VoiceStateUpdate);
  assert.equal(guild.botVoiceChannelId, null);
});

test('people who come, move and leave are seen with their names', async (t) => {
  const { guild, talk, other, state } = await stage(t);
  const ann = guild.addPerson({ name: 'Ann', nick: 'Annie' });
  const came = state(ann.userId);
  await ann.join(talk);
  assert.deepEqual([(await came).channelId, (await came).member?.displayName], [talk, 'Annie']);
  const moved = state(ann.userId);
  await ann.moveTo(other);
  assert.equal((await moved).channelId, other);
  const left = state(ann.userId);
  await ann.leave();
  assert.equal((await left).channelId, null);
  assert.equal(ann.voiceChannelId, null);
});

test('who was in voice before the bot logged in comes with the guild', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const talk = guild.createVoiceChannel();
  const [ann] = ['Ann', 'Bob'].map((name) => guild.addPerson({ name }));
  await ann?.join(talk, { connect: false });
  const bot = await startBot(discord);
  const home = bot.guilds.cache.get(guild.id);
  assert.deepEqual([...(home?.voiceStates.cache.keys() ?? [])], [ann?.userId]);
  assert.deepEqual([...(home?.members.cache.keys() ?? [])].sort(), [bot.user.id, ann?.userId].sort());
});

test('a full channel and one that is closed to the bot yield no event', async (t) => {
  const { guild, talk, bot, other } = await stage(t, { userLimit: 1, denyBot: ['MoveMembers'] });
  const closed = guild.createVoiceChannel({ denyBot: ['Connect'] });
  const [ann, bob] = ['Ann', 'Bob'].map((name) => guild.addPerson({ name }));
  await ann?.join(talk, { connect: false });
  await assert.rejects(bob?.join(talk) ?? Promise.resolve(), /may not join .*: full/);
  const channels: (string | null)[] = [];
  bot.on(Events.VoiceStateUpdate, (_, next) => next.id === bot.user.id && channels.push(next.channelId));
  const ask = (channel: string) =>
    bot.ws.shards
      .first()
      ?.send({ op: 4, d: { guild_id: guild.id, channel_id: channel, self_mute: false, self_deaf: false } });
  for (const channel of [talk, closed, 'nothing', other]) ask(channel);
  while (channels.length === 0) await once(bot, Events.VoiceStateUpdate);
  assert.deepEqual(channels, [other]);
});

test('a bot without Speak is suppressed', async (t) => {
  const { talk, join, state, bot } = await stage(t, { denyBot: ['Speak'] });
  const seen = state(bot.user.id);
  join(talk);
  assert.equal((await seen).suppress, true);
});

test('a kicked bot is told so by the gateway and by close code 4014', async (t) => {
  const { guild, talk, join, state, bot } = await stage(t);
  const connection = join(talk);
  await ready(connection);
  const out = state(bot.user.id);
  const disconnected = once(connection, VoiceConnectionStatus.Disconnected);
  guild.kickBot();
  assert.equal((await out).channelId, null);
  const [, after] = await disconnected;
  assert.deepEqual([after.reason, after.closeCode], [0, 4014]);
});

test('a moved bot comes to the other channel', async (t) => {
  const { guild, talk, other, join } = await stage(t);
  const connection = join(talk);
  await ready(connection);
  guild.moveBot(other);
  await entersState(connection, VoiceConnectionStatus.Connecting, 5000);
  await ready(connection);
  assert.equal(connection.joinConfig.channelId, other);
  assert.equal(guild.botVoiceChannelId, other);
});

test('a deleted channel is left by everybody', async (t) => {
  const { guild, talk, join, bot } = await stage(t);
  const ann = guild.addPerson({ name: 'Ann' });
  await ann.join(talk);
  await ready(join(talk));
  const deleted = once(bot, Events.ChannelDelete);
  guild.deleteChannel(talk);
  assert.equal((await deleted)[0].id, talk);
  assert.deepEqual([guild.botVoiceChannelId, ann.voiceChannelId], [null, null]);
});

test('the bot moves and disconnects a person where it may', async (t) => {
  const { guild, talk, other, bot } = await stage(t);
  const ann = guild.addPerson({ name: 'Ann' });
  const member = await bot.guilds.cache.get(guild.id)?.members.fetch(ann.userId);
  assert.ok(member);
  await assert.rejects(member.voice.setChannel(other), { code: 40032 });
  await ann.join(talk);
  await member.voice.setChannel(other);
  assert.equal(ann.voiceChannelId, other);
  await assert.rejects(member.voice.setMute(true), { code: 50013 });
  await member.voice.disconnect();
  assert.equal(ann.voiceChannelId, null);
});

test('after a rejoin to the same channel the connection is ready again', async (t) => {
  const { talk, join, guild } = await stage(t);
  const connection = join(talk);
  await ready(connection);
  guild.kickBot();
  await once(connection, VoiceConnectionStatus.Disconnected);
  connection.rejoin();
  await ready(connection);
  assert.equal(guild.botVoiceChannelId, talk);
});

test('a change of the mute flag alone brings no new voice server', async (t) => {
  const { talk, join, state, bot, discord, guild } = await stage(t);
  const connection = join(talk);
  await ready(connection);
  const events: string[] = [];
  bot.on(Events.Raw, (packet: { t: string }) => events.push(packet.t));
  const muted = state(bot.user.id);
  connection.rejoin({ ...connection.joinConfig, selfMute: true });
  assert.equal((await muted).selfMute, true);
  const { json } = await request(discord, 'GET', `/guilds/${guild.id}/voice-states/@me`);
  assert.deepEqual([json.channel_id, json.self_mute], [talk, true]);
  assert.deepEqual(events, ['VOICE_STATE_UPDATE']);
});

test('in a stage channel the bot begins in the audience and speaks when it may', async (t) => {
  const { guild, join, state, bot } = await stage(t);
  const id = guild.createVoiceChannel({ type: 'stage' });
  const audience = state(bot.user.id);
  await ready(join(id));
  assert.equal((await audience).suppress, true);
  const me = bot.guilds.cache.get(guild.id)?.members.me;
  await assert.rejects(me?.voice.setSuppressed(false) ?? Promise.resolve(), { code: 50013 });
  await me?.voice.setRequestToSpeak(true);
});
