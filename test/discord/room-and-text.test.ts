import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { ChannelType, SimulatedDiscord, type SimulatedGuild } from '@parley/simulator/discord';
import { type Client, Events, type Guild, type VoiceChannel } from 'discord.js';
import { createClient, logIn } from '../../src/discord/client/client.ts';
import { GuildRoom } from '../../src/discord/guild/room.ts';
import { Announcement, farewellFor } from '../../src/discord/text/channel-notices.ts';
import { openTextChannel } from '../../src/discord/text/text-channel.ts';
import { VoiceStatuses } from '../../src/discord/text/voice-status.ts';
import { policyFor } from '../../src/discord/voice/link/close-codes.ts';
import { keptLog } from '../support/doubles/log.ts';
import { noSchemas, violations } from '../support/world/published.ts';

const { log, lines } = keptLog();
let discord: SimulatedDiscord;
let client: Client<true>;
let statuses: VoiceStatuses;
before(async () => {
  discord = await SimulatedDiscord.start();
  const { apiUrl } = discord;
  const fresh = createClient({ apiUrl, log, onDead: () => {} });
  statuses = new VoiceStatuses(fresh, log);
  client = await logIn(fresh, { token: discord.token, apiUrl });
});
after(async () => {
  await client.destroy();
  await discord.close();
});

/** The bot's view of a guild, once it has everything that `set` made of it. */
async function seen(
  set: (guild: SimulatedGuild) => Promise<void> | void,
): Promise<{ guild: Guild; simulated: SimulatedGuild }> {
  const simulated = discord.createGuild();
  await set(simulated);
  return { guild: await settled(simulated), simulated };
}

/** The gateway keeps its order, so once a later event is here everything before it is. */
async function settled(simulated: SimulatedGuild): Promise<Guild> {
  const name = `marker-${Math.random()}`;
  const waiting = Promise.withResolvers<void>();
  const onChannel = (channel: { name?: string }): void => {
    if (channel.name === name) waiting.resolve();
  };
  client.on(Events.ChannelCreate, onChannel);
  simulated.createTextChannel({ name });
  await waiting.promise;
  client.off(Events.ChannelCreate, onChannel);
  return client.guilds.cache.get(simulated.id)!;
}

async function enterVoice(guild: Guild, channelId: string): Promise<void> {
  const entered = once(client, Events.VoiceStateUpdate);
  guild.shard.send({
    op: 4,
    d: { guild_id: guild.id, channel_id: channelId, self_mute: false, self_deaf: false },
  });
  await entered;
}

describe('GuildRoom', () => {
  it('has the people of its channel, under the names of the guild, and no bot', async () => {
    let voice = '';
    let anna = '';
    const { guild, simulated } = await seen(async (made) => {
      voice = made.createVoiceChannel();
      const other = made.createVoiceChannel();
      const person = made.addPerson({ name: 'anna', nick: 'Anna 🙂' });
      anna = person.userId;
      await person.join(voice, { connect: false });
      await made.addPerson({ name: 'Ben' }).join(other, { connect: false });
    });
    await enterVoice(guild, voice);
    const room = new GuildRoom({ guild, channelId: voice, textChannelId: () => voice });
    assert.deepEqual(room.people(), [{ userId: anna, name: 'Anna 🙂' }]);
    const botId = guild.client.user.id;
    const withBot = new GuildRoom({ guild, channelId: voice, textChannelId: () => voice, isBot: () => false });
    assert.deepEqual(
      withBot
        .people()
        .map(({ userId }) => userId)
        .toSorted(),
      [anna, botId].toSorted(),
    );
    assert.equal(room.nameOf(anna), 'Anna 🙂');
    assert.equal(room.nameOf('42'), 'Somebody 42');
    await simulated.people[0]?.leave();
    await settled(simulated);
    assert.deepEqual(room.people(), []);
    // A leaver may have said the last words.
    assert.equal(room.nameOf(anna), 'Anna 🙂');
  });

  it('has a name for everybody whose name can be seen nowhere, and nobody’s control characters as one', async () => {
    let voice = '';
    const { guild, simulated } = await seen(async (made) => {
      voice = made.createVoiceChannel();
      for (const [name, nick] of [
        ['Anna', '\u3164\u2800'],
        ['\u200b \u202e', null],
        ['Ben', `${'x'.repeat(500)}`],
      ] as const) {
        const person = made.addPerson({ name, ...(nick && { nick }) });
        await person.join(voice, { connect: false });
      }
    });
    const room = new GuildRoom({ guild, channelId: voice, textChannelId: () => voice });
    const [, unseen] = simulated.people;
    // The user name is what Discord makes of it: letters, digits, dots and underscores.
    assert.deepEqual(
      room.people().map(({ name }) => name),
      ['Anna', 'person', 'x'.repeat(64)],
    );
    assert.equal(room.nameOf(unseen!.userId), 'person');
  });

  it('says who may write in the channel of the transcript', async () => {
    let voice = '';
    let news = '';
    const { guild, simulated } = await seen(async (made) => {
      voice = made.createVoiceChannel();
      news = made.createTextChannel({ denyEveryone: ['SendMessages'] });
      await made.addPerson({ name: 'Anna' }).join(voice, { connect: false });
      await made.addPerson({ name: 'Ada', admin: true }).join(voice, { connect: false });
    });
    const [anna, ada] = simulated.people;
    let textChannelId = voice;
    const room = new GuildRoom({ guild, channelId: voice, textChannelId: () => textChannelId });
    assert.equal(room.mayWrite(anna!.userId), true);
    textChannelId = news;
    assert.equal(room.mayWrite(anna!.userId), false);
    assert.equal(room.mayWrite(ada!.userId), true);
    assert.equal(room.mayWrite('42'), false);
    textChannelId = '42';
    assert.equal(room.mayWrite(ada!.userId), false);
  });

  it('says which roles and permissions people have at this moment, though nobody tells the bot of changes', async () => {
    let voice = '';
    let mods = '';
    const { guild, simulated } = await seen(async (made) => {
      voice = made.createVoiceChannel();
      mods = made.createRole({ name: 'Mods', permissions: ['MuteMembers', 'ManageMessages'] });
      await made.addPerson({ name: 'Anna', roles: [mods] }).join(voice, { connect: false });
      await made.addPerson({ name: 'Ben' }).join(voice, { connect: false });
    });
    const [anna, ben] = simulated.people;
    const room = new GuildRoom({ guild, channelId: voice, textChannelId: () => voice });
    const mayMute = () => [anna, ben].map((person) => room.permits(person!.userId, 'MuteMembers'));
    assert.deepEqual(room.rolesOf(anna!.userId), [mods]);
    assert.deepEqual(room.rolesOf(ben!.userId), []);
    assert.deepEqual(mayMute(), [true, false]);
    assert.equal(room.outranks(anna!.userId, ben!.userId), true);
    assert.equal(room.outranks(ben!.userId, anna!.userId), false);
    assert.equal(room.outranks(anna!.userId, anna!.userId), false);
    assert.equal(room.outranks(anna!.userId, guild.ownerId), false);
    assert.equal(room.outranks(guild.ownerId, anna!.userId), true);
    anna!.member.roleIds.length = 0;
    ben!.member.roleIds.push(mods);
    simulated.memberChanged(anna!.member);
    await settled(simulated);
    await room.refresh([anna!.userId, ben!.userId]);
    assert.deepEqual(mayMute(), [false, true]);
    assert.deepEqual(room.rolesOf(ben!.userId), [mods]);
    ben!.member.timedOutUntil = Date.now() + 60_000;
    await room.refresh([ben!.userId]);
    assert.deepEqual(mayMute(), [false, false]);
    await room.refresh(['42']);
    assert.deepEqual(room.rolesOf('42'), []);
    assert.equal(room.permits('42', 'ManageMessages'), false);
  });

  it('does not let somebody write who is timed out', async () => {
    let voice = '';
    const { guild, simulated } = await seen(async (made) => {
      voice = made.createVoiceChannel();
      await made.addPerson({ name: 'Anna' }).join(voice, { connect: false });
    });
    const [anna] = simulated.people;
    const room = new GuildRoom({ guild, channelId: voice, textChannelId: () => voice });
    anna!.member.timedOutUntil = Date.now() + 60_000;
    // Discord puts out of voice whom it silences, and tells about the member with that.
    await anna!.leave();
    await settled(simulated);
    assert.equal(room.mayWrite(anna!.userId), false);
  });
});

describe('a text channel', () => {
  it('posts and edits without pinging anybody, buzzing or unfolding links', async () => {
    let voice = '';
    const { guild, simulated } = await seen((made) => {
      voice = made.createVoiceChannel();
    });
    const channel = await openTextChannel(guild, voice);
    const id = await channel.post('@everyone https://example.org');
    await channel.edit(id, '@here again');
    const [message] = simulated.messages(voice);
    assert.equal(message?.id, id);
    assert.equal(message?.content, '@here again');
    assert.deepEqual(message?.wouldPing, []);
    assert.equal((message?.flags ?? 0) & 4, 4);
    assert.equal((message?.flags ?? 0) & 4096, 4096);
  });

  it('writes into a thread', async () => {
    let threadId = '';
    const { guild, simulated } = await seen((made) => {
      const parentId = made.createTextChannel();
      threadId = made.addChannel({ type: ChannelType.publicThread, name: 'Notes', parentId }).id;
    });
    await (await openTextChannel(guild, threadId)).post('hello');
    assert.equal(simulated.messages(threadId)[0]?.content, 'hello');
  });

  it('names the permission that it lacks, without asking Discord in vain', async () => {
    let mute = '';
    let closed = '';
    const { guild } = await seen((made) => {
      mute = made.createTextChannel({ name: 'mute', denyBot: ['SendMessages'] });
      closed = made.createVoiceChannel({ name: 'closed', denyBot: ['Connect'] });
    });
    const before = discord.requests.length;
    await assert.rejects((await openTextChannel(guild, mute)).post('x'), { message: 'I lack Send Messages in #mute.' });
    await assert.rejects((await openTextChannel(guild, closed)).post('x'), { message: 'I lack Connect in #closed.' });
    assert.equal(discord.requests.length, before);
  });

  it('attaches files to a post and to an edit, keeps them, and says why it cannot', async () => {
    let text = '';
    let bare = '';
    const { guild, simulated } = await seen((made) => {
      text = made.createTextChannel({ name: 'general' });
      bare = made.createTextChannel({ name: 'bare', denyBot: ['AttachFiles'] });
    });
    const channel = await openTextChannel(guild, text);
    const picture = { name: 'cat.png', bytes: Buffer.from('cat'), description: 'A cat' };
    const id = await channel.post('running', [{ id: 'x', label: 'Cancel' }]);
    await channel.edit(id, 'done', [], [picture]);
    await channel.edit(id, 'done, and more');
    await channel.post('at once', [], [picture]);
    const [edited, posted] = simulated.messages(text);
    assert.equal(edited?.content, 'done, and more');
    for (const message of [edited, posted]) {
      assert.deepEqual(
        message?.files.map(({ name, bytes }) => [name, String(Buffer.from(bytes))]),
        [['cat.png', 'cat']],
      );
    }
    const huge = { name: 'huge.bin', bytes: Buffer.alloc(10 * 1024 * 1024 + 1) };
    await assert.rejects(channel.post('x', [], [huge]), {
      message: 'I could not write in #general: a file is too large.',
    });
    const closed = await openTextChannel(guild, bare);
    const before = discord.requests.length;
    await assert.rejects(closed.post('x', [], [picture]), { message: 'I lack Attach Files in #bare.' });
    assert.equal(discord.requests.length, before);
  });

  it('says what happened to a channel or a message that is gone', async () => {
    let text = '';
    const { guild, simulated } = await seen((made) => {
      text = made.createTextChannel({ name: 'general' });
    });
    const channel = await openTextChannel(guild, text);
    const id = await channel.post('x');
    simulated.board.delete(simulated.messages(text)[0]!);
    await assert.rejects(channel.edit(id, 'y'), {
      message: 'I could not edit my message in #general: somebody deleted it.',
    });
    simulated.deleteChannel(text);
    await assert.rejects(channel.post('z'), { message: 'I could not write in #general: the channel was deleted.' });
    await assert.rejects(
      openTextChannel(guild, text),
      /^PlaceRefusedError: The channel for transcripts is gone, or I cannot see it\./,
    );
  });
});

describe('Announcement', () => {
  const by = { userId: '1', name: '**Anna**' };

  async function visit(options: { denyBot?: readonly ['SendMessages'] | readonly ['SetVoiceChannelStatus'] } = {}) {
    let voice = '';
    const { guild, simulated } = await seen((made) => {
      voice = made.createVoiceChannel(options);
    });
    await enterVoice(guild, voice);
    const channel = guild.channels.cache.get(voice) as VoiceChannel;
    const announcement = new Announcement({
      channel,
      conversation: 'talk',
      modelLabel: () => 'OpenAI (gpt-realtime-2.1)',
      statuses,
      log,
    });
    return { voice, channel, simulated, announcement };
  }

  it('says who listens, who asked it in, where the sound goes and how to stop it', async () => {
    const { voice, simulated, announcement } = await visit();
    await announcement.joined(by);
    assert.equal(
      simulated.messages(voice)[0]?.content,
      'Hello, I am an AI. \\*\\*Anna\\*\\* asked me in, and I am listening to this voice channel now.\n' +
        'What you say here goes to OpenAI (gpt-realtime-2.1) and is written down. If you do not want that, say so with `/privacy out`: I stop hearing you at once. What that means: `/privacy about`.',
    );
    assert.equal(simulated.voiceStatus(voice), 'AI is listening');
    await announcement.leaving();
    assert.equal(simulated.voiceStatus(voice), null);
    await announcement.ended({ kind: 'asked', by: null });
    assert.equal(simulated.messages(voice).length, 1);
  });

  it('says where the sound goes from now on, with nothing in it that acts', async () => {
    const { voice, simulated, announcement } = await visit();
    await announcement.goesTo('I now use OpenAI (_my_ <@1> @everyone model).');
    assert.equal(
      simulated.messages(voice)[0]?.content,
      'I now use OpenAI (\\_my\\_ \\<\\@1\\> \\@\u2060everyone model).',
    );
  });

  it('joins what people choose again and again into one post, which shows the last word of each', async () => {
    const { voice, simulated, announcement } = await visit();
    const ben = { userId: '2', name: 'Ben' };
    const all: Promise<void>[] = [];
    for (let i = 0; i < 40; i += 1) all.push(announcement.chose(by, i % 2 === 0 ? 'out' : 'in'));
    all.push(announcement.chose(ben, 'out'));
    await Promise.all(all);
    assert.deepEqual(
      simulated.messages(voice).map(({ content }) => content),
      [
        '\\*\\*Anna\\*\\* opted in: I hear them from now on.\n' +
          'Ben opted out: I no longer hear them. What they were just saying, if anything, is dropped.',
      ],
    );
    const [message] = simulated.messages(voice);
    await client.rest.delete(`/channels/${voice}/messages/${message?.id}`);
    await announcement.chose(ben, 'in');
    assert.match(
      simulated.messages(voice).at(-1)?.content ?? '',
      /Ben opted in/,
      'told again where the post was deleted',
    );
  });

  it('leaves a status that somebody else wrote meanwhile', async () => {
    const { voice, channel, simulated, announcement } = await visit();
    await announcement.joined(by);
    // Through another session of the same bot: to the first one it is anybody's.
    await client.rest.put(`/channels/${voice}/voice-status`, { body: { status: 'Movie night' } });
    await settled(simulated);
    await announcement.leaving();
    assert.equal(simulated.voiceStatus(voice), 'Movie night');
    assert.equal(await statuses.show(channel, 'AI is listening'), false);
    assert.equal(simulated.voiceStatus(voice), 'Movie night');
  });

  it('does without the status, or without the words, where it may not', async () => {
    const first = await visit({ denyBot: ['SetVoiceChannelStatus'] });
    await first.announcement.joined(by);
    assert.equal(first.simulated.voiceStatus(first.voice), null);
    assert.equal(first.simulated.messages(first.voice).length, 1);
    const second = await visit({ denyBot: ['SendMessages'] });
    await second.announcement.joined(by);
    assert.equal(second.simulated.voiceStatus(second.voice), 'AI is listening');
    assert.equal(lines.at(-1)?.msg, 'could not say it in the voice channel');
  });

  it('says why it left where nobody asked it to', async () => {
    const { voice, simulated, announcement } = await visit();
    await announcement.ended({ kind: 'session-lost', message: 'OpenAI did not answer.' });
    assert.equal(
      simulated.messages(voice)[0]?.content,
      'I had to leave: OpenAI did not answer. I no longer hear anything. `/join` brings me back.',
    );
    assert.equal(
      farewellFor({ kind: 'line-lost', message: policyFor(4021).message }),
      'I had to leave: Discord closed my voice connection because of too many requests. Wait a few minutes before `/join`. I no longer hear anything.',
      'does not ask to come back at once where that is of no use',
    );
    assert.equal(farewellFor({ kind: 'asked', by: '1' }), null);
    assert.match(farewellFor({ kind: 'alone' }) ?? '', /^I left because nobody was here/);
    assert.match(farewellFor({ kind: 'idle' }) ?? '', /^I left because nobody had spoken/);
    assert.match(
      farewellFor({ kind: 'budget', budget: BUDGET }) ?? '',
      /today's budget of this server \(\$2\) is spent/,
    );
  });
});

const BUDGET = {
  of: 'server',
  span: 'day',
  limitUsd: 2,
  spentUsd: 2.1,
  until: 1_796_000_000_000,
  words: "today's budget of this server ($2)",
  anew: 'midnight UTC',
  back: '<t:1796000000:R>',
} as const;

describe('what was sent', () => {
  it('is as the published schemas have it', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(discord), []);
    assert.ok(discord.requests.some((one) => one.path.endsWith('/voice-status')));
  });
});
