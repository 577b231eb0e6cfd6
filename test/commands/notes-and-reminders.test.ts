import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Permission } from '@parley/simulator/discord';
import { type Furnished, furnish, type Rig, startRig } from './rig.ts';

describe('/notes and /reminders', () => {
  let rig: Rig;
  let place: Furnished;
  before(async () => {
    rig = await startRig();
    place = await furnish(rig);
  });
  after(() => rig.close());

  it('show the notes of the server to everybody, and delete them for their authors and for moderators', async () => {
    const { guild, anna, voice } = place;
    const ben = guild.addPerson({ name: 'Ben' });
    const mo = guild.addPerson({ name: 'Mo', roles: [guild.createRole({ permissions: ['ManageMessages'] })] });
    const in_ = { channelId: voice };
    assert.match((await ben.command('/notes list', {}, in_)).content, /^I remember nothing for this server/);
    const note = await rig.context.notes.add(guild.id, {
      text: '**Friday** @everyone',
      by: { userId: anna.userId, name: 'Anna' },
    });
    const list = (await ben.command('/notes list', {}, in_)).content;
    assert.match(list, /^\*\*1\*\* \\\*\\\*Friday\\\*\\\* \\@everyone \(Anna, <t:\d+:d>\)\nDelete one with/);
    assert.deepEqual(await ben.autocomplete('/notes delete', 'note', '', {}, in_), []);
    assert.deepEqual(await mo.autocomplete('/notes delete', 'note', 'fri', {}, in_), [
      { name: '1: **Friday** @everyone', value: 1 },
    ]);
    assert.equal(
      (await ben.command('/notes delete', { note: note.id }, in_)).content,
      'That note is of Anna. Only they, and people with Manage Messages, can delete it.',
    );
    assert.match((await mo.command('/notes delete', { note: note.id }, in_)).content, /^I have forgotten/);
    assert.match((await anna.command('/notes delete', { note: note.id })).content, /^There is no note 1\./);
  });

  it('ask Discord who may know of a note, whatever event of a closed channel is still on its way', async () => {
    const { guild, anna, voice } = place;
    const ben = guild.addPerson({ name: 'Ben' });
    const by = { userId: anna.userId, name: 'Anna' };
    const note = await rig.context.notes.add(guild.id, { text: 'the code is 1234', by, channelId: voice });
    const list = async () => (await ben.command('/notes list')).content;
    assert.match(await list(), /the code/);
    const channel = guild.channels.get(voice) ?? assert.fail('no channel');
    const closed = { id: guild.id, type: 0 as const, allow: 0n, deny: Permission.ViewChannel };
    channel.overwrites.push(closed);
    try {
      const elsewhere = { channelId: guild.createTextChannel({ name: 'elsewhere' }) };
      assert.match((await ben.command('/notes list', {}, elsewhere)).content, /^I remember nothing/);
      assert.match((await anna.command('/notes list', {}, elsewhere)).content, /the code/, 'her own');
    } finally {
      channel.overwrites.splice(channel.overwrites.indexOf(closed), 1);
      await rig.context.notes.remove(guild.id, note.id);
    }
  });

  it('show and cancel one’s own reminders, and nobody else’s', async () => {
    const { guild, anna, voice } = place;
    const cara = guild.addPerson({ name: 'Cara' });
    const in_ = { channelId: voice };
    const person = { userId: anna.userId, name: 'Anna' };
    const dueAt = Date.now() + 3_600_000;
    const made = await rig.context.reminders.add({ guildId: guild.id, channelId: voice, person, text: 'tea', dueAt });
    assert.equal(
      (await anna.command('/reminders list')).content,
      `**${made.id}** <t:${Math.floor(dueAt / 1000)}:R>: tea\nCancel one with \`/reminders delete\`.`,
    );
    assert.match((await cara.command('/reminders list', {}, in_)).content, /^You have no reminders here/);
    assert.deepEqual(await cara.autocomplete('/reminders delete', 'reminder', '', {}, in_), []);
    assert.deepEqual(await anna.autocomplete('/reminders delete', 'reminder', ''), [
      { name: `${made.id}: tea`, value: made.id },
    ]);
    assert.match(
      (await cara.command('/reminders delete', { reminder: made.id }, in_)).content,
      /^You have no reminder/,
    );
    assert.equal(
      (await anna.command('/reminders delete', { reminder: made.id })).content,
      `Reminder ${made.id} is cancelled.`,
    );
  });

  it('a reminder that comes again is ended with a button by its person, whose clock may be another', async () => {
    const { guild, anna, voice } = place;
    const person = { userId: anna.userId, name: 'Anna' };
    const repeat = { days: [1, 2, 3, 4, 5], hour: 9, minute: 0, zone: 'Europe/Berlin' };
    const made = await rig.context.reminders.add({
      ...{ guildId: guild.id, channelId: voice, person, text: 'stand up', repeat },
      dueAt: Date.now() + 3_600_000,
    });
    const listed = await anna.command('/reminders list');
    assert.match(listed.content, /:R>, every weekday at 9:00 \(Europe\/Berlin\): stand up/);
    assert.match(JSON.stringify(listed.components), new RegExp(`"label":"Stop ${made.id}"`));
    const message = listed.message ?? assert.fail('no message');
    const stopped = await anna.press(message, `reminder-end/${anna.userId}/${made.id}`);
    assert.equal(stopped.content, 'I do not remind you of that any more.');
    assert.deepEqual(await rig.context.reminders.of(guild.id, anna.userId), []);
    const chosen = await anna.command('/reminders timezone', { zone: 'Tokyo' });
    assert.match(chosen.content, /I take it as \*\*Asia\/Tokyo\*\*/);
    assert.equal((await rig.context.times.of(guild.id, anna.userId)).zone, 'Asia/Tokyo');
    assert.equal((await rig.context.times.of(guild.id, null)).zone, null);
    assert.match((await anna.command('/reminders timezone', { zone: 'none' })).content, /I ask you for a city/);
  });
});
