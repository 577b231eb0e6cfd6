import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { StoreError } from '../../../src/store/database/database.ts';
import { type Furnished, furnish, type Rig, startRig } from '../rig.ts';

describe('/privacy', () => {
  let rig: Rig;
  let place: Furnished;
  before(async () => {
    rig = await startRig({ privacyUrl: 'https://parley.example/privacy' });
    place = await furnish(rig);
  });
  after(() => rig.close());

  it('says to everybody what is heard, where it goes, how long it stays, and whether they are heard', async () => {
    const { guild, voice } = place;
    const ben = guild.addPerson({ name: 'Ben' });
    const in_ = { channelId: voice };
    const about = (await ben.command('/privacy about', {}, in_)).content.split('\n');
    assert.deepEqual(
      about.map((line) => line.slice(0, 24)),
      [
        '**You:** I hear you, bec',
        '**What I hear:** what pe',
        '**Where it goes:** to Op',
        '**What is kept:** the wo',
        '**If you say no:** your ',
        '**More:** <https://parle',
      ],
    );
    assert.match(about[0] ?? '', /because this server is set to opt-out/);
    assert.match(about[2] ?? '', /to OpenAI \(gpt-realtime-2\.1\), which answers and writes down the words\.$/);
    assert.match(about[3] ?? '', /for 30 days/);
    await ben.command('/privacy out', {}, in_);
    assert.match(
      (await ben.command('/privacy about', {}, in_)).content,
      /^\*\*You:\*\* I do not hear you, because you chose so\./,
    );
  });

  it('takes a choice from everybody, for themselves', async () => {
    const { guild, voice } = place;
    const cara = guild.addPerson({ name: 'Cara' });
    const in_ = { channelId: voice };
    const { consent } = rig.context;
    assert.match((await cara.command('/privacy in', {}, in_)).content, /^I hear you anyway on this server/);
    assert.match((await cara.command('/privacy out', {}, in_)).content, /^I do not hear you any more on this server/);
    assert.equal(consent.mayHear(guild.id, cara.userId), false);
    assert.match((await cara.command('/privacy out', {}, in_)).content, /^I do not hear you anyway/);
    assert.match((await cara.command('/privacy in', {}, in_)).content, /^I hear you on this server from now on/);
    assert.equal(consent.mayHear(guild.id, cara.userId), true);
    assert.equal(consent.choiceOf(guild.id, place.anna.userId), undefined);
  });

  it('lets only those choose the mode who manage the server', async () => {
    const { guild, anna, voice } = place;
    const dora = guild.addPerson({ name: 'Dora' });
    const refused = await dora.command('/privacy mode', { mode: 'opt-in' }, { channelId: voice });
    assert.match(refused.content, /^Only people with \*\*Manage Server\*\*/);
    assert.equal(rig.context.consent.mode(guild.id), 'opt-out');
    const done = await anna.command('/privacy mode', { mode: 'opt-in' });
    assert.match(done.content, /^From now on I hear only people who said `\/privacy in`\./);
    assert.equal(rig.context.consent.mayHear(guild.id, dora.userId), false);
    await anna.command('/privacy mode', { mode: 'opt-out' });
    assert.equal(rig.context.consent.mayHear(guild.id, dora.userId), true);
  });
});

describe('/privacy where nothing can be written', () => {
  it('holds all the same, and says that it ends with a restart', async () => {
    const chosen: string[] = [];
    const rig = await startRig({
      consent: {
        mayHear: () => true,
        mode: () => 'opt-out',
        choiceOf: () => undefined,
        choose: (_guild, _user, choice) => {
          chosen.push(choice);
          return Promise.reject(new StoreError('The disk is full.'));
        },
        setMode: () => Promise.reject(new StoreError('The disk is full.')),
        watch: () => () => {},
      },
    });
    try {
      const { anna } = await furnish(rig);
      assert.match(
        (await anna.command('/privacy out')).content,
        /But I could not write it down\*\* yet\. I go on trying; if I am restarted before that, say it again/,
      );
      assert.deepEqual(chosen, ['out']);
      assert.match(
        (await anna.command('/privacy mode', { mode: 'opt-in' })).content,
        /if I am restarted before that, choose it again/,
      );
    } finally {
      await rig.close();
    }
  });

  it('says in good English what is kept, and what stays after forgetting', async () => {
    const counts = {
      utterances: 2,
      answers: 1,
      toolCalls: 2,
      comings: 2,
      notices: 0,
      notes: 0,
      reminders: 1,
      cards: 2,
      usageDays: 2,
      deeds: 0,
      rules: 0,
      quotes: 0,
    };
    const kept = {
      counts,
      staying: { reports: 1, readings: 2, permissions: 0 },
      since: Date.parse('2026-11-20'),
      retentionDays: 1,
      editing: { waiting: 2, failed: [] },
    };
    const no = () => Promise.reject(new Error('nobody asked for that'));
    const other = await startRig({
      ownRecords: { guildsOf: no, kept: () => Promise.resolve(kept), exported: no, erase: no },
    });
    try {
      const { anna, voice } = await furnish(other);
      const { content } = await anna.command('/privacy show', {}, { channelId: voice });
      assert.equal(
        content,
        [
          'On this server I keep of you, since <t:1795132800:D>: 2 things that you said or typed, 1 answer of mine to you alone, 2 tool calls that you asked for, 2 times that you came or left, 1 reminder, 2 cards for moderators about what you said and 2 days on which I counted what you used.',
          'Apart from that, also after `/privacy forget`: 1 report that you made and 2 notes that you read the record.',
          'I am still taking your words out of 2 old posts.',
          'I hear you: you have not chosen, and this server is set to opt-out.',
          'What is said here is deleted from my database after 1 day. No sound is ever kept.',
          '`/privacy export` gives you all of it as a file, `/privacy forget` deletes it.',
        ].join('\n'),
      );
    } finally {
      await other.close();
    }
  });
});
