import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChannelType } from '../../src/simulator/discord/entities.ts';
import { noSchemas, violations } from '../fakes/published.ts';
import { furnish, type Rig, startRig } from './rig.ts';

describe('/tools and /transcript', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('are for people who manage the server', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    await assert.rejects(ben.command('/tools list'), /lacks the permissions/);
    await assert.rejects(ben.command('/transcript channel'), /lacks the permissions/);
  });

  it('lists the tools, and which are off', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { disabledTools: ['current_time'] });
    assert.equal(
      (await anna.command('/tools list')).content,
      [
        '`get_weather` (on): The weather at a place\\.',
        '`current_time` (off): The time somewhere\\.',
        '`post_message` (on): Writes into the text channel\\.',
        'Switch them with `/tools enable` and `/tools disable`.',
      ].join('\n'),
    );
  });

  it('switches a tool off and on again, in the running conversation too', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    assert.equal(
      (await anna.command('/tools disable', { tool: 'get_weather' })).content,
      '`get_weather` is switched off. It is in effect now.',
    );
    assert.deepEqual(bridge.applied.at(-1)?.disabledTools, ['get_weather']);
    assert.equal(
      (await anna.command('/tools disable', { tool: 'get_weather' })).content,
      '`get_weather` is off already.',
    );
    assert.match(
      (await anna.command('/tools enable', { tool: 'get_weather' })).content,
      /^`get_weather` is switched on\./,
    );
    assert.deepEqual((await rig.settings.get(guild.id)).disabledTools, []);
    assert.equal(
      (await anna.command('/tools enable', { tool: 'get_weather' })).content,
      '`get_weather` is on already.',
    );
  });

  it('does not know a tool that there is not', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/tools disable', { tool: 'rm -rf' });
    assert.equal(answer.content, 'I have no tool “rm \\-rf”. I have `get_weather`, `current_time` and `post_message`.');
    assert.deepEqual((await rig.settings.get(guild.id)).disabledTools, []);
  });

  it('offers for enabling what is off, and for disabling what is on', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { disabledTools: ['current_time'] });
    const offered = async (typed: string, part: string) =>
      (await anna.autocomplete(typed, 'tool', part)).map((one) => one.value);
    assert.deepEqual(await offered('/tools enable', ''), ['current_time']);
    assert.deepEqual(await offered('/tools disable', ''), ['get_weather', 'post_message']);
    assert.deepEqual(await offered('/tools disable', 'WEA'), ['get_weather']);
  });

  it('sends transcripts to a channel, and back', async () => {
    const { guild, text, anna } = await furnish(rig);
    const answer = await anna.command('/transcript channel', { channel: text });
    assert.equal(
      answer.content,
      `Transcripts go to <#${text}>. Everybody who can read that channel will read what is said in voice. It takes effect when I next join.`,
    );
    assert.equal((await rig.settings.get(guild.id)).transcriptChannelId, text);
    assert.match(
      (await anna.command('/transcript channel')).content,
      /^Transcripts go to the voice channel's own chat\./,
    );
    assert.equal((await rig.settings.get(guild.id)).transcriptChannelId, null);
  });

  it('keeps what was said for as many days as it is told', async () => {
    const { guild, anna } = await furnish(rig);
    assert.equal((await rig.settings.get(guild.id)).retentionDays, 30);
    assert.match(
      (await anna.command('/transcript retention', { days: 7 })).content,
      /^I keep what is said for 7 days;/,
    );
    assert.equal((await rig.settings.get(guild.id)).retentionDays, 7);
  });

  it('sends transcripts to a thread', async () => {
    const { guild, text, anna } = await furnish(rig);
    const thread = guild.addChannel({ type: ChannelType.publicThread, name: 'Notes', parentId: text });
    assert.match((await anna.command('/transcript channel', { channel: thread.id })).content, /^Transcripts go to/);
    assert.equal((await rig.settings.get(guild.id)).transcriptChannelId, thread.id);
  });

  it('does not write where it may not, nor where the asker may not', async () => {
    const { guild, anna } = await furnish(rig);
    const mute = guild.createTextChannel({ name: 'mute', denyBot: ['SendMessages'] });
    const first = await anna.command('/transcript channel', { channel: mute });
    assert.match(first.content, /^I lack \*\*Send Messages\*\* in <#\d+>\. Grant that/);
    const news = guild.createTextChannel({ name: 'news', denyEveryone: ['SendMessages'] });
    const second = await anna.command('/transcript channel', { channel: news });
    assert.match(second.content, /^You may not write in <#\d+> yourself/);
    assert.equal((await rig.settings.get(guild.id)).transcriptChannelId, null);
  });

  it('send bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
