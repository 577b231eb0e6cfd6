import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BOT_DEFAULT, Permission, type SimulatedPerson } from '@parley/simulator/discord';
import { request, startBot, startDiscord } from '../../../simulator/test/discord/bot.ts';
import { DiscordModeration } from '../../../src/discord/guild/moderation.ts';
import type { MemberAct } from '../../../src/ports/guild.ts';

const MODERATOR = ['MuteMembers', 'MoveMembers', 'ModerateMembers'] as const;

/** Mo moderates, Ben does not, Ada is an administrator; all in the Lounge. Roles that are made later stand higher. */
async function setUp(context: TestContext, options: { bot?: readonly (typeof MODERATOR)[number][] } = {}) {
  const discord = await startDiscord(context);
  const guild = discord.createGuild({ botPermissions: [...BOT_DEFAULT, ...(options.bot ?? MODERATOR)] });
  const voice = guild.createVoiceChannel({ name: 'Lounge' });
  const cellar = guild.createVoiceChannel({ name: 'Cellar' });
  const secret = guild.createVoiceChannel({ name: 'Secret', denyEveryone: ['ViewChannel'] });
  const ben = guild.addPerson({ name: 'Ben' });
  const role = guild.createRole({ name: 'mods', permissions: MODERATOR });
  const mo = guild.addPerson({ name: 'Mo', roles: [role] });
  const max = guild.addPerson({ name: 'Max', roles: [role] });
  const ada = guild.addPerson({ name: 'Ada', admin: true });
  // The bot's own role is made with the guild, and so stands lowest: lift it above all but the administrator's.
  for (const one of guild.roles.values()) if (one.name === 'Parley') one.position = guild.roles.get(role)!.position + 1;
  for (const one of guild.roles.values()) if (one.name === 'admin') one.position += 2;
  for (const person of [ben, mo, max, ada]) await person.join(voice, { connect: false });
  const client = await startBot(discord);
  const moderation = new DiscordModeration(client);
  const act = (by: SimulatedPerson | readonly SimulatedPerson[], target: SimulatedPerson, wanted: MemberAct) =>
    moderation.act({ guildId: guild.id, target: personOf(target), act: wanted, by: [by].flat().map(personOf) });
  return { discord, guild, voice, cellar, secret, role, ben, mo, max, ada, moderation, act };
}

const personOf = ({ userId, name }: SimulatedPerson) => ({ userId, name });
const MUTE = { kind: 'mute', muted: true } as const;
const TIMEOUT = { kind: 'timeout', minutes: 10 } as const;

test('a moderator has members muted, moved, put out and timed out, each with a reason in the audit log', async (context) => {
  const { act, mo, ben, cellar, discord } = await setUp(context);
  await act(mo, ben, MUTE);
  assert.equal(ben.member.mute, true);
  await act(mo, ben, { kind: 'mute', muted: false });
  assert.equal(ben.member.mute, false);
  await act(mo, ben, { kind: 'move', channelId: cellar });
  assert.equal(ben.voiceChannelId, cellar);
  await act(mo, ben, { kind: 'disconnect' });
  assert.equal(ben.voiceChannelId, null);
  const reasons = discord.requests.filter(({ method }) => method === 'PATCH').map(({ reason }) => reason);
  assert.deepEqual(reasons, Array(4).fill(`asked for by Mo (${mo.userId}) by voice`));
});

test('a time-out is of the length that was asked for', async (context) => {
  const { act, mo, ben } = await setUp(context);
  await act(mo, ben, TIMEOUT);
  assert.ok(Math.abs((ben.member.timedOutUntil ?? 0) - Date.now() - 600_000) < 60_000);
});

test('nobody does by voice what Discord would not let them do by hand', async (context) => {
  const { act, mo, max, ben, ada, guild, secret, discord } = await setUp(context);
  await assert.rejects(act(ben, mo, MUTE), { message: '"Ben" lacks Mute Members.' });
  await assert.rejects(act(ben, mo, TIMEOUT), { message: '"Ben" lacks Timeout Members.' });
  await assert.rejects(act([mo, ben], ada, MUTE), /"Mo" does not stand above that of "Ada"/);
  await assert.rejects(act([mo, max], ben, { kind: 'move', channelId: secret }), /"Mo" may not enter "Secret"/);
  await assert.rejects(act(mo, max, MUTE), { message: /^The highest role of "Mo" does not stand above that of "Max"/ });
  await assert.rejects(act(mo, mo, MUTE), /they can do it themselves/);
  await assert.rejects(act([], ben, MUTE), /not known who asked/);
  await assert.rejects(act(ada, mo, { kind: 'move', channelId: '42' }), /does not exist any more/);
  const owner = { userId: guild.ownerId, name: 'Owner' };
  const order = { guildId: guild.id, target: owner, act: MUTE, by: [personOf(ada)] };
  await assert.rejects(new DiscordModeration(await startBot(discord)).act(order), /owns this server/);
  assert.deepEqual(
    discord.requests.filter(({ method }) => method === 'PATCH'),
    [],
  );
});

test('where two people asked, both need the right', async (context) => {
  const { act, mo, ada, ben } = await setUp(context);
  const cara = ben;
  await assert.rejects(act([ada, cara], mo, MUTE), { message: '"Ben" lacks Mute Members.' });
  await act([ada, mo], ben, MUTE).catch((error: Error) => assert.fail(error.message));
  assert.equal(ben.member.mute, true);
});

test('a role that was taken away a moment ago counts as taken away', async (context) => {
  const { act, mo, ben } = await setUp(context);
  mo.member.roleIds = [];
  await assert.rejects(act(mo, ben, MUTE), { message: '"Mo" lacks Mute Members.' });
});

test('the bot needs the right too, and says which', async (context) => {
  const { act, mo, ben, ada } = await setUp(context, { bot: ['MuteMembers'] });
  await assert.rejects(act(mo, ben, { kind: 'disconnect' }), /^Error: I lack Move Members\./);
  await act(ada, mo, MUTE);
  await assert.rejects(act(ada, mo, TIMEOUT), /^Error: I lack Timeout Members\./);
});

test('whoever has left is said to be gone', async (context) => {
  const { act, mo, ben, guild } = await setUp(context);
  guild.members.delete(ben.userId);
  await assert.rejects(act(mo, ben, MUTE), { message: '"Ben" is not on this server any more.' });
});

test('channels that somebody does not see are not offered', async (context) => {
  const { moderation, guild, mo, ada } = await setUp(context);
  const names = (...by: SimulatedPerson[]) =>
    moderation.voiceChannels(guild.id, by.map(personOf)).map(({ name }) => name);
  assert.deepEqual(names(ada), ['Lounge', 'Cellar', 'Secret']);
  assert.deepEqual(names(ada, mo), ['Lounge', 'Cellar']);
});

test('the simulated Discord goes by the order of roles for time-outs, and by permission alone for muting', async (context) => {
  const { discord, guild, ada, mo } = await setUp(context);
  const patch = (userId: string, body: object) =>
    request(discord, 'PATCH', `/guilds/${guild.id}/members/${userId}`, body);
  const until = new Date(Date.now() + 60_000).toISOString();
  assert.equal((await patch(ada.userId, { communication_disabled_until: until })).json.code, 50013);
  assert.equal((await patch(guild.ownerId, { communication_disabled_until: until })).json.code, 50013);
  assert.equal((await patch(ada.userId, { mute: true })).status, 200);
  guild.roles.get(guild.members.get(discord.botUser.id)!.roleIds[0]!)!.position = 1;
  assert.equal((await patch(mo.userId, { communication_disabled_until: until })).json.code, 50013);
});

test('nobody is moved to where the one who asked could go a moment ago, though the event that closed it is late', async (context) => {
  const { act, mo, ben, guild, cellar, voice } = await setUp(context);
  guild.channels.get(cellar)!.overwrites.push({ id: mo.userId, type: 1, allow: 0n, deny: Permission.ViewChannel });
  await assert.rejects(act(mo, ben, { kind: 'move', channelId: cellar }), {
    message: '"Mo" may not enter "Cellar", so nobody can be moved there.',
  });
  assert.equal(ben.voiceChannelId, voice);
});

test('who has a name that looks like the bot’s is not taken for it in what is said of them', async (context) => {
  const { act, mo, ben, ada, guild } = await setUp(context);
  guild.members.get(ben.userId)!.nick = 'Pаrley';
  guild.members.get(ada.userId)!.nick = 'PARLEY\u200b';
  await assert.rejects(act(ben, mo, MUTE), { message: '"Pаrley (a person)" lacks Mute Members.' });
  await assert.rejects(act(mo, ada, TIMEOUT), { message: /^"PARLEY\u200b \(a person\)" is an administrator/ });
});
