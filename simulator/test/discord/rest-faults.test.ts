import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DiscordAPIError, type TextChannel } from 'discord.js';
import type { RestFault } from '../../src/discord/rest/faults.ts';
import { request, startBot, startDiscord } from './bot.ts';

const MESSAGES = /^\/channels\/\d+\/messages$/;

async function stage(t: TestContext) {
  const discord = await startDiscord(t);
  const guild = discord.createGuild();
  const text = guild.createTextChannel();
  const elsewhere = guild.createTextChannel();
  const bot = await startBot(discord);
  const contents = () => guild.messages(text).map((one) => one.content);
  return { discord, guild, text, elsewhere, contents, channel: bot.channels.cache.get(text) as TextChannel };
}

test('a message whose answer is lost stands there, and stands twice when it is sent again without a nonce', async (t) => {
  const losses: readonly RestFault[] = [
    { kind: 'status', status: 502, acts: true, body: '<html>', type: 'text/html' },
    { kind: 'cut', acts: true },
  ];
  for (const fault of losses) {
    const { discord, channel, contents } = await stage(t);
    const added = discord.restFaults.add({ method: 'POST', path: MESSAGES, times: 1, fault });
    // The library itself sends it again after a 502, and gives up where the connection was cut.
    await channel.send('hello').catch(() => channel.send('hello'));
    assert.deepEqual(contents(), ['hello', 'hello'], fault.kind);
    assert.equal(added.struck, 1);
  }
});

test('a nonce that is enforced gives the first message, in another channel as well, and nothing once it was deleted', async (t) => {
  const { channel, guild, text, elsewhere, contents } = await stage(t);
  const first = await channel.send({ content: 'hello', nonce: 'one', enforceNonce: true });
  const again = await channel.send({ content: 'other words', nonce: 'one', enforceNonce: true });
  assert.equal(again.id, first.id);
  assert.equal(again.content, 'hello');
  await channel.send({ content: 'not enforced', nonce: 'one', enforceNonce: false });
  assert.deepEqual(contents(), ['hello', 'not enforced']);
  const other = channel.guild.channels.cache.get(elsewhere) as TextChannel;
  assert.equal((await other.send({ content: 'elsewhere', nonce: 'one', enforceNonce: true })).id, first.id);
  guild.board.delete(guild.board.get(text, first.id));
  await assert.rejects(channel.send({ content: 'hello', nonce: 'one', enforceNonce: true }), { code: 10008 });
});

test('a fault strikes the requests that its rule names, as often as it says', async (t) => {
  const { discord, channel, contents } = await stage(t);
  const { restFaults } = discord;
  const blocked = restFaults.add({
    method: 'POST',
    path: MESSAGES,
    when: ({ body }) => String((body as { content?: unknown }).content).includes('bad'),
    fault: { kind: 'status', status: 400, code: 200000, message: 'blocked' },
  });
  await channel.send('good');
  const refused = (error: unknown) => error instanceof DiscordAPIError && error.code === 200000;
  await assert.rejects(channel.send('bad'), refused);
  await assert.rejects(channel.send('bad again'), refused);
  assert.equal(blocked.struck, 2);
  blocked.remove();
  await channel.send('bad');
  assert.deepEqual(contents(), ['good', 'bad']);
});

test('an answer can be late or never come, and says no JSON where it is told so', async (t) => {
  const { discord } = await stage(t);
  const { restFaults } = discord;
  const asked = (signal?: AbortSignal) =>
    fetch(`${discord.apiUrl}/v10/users/@me`, {
      headers: { authorization: `Bot ${discord.token}` },
      ...(signal && { signal }),
    });
  restFaults.add({ path: /^\/users\/@me$/, times: 1, fault: { kind: 'late', ms: 50 } });
  const before = performance.now();
  assert.equal((await asked()).status, 200);
  assert.ok(performance.now() - before >= 49);
  restFaults.add({
    path: /^\/users\/@me$/,
    times: 1,
    fault: { kind: 'status', status: 200, body: '<p>', type: 'text/html' },
  });
  assert.equal(await (await asked()).text(), '<p>');
  restFaults.add({ path: /^\/users\/@me$/, fault: { kind: 'hang' } });
  await assert.rejects(asked(AbortSignal.timeout(100)), { name: 'TimeoutError' });
  assert.equal(discord.requests.at(-1)?.status, 0);
  restFaults.clear();
  assert.equal((await asked()).status, 200);
  assert.equal((await request(discord, 'GET', '/users/@me')).status, 200);
});
