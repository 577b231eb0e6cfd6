import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChannelType } from '@parley/simulator/discord';
import type { DecisionLog } from '../../src/conversation/decision-log.ts';
import { noSchemas, violations } from '../support/world/published.ts';
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
    assert.equal((await ben.command('/transcript channel')).content, 'Only people with **Manage Server** can do that.');
    assert.equal((await rig.settings.get(guild.id)).transcriptChannelId, null);
  });

  it('lists the tools, and which are off', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { disabledTools: ['current_time'] });
    assert.equal(
      (await anna.command('/tools list')).content,
      [
        '**For everybody:**',
        '`get_weather`: The weather at a place\\.',
        '**For everybody who may write in the text channel:**',
        '`post_message`: Writes into the text channel\\.',
        '**Off:**',
        '`current_time`: The time somewhere\\.',
        'Switch them with `/tools enable` and `/tools disable`; say who may use them with `/tools allow` and `/tools deny`.',
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

describe('/tools allow, deny and test, and /why', () => {
  let rig: Rig;
  const tried: unknown[] = [];
  before(async () => {
    rig = await startRig({
      tryTool: (_asked, trial) => {
        tried.push(trial);
        const ok = trial.arguments.place !== 'Atlantis';
        return Promise.resolve({
          ok,
          lines: ok ? ['sky: clear', 'wind: none'] : ['-# **error:** There is no such place.'],
        });
      },
    });
  });
  after(() => rig.close());

  it('let a role or a person use a tool, or not any more, and the list says who may', async () => {
    const { guild, anna } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    const mods = guild.createRole({ name: 'Mods' });
    const answer = async (typed: string, tool: string, who: string) =>
      (await anna.command(typed, { tool, who })).content;
    const now = (who: string) => `\`get_weather\` is now for ${who}. It is in effect at once.`;
    assert.equal(await answer('/tools deny', 'get_weather', ben.userId), now('everybody but not Ben'));
    assert.equal(await answer('/tools deny', 'get_weather', guild.id), now('nobody'));
    assert.equal(await answer('/tools allow', 'get_weather', mods), now('@\u2060Mods but not Ben'));
    assert.equal(await answer('/tools allow', 'get_weather', ben.userId), now('Ben and @\u2060Mods'));
    assert.match(
      (await anna.command('/tools list')).content,
      /^\*\*For Ben and @\u2060Mods:\*\*\n`get_weather`: The weather/m,
    );
    assert.equal(await answer('/tools deny', 'get_weather', mods), now('Ben'));
    assert.equal(await answer('/tools allow', 'get_weather', guild.id), now('everybody'));
    assert.deepEqual(await rig.context.policies.rules(guild.id), [
      { tool: 'get_weather', kind: 'person', id: ben.userId, allowed: true },
    ]);
    assert.equal(
      await answer('/tools allow', 'get_weather', rig.discord.botUser.id),
      'Bots do not talk to me, so they need no tools.',
    );
    assert.match(await answer('/tools allow', 'no_tool', mods), /^I have no tool “no\\_tool”/);
  });

  it('run a tool from the keyboard with pairs or JSON, and say what is wrong with them', async () => {
    const { anna } = await furnish(rig);
    const test = async (args: string) =>
      (await anna.command('/tools test', { tool: 'get_weather', arguments: args })).content;
    assert.equal(await test('place="New York" days=3'), '`get_weather` brought:\nsky: clear\nwind: none');
    assert.equal(await test('{"place":"Atlantis"}'), '`get_weather` did not work: There is no such place.');
    assert.deepEqual(tried, [
      { tool: 'get_weather', arguments: { place: 'New York', days: 3 } },
      { tool: 'get_weather', arguments: { place: 'Atlantis' } },
    ]);
    assert.match(await test('days=soon'), /^days must be a number/);
    assert.match(await test('{"place":'), /not valid JSON/);
    assert.match(await test('Lisbon'), /^I do not understand/);
    assert.match(await test('city=Lisbon'), /has no argument city\\\. It takes place\\, days/);
    assert.equal(tried.length, 2);
  });

  it('say what was decided, to those who see the channel', async () => {
    const { guild, voice, anna } = await furnish(rig);
    assert.match((await anna.command('/why')).content, /^I was in no conversation/);
    const log = rig.context.decisions as DecisionLog;
    log.begin(guild.id, voice);
    assert.match((await anna.command('/why')).content, /^Nothing has been decided/);
    const askers = [{ userId: '1', name: '*Eve*' }];
    const decision = {
      kind: 'tool',
      outcome: 'refused',
      askers,
      certain: false,
      what: 'ban {}',
      because: 'No.',
    } as const;
    for (let i = 0; i < 60; i += 1)
      log.observe({ type: 'decided', decision: { ...decision, what: `ban ${i}` } }, guild.id);
    assert.equal(log.of(guild.id)[0]?.decisions.length, 50);
    const { content } = await anna.command('/why');
    assert.match(content, /^<t:\d+:T> \*\*\\\*Eve\\\*\*\* and somebody unknown asked for ban 50: refused\. No\\\.\n/);
    assert.equal(content.split('\n').length, 10);
    const hidden = guild.createVoiceChannel({ name: 'Hidden', denyEveryone: ['ViewChannel'] });
    log.begin(guild.id, hidden);
    const ben = guild.addPerson({ name: 'Ben' });
    assert.equal((await ben.command('/why')).content, 'You may not listen in the voice channel of that conversation.');
  });

  it('send bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
