import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiscordAPIError, Events, GatewayIntentBits, type TextChannel, type VoiceState } from 'discord.js';
import { makeClient, startBot, startDiscord } from './bot.ts';

const INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildVoiceStates,
  GatewayIntentBits.GuildMessages,
] as const;

/** The bot under test in a guild, and another account that is in none. */
async function stage(t: import('node:test').TestContext) {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const text = guild.createTextChannel();
  const other = discord.addBot({ name: 'Checker' });
  const bot = await startBot(discord);
  const client = makeClient(discord, INTENTS);
  await client.login(other.token);
  return { discord, guild, text, other, bot, client };
}

test('another bot is nobody in a guild until it is invited, and is told of nothing there', async (t) => {
  const { discord, guild, text, other, client } = await stage(t);
  assert.equal(client.user?.id, other.user.id);
  assert.equal(client.guilds.cache.size, 0);
  const refused = (code: number) => (error: unknown) => error instanceof DiscordAPIError && error.code === code;
  await assert.rejects(client.guilds.fetch(guild.id), refused(10004));
  await assert.rejects(client.channels.fetch(text), refused(50001));
  const came = new Promise((resolve) => client.once(Events.GuildCreate, resolve));
  discord.invite(other, guild);
  await came;
  assert.equal(client.guilds.cache.get(guild.id)?.members.me?.id, other.user.id);
});

test('both bots sit in a voice channel and know of one another', async (t) => {
  const { discord, guild, other, bot, client } = await stage(t);
  const voice = guild.createVoiceChannel();
  discord.invite(other, guild);
  const seen = new Promise<VoiceState>((resolve) => bot.once(Events.VoiceStateUpdate, (_, state) => resolve(state)));
  client.ws.shards.first()?.send({
    op: 4,
    d: { guild_id: guild.id, channel_id: voice, self_mute: false, self_deaf: false },
  });
  const state = await seen;
  assert.deepEqual([state.id, state.channelId, state.member?.user.bot], [other.user.id, voice, true]);
  assert.equal(guild.botVoiceChannelId, null);
});

test("posts of one bot are the other's to see and not to read, over the gateway and over REST", async (t) => {
  const { discord, guild, text, other, bot, client } = await stage(t);
  discord.invite(other, guild);
  const channel = bot.channels.cache.get(text) as TextChannel;
  const told = new Promise<string>((resolve) =>
    client.once(Events.MessageCreate, ({ content, author }) => resolve(`${author.username}: ${content}`)),
  );
  const posted = await channel.send({
    content: 'for people',
    files: [{ name: 'a.txt', attachment: Buffer.from('ab') }],
  });
  assert.equal(await told, 'Parley: ');
  const theirs = (await client.channels.fetch(text)) as TextChannel;
  const read = await theirs.messages.fetch({ message: posted.id, force: true });
  assert.deepEqual([read.content, read.attachments.size], ['', 0]);
  const own = await channel.messages.fetch({ message: posted.id, force: true });
  const [file] = own.attachments.values();
  assert.equal(own.content, 'for people');
  const download = await fetch(file?.url ?? '');
  assert.equal(await download.text(), 'ab');
  await assert.rejects(read.edit('mine'), (error: unknown) => error instanceof DiscordAPIError && error.code === 50005);
});
