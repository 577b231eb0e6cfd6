import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Events, type Message } from 'discord.js';
import { WebSocket } from 'ws';
import { makeClient, startBot, startDiscord } from './bot.ts';

const MESSAGES = 1 << 9;
const CONTENT = 1 << 15;

/** A bare gateway client: the frames that came, and how the connection ended. */
async function connect(discord: Awaited<ReturnType<typeof startDiscord>>, send: object) {
  const socket = new WebSocket(`${discord.apiUrl.replace('http', 'ws').replace('/api', '')}/?v=10&encoding=json`);
  await once(socket, 'message');
  const closed = once(socket, 'close').then(([code]) => code as number);
  socket.send(JSON.stringify(send));
  return { socket, closed };
}
const identify = (token: string, intents: number) => ({
  op: 2,
  d: { token, intents, properties: { os: 'x', browser: 'x', device: 'x' } },
});

test('a wrong token, wrong intents and privileged intents close with their codes', async (t) => {
  const discord = await startDiscord(t);
  const close = async (send: object) => (await connect(discord, send)).closed;
  assert.equal(await close(identify('wrong', 1)), 4004);
  assert.equal(await close(identify(discord.token, -1)), 4013);
  assert.equal(await close(identify(discord.token, 1 | CONTENT)), 4014);
  assert.equal(await close({ op: 4, d: {} }), 4003);
  assert.equal(await close({ op: 99 }), 4003);
  assert.equal(await close({ op: 6, d: { token: 'wrong', session_id: 'x', seq: 1 } }), 4004);
});

test('privileged intents are taken where they were granted', async (t) => {
  const discord = await startDiscord(t, { grantedIntents: CONTENT });
  const bot = await startBot(discord, [1, CONTENT]);
  assert.equal(bot.user.username, 'Parley');
});

test('discord.js fails to log in with disallowed intents and says so', async (t) => {
  const discord = await startDiscord(t);
  const client = makeClient(discord, [1, 2]);
  await assert.rejects(client.login(discord.token), /disallowed intents/i);
});

test('events come only with their intent, and the content of others only with the content intent', async (t) => {
  const discord = await startDiscord(t, { grantedIntents: CONTENT });
  const guild = discord.createGuild();
  const text = guild.createTextChannel();
  const ann = guild.addPerson({ name: 'Ann' });
  const seen: [string, string][] = [];
  const watch = async (name: string, intents: number[]) => {
    const bot = await startBot(discord, intents);
    bot.on(Events.MessageCreate, (message: Message) => seen.push([name, message.content]));
    return bot;
  };
  await watch('none', [1]);
  await watch('blind', [1, MESSAGES]);
  const all = await watch('all', [1, MESSAGES, CONTENT]);
  ann.write(text, 'hello');
  ann.write(text, `<@${discord.botUser.id}> hello`);
  // The last event of the last session: by then all others have come to this process, too.
  while (seen.filter(([name]) => name === 'all').length < 2) await once(all, Events.MessageCreate);
  await new Promise((resolve) => setImmediate(resolve));
  const texts = (who: string) => seen.filter(([name]) => name === who).map(([, content]) => content);
  assert.deepEqual(texts('all'), ['hello', `<@${discord.botUser.id}> hello`]);
  assert.deepEqual(texts('blind'), ['', `<@${discord.botUser.id}> hello`]);
  assert.deepEqual(texts('none'), []);
});

test('after a lost connection discord.js resumes and gets what it missed', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const bot = await startBot(discord);
  const resumed = once(bot, Events.ShardResume);
  const created = once(bot, Events.ChannelCreate);
  discord.gateway.drop();
  const channel = guild.createTextChannel({ name: 'meanwhile' });
  assert.equal((await created)[0].id, channel);
  await resumed;
  assert.equal(discord.gateway.sessions.length, 1);
  assert.equal(discord.gateway.sessions[0]?.resumes, 1);
});

test('an invalidated session cannot be resumed', async (t) => {
  const discord = await startDiscord(t);
  const { socket } = await connect(discord, identify(discord.token, 1));
  const [ready] = await once(socket, 'message');
  const session = JSON.parse(String(ready)).d.session_id;
  const ended = once(socket, 'message');
  discord.gateway.invalidate();
  assert.deepEqual(JSON.parse(String((await ended)[0])), { op: 9, d: false });
  const again = await connect(discord, { op: 6, d: { token: discord.token, session_id: session, seq: 1 } });
  assert.equal(JSON.parse(String((await once(again.socket, 'message'))[0])).op, 9);
  for (const one of [socket, again.socket]) one.terminate();
});

test('a client that does not beat is cut off', async (t) => {
  const discord = await startDiscord(t, { heartbeatIntervalMs: 40 });
  const { closed } = await connect(discord, identify(discord.token, 1));
  assert.equal(await closed, 4009);
});

test('a session that is closed for good takes the bot out of voice', async (t) => {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const channel = guild.createVoiceChannel();
  const bot = await startBot(discord);
  bot.ws.shards
    .first()
    ?.send({ op: 4, d: { guild_id: guild.id, channel_id: channel, self_mute: false, self_deaf: false } });
  await once(bot, Events.VoiceStateUpdate);
  assert.equal(guild.botVoiceChannelId, channel);
  const other = await startBot(discord);
  const gone = once(other, Events.VoiceStateUpdate);
  await bot.destroy();
  await gone;
  assert.equal(guild.botVoiceChannelId, null);
});
