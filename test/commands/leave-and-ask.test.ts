import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noSchemas, violations } from '../support/world/published.ts';
import { furnish, type Rig, startRig } from './rig.ts';

describe('/leave and /ask', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('leaves when somebody in the channel asks', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/leave');
    assert.equal(answer.content, `I left <#${voice}>. I no longer hear anything. \`/join\` brings me back.`);
    assert.deepEqual(bridge.closed, [{ kind: 'asked', by: anna.userId }]);
    assert.equal((await anna.command('/leave')).content, 'I am in no voice channel here. `/join` brings me into one.');
  });

  it('stays when somebody outside asks who may not move people', async () => {
    const { guild, voice } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const ben = guild.addPerson({ name: 'Ben' });
    const answer = await ben.command('/leave');
    assert.match(
      answer.content,
      new RegExp(`^I am in <#${voice}>\\. Only people who are in it, or who have \\*\\*Move Members\\*\\*`),
    );
    assert.equal(answer.ephemeral, true);
    assert.deepEqual(bridge.closed, []);
  });

  it('leaves when somebody outside asks who may move people', async () => {
    const { guild, voice } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const mover = guild.addPerson({ name: 'Mo', roles: [guild.createRole({ permissions: ['MoveMembers'] })] });
    await mover.command('/leave');
    assert.deepEqual(bridge.closed, [{ kind: 'asked', by: mover.userId }]);
  });

  it('types a question into the conversation and tells only the asker, for the transcript tells everybody', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/ask', { text: ' What is **up**, @everyone? ' });
    assert.deepEqual(bridge.asked, [
      { person: { userId: anna.userId, name: 'Anna' }, text: 'What is **up**, @everyone?' },
    ]);
    assert.equal(answer.content, `I answer in <#${voice}>. You asked: What is \\*\\*up\\*\\*\\, \\@everyone\\?`);
    assert.equal(answer.ephemeral, true);
    assert.deepEqual(answer.message?.wouldPing, []);
  });

  it('keeps a question from another channel between the asker and itself', async () => {
    const { guild, voice, text, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/ask', { text: 'Hello' }, { channelId: text });
    assert.equal(answer.ephemeral, true);
    assert.equal(bridge.asked.length, 1);
  });

  it('shows a long question in full as far as a message goes', async () => {
    const { guild, voice, anna } = await furnish(rig);
    rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/ask', { text: '*'.repeat(1000) });
    assert.equal(answer.content.length, 2000);
    assert.match(answer.content, /…$/);
  });

  it('does not take questions when it is in no channel, or in one that the asker cannot see', async () => {
    const { guild, anna } = await furnish(rig);
    const first = await anna.command('/ask', { text: 'Hello' });
    assert.match(first.content, /^I am in no voice channel here, so nobody would hear my answer/);
    assert.equal(first.ephemeral, true);
    const secret = guild.createVoiceChannel({ denyEveryone: ['ViewChannel'] });
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: secret });
    const second = await anna.command('/ask', { text: 'Hello' });
    assert.match(second.content, /^I am in a voice channel that you cannot see/);
    assert.equal(second.content.includes(secret), false);
    assert.deepEqual(bridge.asked, []);
  });

  it('says nothing for somebody who is muted, in the channel, in another one or in none', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answers: string[] = [];
    const ask = async () => answers.push((await anna.command('/ask', { text: 'Hello' })).content);
    guild.hinder(anna.userId, { mute: true });
    await ask();
    await anna.join(guild.createVoiceChannel({ name: 'Other' }), { connect: false });
    await ask();
    await anna.leave();
    await ask();
    for (const answer of answers) assert.match(answer, /^You are muted on this server/);
    assert.deepEqual(bridge.asked, []);
    guild.hinder(anna.userId, { mute: false });
    await ask();
    assert.match(answers.at(-1)!, /^I answer in/);
  });

  it('says nothing for somebody who may not speak in its channel, or not come there', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    const cases = [
      [guild.createVoiceChannel({ denyEveryone: ['Connect'] }), /^You lack \*\*Connect\*\* in/],
      [guild.createVoiceChannel({ denyEveryone: ['Speak'] }), /^You lack \*\*Speak\*\* in/],
      [
        guild.createVoiceChannel({ denyEveryone: ['Connect', 'Speak'] }),
        /^You lack \*\*Connect\*\* and \*\*Speak\*\* in/,
      ],
    ] as const;
    for (const [channelId, words] of cases) {
      const bridge = rig.bridges.place({ guildId: guild.id, channelId });
      assert.match((await ben.command('/ask', { text: 'Hello' })).content, words);
      assert.deepEqual(bridge.asked, []);
    }
  });

  it('says so where enough of what somebody typed waits', async () => {
    const { guild, voice, anna } = await furnish(rig);
    rig.bridges.place({ guildId: guild.id, channelId: voice }).takes = false;
    assert.match((await anna.command('/ask', { text: 'Hello' })).content, /^Some questions of yours are still waiting/);
  });

  it('does not ask a question without words', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/ask', { text: '   ' });
    assert.match(answer.content, /^There is nothing in your question/);
    assert.equal(answer.ephemeral, true);
    assert.deepEqual(bridge.asked, []);
  });

  it('sends bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
