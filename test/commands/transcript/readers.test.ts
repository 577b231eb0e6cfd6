import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChannelVisibility } from '../../../src/discord/guild/channel-visibility.ts';
import { eventually } from '../../support/time/eventually.ts';
import { noSchemas, violations } from '../../support/world/published.ts';
import { conversationOf } from '../../support/world/recorded.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

const AT = Date.parse('2026-11-20T20:00:00Z');
const MANAGERS = 'Whoever has Manage Server may read everything.';

describe('/transcript readers and audit', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('names roles and people, and takes them back', async () => {
    const { guild, anna } = await furnish(rig);
    const mods = guild.createRole({ name: '@everyone **mods**' });
    const ben = guild.addPerson({ name: 'Ben' });
    const content = async (command: string, who?: string) =>
      (await anna.command(`/transcript readers ${command}`, who === undefined ? {} : { who })).content;
    assert.match(
      await content('list'),
      /^Nobody is named, so everybody may read what was said .* Discord shows them\./,
    );
    assert.equal(
      await content('add', mods),
      `<@&${mods}> may read what was said in the voice channels that they see. Nobody else may who is not named. ${MANAGERS}`,
    );
    assert.equal(await content('add', mods), `<@&${mods}> is named already.`);
    await content('add', ben.userId);
    assert.equal(
      await content('list'),
      `These may read what was said in the voice channels that they see: <@&${mods}>, <@${ben.userId}>. ${MANAGERS}`,
    );
    assert.equal(await content('remove', mods), `<@&${mods}> is not named any more.`);
    assert.match(await content('remove', mods), /was not named/);
    assert.match(await content('remove', ben.userId), /is not named any more\. Nobody is named, so everybody may read/);
    assert.deepEqual(await rig.context.readers.entries(guild.id), []);
  });

  it('is for people who manage the server, like every setting of the transcript', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    for (const [command, values] of [
      ['readers add', { who: ben.userId }],
      ['readers list', {}],
      ['audit', {}],
      ['live', { mode: 'off' }],
      ['retention', { days: 1 }],
    ] as const) {
      const { content } = await ben.command(`/transcript ${command}`, values);
      assert.equal(content, 'Only people with **Manage Server** can do that.', command);
    }
    assert.deepEqual(await rig.context.readers.entries(guild.id), []);
  });

  it('lets nobody read a voice channel that they do not see, named or not, nor one that is gone', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const gone = guild.createVoiceChannel({ name: 'Gone' });
    const closed = guild.createVoiceChannel({ name: 'Closed', denyEveryone: ['ViewChannel'] });
    const ben = guild.addPerson({ name: 'Ben' });
    const said = [voice, gone, closed].map((channelId, index) => ({
      at: AT + index,
      channelId,
      userId: '7',
      name: 'Cleo',
      text: 'cake',
    }));
    await rig.recorded.write(conversationOf({ id: 900, guildId: guild.id }, said));
    guild.deleteChannel(gone);
    await anna.command('/transcript readers list');
    const ids = async (...by: string[]) => [...(await rig.context.readers.channelsFor(guild.id, by)).ids].sort();
    assert.deepEqual(await ids(ben.userId), [voice]);
    assert.deepEqual(await ids(anna.userId), [voice, gone, closed].sort());
    assert.deepEqual(await ids(anna.userId, ben.userId), [voice]);
    assert.deepEqual(await ids(), []);
    assert.deepEqual(await ids('42'), []);
    await rig.context.readers.add(guild.id, { kind: 'person', id: ben.userId });
    assert.deepEqual(await ids(ben.userId), [voice]);
    await rig.context.readers.add(guild.id, { kind: 'role', id: guild.id });
    await rig.context.readers.remove(guild.id, { kind: 'person', id: ben.userId });
    assert.deepEqual(await ids(ben.userId), [voice]);
  });

  it('lets somebody read what Discord shows them: no closed channel, no private thread of others', async () => {
    const { guild, voice, text, anna } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    const closed = guild.createTextChannel({ denyEveryone: ['ViewChannel'] });
    const silent = guild.createTextChannel({ denyEveryone: ['ReadMessageHistory'] });
    const locked = guild.createVoiceChannel({ denyEveryone: ['Connect'] });
    const threadOf = (parentId: string, type: 11 | 12) => guild.addChannel({ type, name: 'thread', parentId }).id;
    const ids = [
      text,
      voice,
      closed,
      silent,
      locked,
      threadOf(text, 11),
      threadOf(closed, 11),
      threadOf(text, 12),
      '42',
    ];
    await anna.command('/transcript readers list');
    const places = new ChannelVisibility(rig.client);
    const shown = async (userId: string) => {
      const sight = await places.look(guild.id, [userId]);
      return Promise.all(ids.map((id) => sight.shows(userId, id)));
    };
    assert.deepEqual(await shown(ben.userId), [true, true, false, false, false, true, false, false, false]);
    assert.deepEqual(await shown('42'), Array(9).fill(false));
    await assert.rejects(places.look('43', [ben.userId]), /not on that server/);
  });

  it('shows who read what, the newest first, in pages', async () => {
    const { guild, anna } = await furnish(rig);
    assert.equal(
      (await anna.command('/transcript audit')).content,
      'Nobody has read what was said here, as far as I know.',
    );
    const by = { userId: '77', name: '**Cl\u202eeo** @here' };
    for (let at = 1; at <= 17; at++) {
      const note = { guildId: guild.id, by, act: 'export', what: `conversation ${at}, "<@1>"`, lines: at } as const;
      await rig.context.audit.note(note);
    }
    const answer = await anna.command('/transcript audit');
    const pageOf = () => answer.content.split('\n').map((line) => Number(/conversation (\d+)/.exec(line)?.[1]));
    assert.deepEqual(pageOf(), [17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6]);
    assert.match(
      answer.content,
      /^<t:\d+:f> \*\*\\\*\\\*Cl eo\\\*\\\* \\@here\*\* \(`77`\) exported: conversation 17\\, \\"\\<\\@1\\>\\" \(17 lines\)\n/,
    );
    const next = answer.components[0]?.components[1].custom_id;
    assert.ok(answer.message);
    await anna.press(answer.message, next);
    await eventually('the page turns', () => pageOf()[0] !== 17);
    assert.deepEqual(pageOf(), [5, 4, 3, 2, 1]);
  });

  it('sends bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
