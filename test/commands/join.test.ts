import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LineLostError, SessionLostError } from '../../src/ports/errors.ts';
import { noSchemas, violations } from '../support/world/published.ts';
import { furnish, type Rig, startRig } from './rig.ts';

describe('/join', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it("joins the asker's own channel and says where the sound goes", async () => {
    const { guild, voice, anna } = await furnish(rig);
    const answer = await anna.command('/join');
    assert.equal(
      answer.content,
      `I am in <#${voice}> and listening: just talk to me. What is said there goes to OpenAI (gpt-realtime-2.1). \`/leave\` sends me away.`,
    );
    assert.equal(answer.deferred, true);
    assert.equal(answer.ephemeral, true);
    assert.deepEqual(rig.bridges.opened.at(-1), {
      guildId: guild.id,
      channelId: voice,
      by: { userId: anna.userId, name: 'Anna' },
      mode: 'talk',
    });
  });

  it('comes to listen only where it is asked to, says so, and is not asked then', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridges = rig.bridges;
    bridges.next = { mode: 'listen', model: 'OpenAI (gpt-live-transcribe)' };
    const answer = await anna.command('/join', { mode: 'listen' });
    assert.equal(bridges.opened.at(-1)?.mode, 'listen');
    assert.equal(
      answer.content,
      `I am in <#${voice}> and only write down what is said: I answer nobody. What is said there goes to OpenAI (gpt-live-transcribe). \`/leave\` sends me away.`,
    );
    assert.equal(
      (await anna.command('/join')).content,
      `I am already in <#${voice}>, and only write down what is said. To have me answer, type \`/leave\` and then \`/join mode:talk\`.`,
    );
    assert.equal(
      (await anna.command('/ask', { text: 'Why?' })).content,
      'I only write down what is said there, so I cannot answer. To have me answer, type `/leave` and then `/join mode:talk`.',
    );
    assert.equal(bridges.find(guild.id)?.asked.length, 0);
    assert.match(
      (await anna.command('/voice provider', { name: 'gemini' })).content,
      /I only write down now, which goes on as it is: it takes effect when I next join\.$/,
    );
    assert.match(
      (await anna.command('/status')).content,
      /\*\*Mode:\*\* listen: I only write down what is said, and answer nobody\n/,
    );
    assert.doesNotMatch((await anna.command('/status')).content, /Time to answer/);
  });

  it('does not turn silent for a request to listen while it answers', async () => {
    const { voice, anna } = await furnish(rig);
    await anna.command('/join');
    assert.equal(
      (await anna.command('/join', { mode: 'listen' })).content,
      `I am already in <#${voice}>, and I answer. To have me only write down, type \`/leave\` and then \`/join mode:listen\`.`,
    );
  });

  it('joins the channel that was named, though the asker sits elsewhere', async () => {
    const { guild, anna } = await furnish(rig);
    const other = guild.createVoiceChannel({ name: 'Other' });
    await anna.command('/join', { channel: other });
    assert.equal(rig.bridges.find(guild.id)?.channelId, other);
  });

  it('tells somebody who is in no voice channel to join or name one', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    const answer = await ben.command('/join');
    assert.match(answer.content, /^You are in no voice channel\. Join one/);
    assert.equal(rig.bridges.find(guild.id), undefined);
  });

  it('goes into stage channels', async () => {
    const { guild, anna } = await furnish(rig);
    const stage = guild.createVoiceChannel({ name: 'Stage', type: 'stage' });
    const answer = await anna.command('/join', { channel: stage });
    assert.match(answer.content, /^I am in <#\d+> and listening/);
    assert.equal(rig.bridges.find(guild.id)?.channelId, stage);
  });

  it('names every permission that the bot lacks in the channel', async () => {
    const { guild, anna } = await furnish(rig);
    const silent = guild.createVoiceChannel({ denyBot: ['Speak'] });
    const first = await anna.command('/join', { channel: silent });
    assert.match(first.content, /^I lack \*\*Speak\*\* in <#\d+>\. Somebody who may edit the channel can grant it/);
    const closed = guild.createVoiceChannel({ denyBot: ['Connect', 'Speak'] });
    const second = await anna.command('/join', { channel: closed });
    assert.match(second.content, /^I lack \*\*Connect\*\* and \*\*Speak\*\*.*can grant them/);
    const hidden = guild.createVoiceChannel({ denyBot: ['ViewChannel'] });
    const third = await anna.command('/join', { channel: hidden });
    assert.match(third.content, /\*\*View Channel\*\*/);
    assert.equal(rig.bridges.find(guild.id), undefined);
  });

  it('does not go where the asker may not go', async () => {
    const { guild, anna } = await furnish(rig);
    const locked = guild.createVoiceChannel({ denyEveryone: ['Connect'] });
    const answer = await anna.command('/join', { channel: locked });
    assert.match(answer.content, /^You may not join that channel yourself \(you lack \*\*Connect\*\* there\)/);
    assert.equal(rig.bridges.find(guild.id), undefined);
  });

  it('says what to do about a full channel, and gets in with Move Members', async () => {
    const { guild, anna } = await furnish(rig);
    const small = guild.createVoiceChannel({ userLimit: 1 });
    await anna.moveTo(small);
    const answer = await anna.command('/join');
    assert.match(answer.content, /^<#\d+> is full \(its limit is 1\)\. Make room/);
    const mover = rig.discord.createGuild({
      botPermissions: ['ViewChannel', 'Connect', 'Speak', 'SendMessages', 'MoveMembers'],
    });
    const tight = mover.createVoiceChannel({ userLimit: 1 });
    const ben = mover.addPerson({ name: 'Ben' });
    await ben.join(tight, { connect: false });
    assert.match((await ben.command('/join')).content, /and listening/);
  });

  it('says where it is already', async () => {
    const { guild, voice, anna } = await furnish(rig);
    rig.bridges.place({ guildId: guild.id, channelId: voice });
    assert.match((await anna.command('/join')).content, new RegExp(`^I am already in <#${voice}>`));
    const other = guild.createVoiceChannel({ name: 'Other' });
    assert.match(
      (await anna.command('/join', { channel: other })).content,
      new RegExp(`^I am in <#${voice}>, and I can be in one`),
    );
    const mute = guild.createVoiceChannel({ name: 'Mute', denyBot: ['Speak'] });
    assert.match(
      (await anna.command('/join', { channel: mute })).content,
      new RegExp(`^I am in <#${voice}>, and I can be in one`),
    );
    assert.equal(
      rig.bridges.opened.some((one) => one.guildId === guild.id),
      false,
    );
  });

  it('tells the second of two at once where the first one brought it', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const other = guild.createVoiceChannel({ name: 'Other' });
    const ben = guild.addPerson({ name: 'Ben' });
    await ben.join(other, { connect: false });
    const hold = Promise.withResolvers<void>();
    rig.bridges.delay = hold.promise;
    const answers = [anna.command('/join'), ben.command('/join')];
    // Both have passed every check by the time that both are deferred.
    await guild.waitForMessage(other, (message) => message.interaction?.userId === ben.userId);
    hold.resolve();
    const [first, second] = await Promise.all(answers);
    assert.match(first?.content ?? '', new RegExp(`^I am in <#${voice}> and listening`));
    assert.match(second?.content ?? '', new RegExp(`^I am in <#${voice}>, and I can be in one channel`));
  });

  it('does not give away a channel that the asker cannot see', async () => {
    const { guild, anna } = await furnish(rig);
    const secret = guild.createVoiceChannel({ name: 'Secret', denyEveryone: ['ViewChannel'] });
    rig.bridges.place({ guildId: guild.id, channelId: secret });
    const answer = await anna.command('/join');
    assert.match(answer.content, /^I am in another channel of this server that you cannot see/);
    assert.equal(answer.content.includes(secret), false);
  });

  it('shows why the model or the line could not be had, as it is', async () => {
    const { anna } = await furnish(rig);
    rig.bridges.failure = new SessionLostError('authentication', 'OpenAI refused the key. Check OPENAI_API_KEY.', {
      retryable: false,
    });
    assert.equal((await anna.command('/join')).content, 'OpenAI refused the key. Check OPENAI_API_KEY.');
    rig.bridges.failure = new LineLostError('Discord did not let me in.', { retryable: true });
    assert.equal((await anna.command('/join')).content, 'Discord did not let me in.');
  });

  it('shows a neutral sentence for anything else, and logs it', async () => {
    const { anna } = await furnish(rig);
    rig.bridges.failure = new Error('secret detail');
    const answer = await anna.command('/join');
    assert.equal(answer.content, 'Something went wrong on my side. It is in my log; please try again in a moment.');
    const line = rig.lines.findLast((one) => one.level === 50);
    assert.equal(line?.msg, 'a command failed');
    // Whose sentence it is nobody knows: its class and place are in the log.
    assert.match(JSON.stringify(line), /"type":"Error".*join\.test\.ts/);
    assert.doesNotMatch(JSON.stringify(line), /secret detail/);
  });

  it('warns where it cannot write the transcript', async () => {
    const { guild, anna } = await furnish(rig);
    const mute = guild.createVoiceChannel({ denyBot: ['SendMessages'] });
    const answer = await anna.command('/join', { channel: mute });
    assert.match(answer.content, /I cannot write the transcript: I lack \*\*Send Messages\*\* in <#\d+>\.$/);
    await rig.bridges.find(guild.id)?.close({ kind: 'asked', by: null });
    await rig.settings.set(guild.id, { transcriptChannelId: '123456789012345678' });
    assert.match((await anna.command('/join')).content, /The channel for transcripts is gone/);
  });

  it('sends bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
    assert.ok(rig.discord.requests.some((one) => one.method === 'PATCH' && one.body !== undefined));
  });
});
