import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BOT_DEFAULT } from '@parley/simulator/discord';
import { StartedWorld } from '../support/world/started-world.ts';

describe('Where the bot may be', () => {
  it('leaves servers that are not allowed and says why, and has servers wait for their turn', async (t) => {
    const world = await StartedWorld.prepare({ discord: { dave: false }, env: { MAX_CONVERSATIONS: '1' } });
    t.after(() => world.close());
    const { discord, guild } = world;
    const second = discord.createGuild({ name: 'Second' });
    const third = discord.createGuild({ name: 'Third' });
    const stranger = discord.createGuild({ name: 'Stranger', botPermissions: [...BOT_DEFAULT, 'ViewAuditLog'] });
    const blocked = discord.createGuild({ name: 'Blocked' });
    const hall = blocked.createTextChannel({ name: 'hall' });
    const served = [guild, second, third, blocked].map(({ id }) => id);
    world.boot({ env: { SERVERS_ALLOWED: served.join(), SERVERS_BLOCKED: blocked.id } });
    await world.bot.logs('ready');
    const isThere = (one: typeof guild): boolean => discord.guilds.includes(one);
    const direct = () => [...discord.direct.values()];
    await world.until('the bot out of two servers', () => !isThere(stranger) && !isThere(blocked));
    assert.deepEqual(
      direct().map(({ userId }) => userId),
      [stranger.ownerId],
      'the inviter, where Discord tells who that is',
    );
    assert.match(
      direct()[0]?.contents[0] ?? '',
      new RegExp(`^I leave the server "Stranger" again: .*id: ${stranger.id}\\.$`),
    );
    assert.match(blocked.messages(hall).at(-1)?.content ?? '', /^I leave the server "Blocked" again/);
    const late = discord.createGuild({ name: 'Late' });
    await world.until('the bot out of a server that invited it later', () => !isThere(late));
    assert.ok(isThere(guild) && isThere(second));

    const rooms = await Promise.all(
      [second, third].map(async (one) => {
        const voice = one.createVoiceChannel({ name: 'Room' });
        const person = one.addPerson({ name: 'Ben' });
        await person.join(voice);
        return { one, voice, person };
      }),
    );
    const [two, three] = rooms as [(typeof rooms)[0], (typeof rooms)[0]];
    const anna = await world.person('Anna');
    await world.join(anna);
    await world.until('the greeting', () =>
      /This call is not end-to-end encrypted: Discord could listen in/.test(world.posts()),
    );
    assert.match(
      (await two.person.command('/join')).content,
      /^I am in as many conversations as I can be\. You are next: I come into <#\d+>/,
    );
    assert.match((await three.person.command('/join')).content, /You are number 2 in the queue/);
    assert.match((await two.person.command('/join')).content, /You are next/, 'asking again changes nothing');
    assert.match((await three.person.command('/status')).content, /you are number 2 in the queue/);
    assert.match((await two.person.command('/leave')).content, /the place in the queue is given up/);
    assert.match((await two.person.command('/join')).content, /You are number 2/);
    await anna.command('/leave');
    await world.until('its turn', () => three.one.botVoiceChannelId === three.voice);
    assert.match((await anna.command('/join')).content, /You are number 2/, 'behind who waited');
    assert.equal(two.one.botVoiceChannelId, null);
    // Nobody is there any more when it is their turn.
    await two.person.leave();
    await three.person.command('/leave');
    await world.until("Anna's turn", () => guild.botVoiceChannelId === world.channelId);
  });

  it('costs nothing on a server that it leaves, and tries to leave until it is out', async (t) => {
    const world = await StartedWorld.start({ discord: { dave: false, resumeMs: 300 } });
    t.after(() => world.close());
    const { discord, guild } = world;
    const anna = await world.person('Anna');
    await world.join(anna);
    world.bot.kill();
    await world.until('the process gone', () => !world.bot.running);
    await world.until('its place empty', () => guild.botVoiceChannelId === null);
    const sessions = world.model.sessions.length;
    const refused = discord.restFaults.add({
      method: 'DELETE',
      path: /^\/users\/@me\/guilds\//,
      times: 1,
      fault: { kind: 'status', status: 403, code: 50_001, message: 'Missing Access' },
    });
    world.boot({ env: { SERVERS_BLOCKED: guild.id } });
    await world.bot.logs('trying again');
    assert.match((await anna.command('/join')).content, /^Whoever runs me has not allowed this server/);
    await world.until('the bot out', () => !discord.guilds.includes(guild));
    assert.equal(refused.struck, 1);
    assert.deepEqual([guild.botVoiceChannelId, world.model.sessions.length], [null, sessions]);
  });
});
