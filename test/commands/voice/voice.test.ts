import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SettingsStore } from '../../../src/ports/settings.ts';
import { defaultSettings } from '../../../src/store/settings.ts';
import { noSchemas, violations } from '../../support/world/published.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

describe('/voice', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('is for people who manage the server', async () => {
    const { guild } = await furnish(rig);
    const ben = guild.addPerson({ name: 'Ben' });
    await assert.rejects(ben.command('/voice show'), /lacks the permissions/);
  });

  it('shows every setting', async () => {
    const { anna } = await furnish(rig);
    const answer = await anna.command('/voice show');
    assert.equal(
      answer.content.split('\n').slice(0, 12).join('\n'),
      [
        '**Model:** OpenAI (gpt-realtime-2.1)',
        "**Voice:** the model's own",
        '**Language:** automatic',
        '**Silence that ends a turn:** 600 ms',
        '**Interruption:** after 120 ms of speech',
        '**Ends of turns are drawn** by Parley itself (who speaks is always certain)',
        '**Answers:** I speak my answers',
        '**I answer** everybody',
        '**Names:** my display name',
        '**I leave** after 2 minutes alone, or 15 minutes without a word',
        "**Transcript:** the voice channel's own chat",
        '**Tools switched off:** none',
      ].join('\n'),
    );
    assert.match(answer.content, /\n\*\*Time zone:\*\* none: I ask for a city\n/);
    assert.match(answer.content, /\n\*\*Persona:\*\* You are Parley/);
    assert.equal(answer.ephemeral, true);
  });

  it('sets whose clocks count, proposed by city, and by none but the zones that there are', async () => {
    const { guild, anna } = await furnish(rig);
    const offered = await anna.autocomplete('/voice timezone', 'zone', 'berl');
    assert.match(offered[0]?.name ?? '', /^Europe\/Berlin \(\d+:\d\d now\)$/);
    assert.equal(offered[0]?.value, 'Europe/Berlin');
    assert.ok((await anna.autocomplete('/voice timezone', 'zone', '')).length <= 25);
    const set = await anna.command('/voice timezone', { zone: 'Munich' });
    assert.match(set.content, /^Times and days on this server are those of \*\*Europe\/Berlin\*\*, where it is/);
    assert.equal((await rig.settings.get(guild.id)).timeZone, 'Europe/Berlin');
    assert.match((await anna.command('/voice show')).content, /\*\*Time zone:\*\* Europe\/Berlin\n/);
    assert.match(
      (await anna.command('/voice timezone', { zone: 'Atlantis' })).content,
      /^I know no time zone of “Atlantis”/,
    );
    assert.equal((await rig.settings.get(guild.id)).timeZone, 'Europe/Berlin');
    await anna.command('/voice timezone', { zone: 'none' });
    assert.equal((await rig.settings.get(guild.id)).timeZone, null);
    await assert.rejects(rig.settings.set(guild.id, { timeZone: '+02:00' }), /must be one of IANA/);
  });

  it('shows every setting that was changed, within one message', async () => {
    const { guild, text, anna } = await furnish(rig);
    await rig.settings.set(guild.id, {
      voice: 'marin',
      language: 'pt-BR',
      interruptionMs: 0,
      transcriptChannelId: text,
      disabledTools: ['get_weather', 'post_message'],
      persona: '*'.repeat(2000),
    });
    const { content } = await anna.command('/voice show');
    assert.match(content, /\*\*Voice:\*\* marin\n\*\*Language:\*\* Brazilian Portuguese \(pt-BR\)\n/);
    assert.match(content, /\*\*Interruption:\*\* off: I talk to the end\n/);
    assert.match(content, new RegExp(`\\*\\*Transcript:\\*\\* <#${text}>\n.*\`get_weather\` and \`post_message\``));
    assert.ok(content.length <= 2000);
  });

  it('takes answers in writing where the model can write, and says so where it cannot', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/voice reply', { form: 'text' });
    assert.equal(answer.content, 'I post my answers instead of speaking them. It takes effect when I next join.');
    assert.equal((await rig.settings.get(guild.id)).replyForm, 'text');
  });

  it('sets a voice of the model, in any case, and says when it takes effect', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/voice voice', { name: 'Marin' });
    assert.equal(answer.content, 'My voice: **marin**. It takes effect when I next join.');
    assert.equal((await rig.settings.get(guild.id)).voice, 'marin');
    await anna.command('/voice voice', { name: 'default' });
    assert.equal((await rig.settings.get(guild.id)).voice, null);
  });

  it('names the voices there are when it does not know one', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/voice voice', { name: 'Darth*' });
    assert.equal(
      answer.content,
      'OpenAI (gpt-realtime-2.1) has no voice “Darth\\*”. It has alloy, marin and cedar, and `default`.',
    );
    assert.equal((await rig.settings.get(guild.id)).voice, null);
  });

  it('offers the voices that contain what was typed', async () => {
    const { anna } = await furnish(rig);
    assert.deepEqual(await anna.autocomplete('/voice voice', 'name', 'MAR'), [{ name: 'marin', value: 'marin' }]);
    assert.deepEqual(
      (await anna.autocomplete('/voice voice', 'name', '')).map((one) => one.value),
      ['default', 'alloy', 'marin', 'cedar'],
    );
  });

  it('hands a change to the running conversation, and says so', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/voice silence', { milliseconds: 900 });
    assert.equal(answer.content, 'A turn ends after 900 ms of silence. It is in effect now.');
    assert.deepEqual(bridge.applied, [{ ...defaultSettings, silenceMs: 900 }]);
  });

  it('says that a change waits where the running conversation cannot take it on', async () => {
    const { guild, voice, anna } = await furnish(rig);
    rig.bridges.place({ guildId: guild.id, channelId: voice }).waits = ['voice'];
    const answer = await anna.command('/voice voice', { name: 'cedar' });
    assert.equal(
      answer.content,
      'My voice: **cedar**. The running conversation cannot take it on: it takes effect with the next `/join` (`/leave` first).',
    );
    assert.match((await anna.command('/voice silence', { milliseconds: 700 })).content, /It is in effect now\.$/);
  });

  it('shows the sentence of the store for a value out of range, and changes nothing', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const answer = await anna.command('/voice silence', { milliseconds: 5 });
    assert.equal(answer.content, 'The silence that ends a turn must be between 200 and 3000 ms. Nothing was changed.');
    assert.equal((await rig.settings.get(guild.id)).silenceMs, 600);
    assert.deepEqual(bridge.applied, []);
  });

  it('takes a persona, and the usual one back without words', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/voice persona', { text: 'You are a pirate.' });
    assert.equal(answer.content, 'My persona: “You are a pirate\\.” It takes effect when I next join.');
    assert.equal((await rig.settings.get(guild.id)).persona, 'You are a pirate.');
    assert.match((await anna.command('/voice persona')).content, /^My persona is the usual one again\./);
    assert.equal((await rig.settings.get(guild.id)).persona, defaultSettings.persona);
  });

  it('takes a language by tag or name, and auto', async () => {
    const { guild, anna } = await furnish(rig);
    const language = async () => (await rig.settings.get(guild.id)).language;
    assert.match(
      (await anna.command('/voice language', { tag: 'pt-br' })).content,
      /^Language: Brazilian Portuguese \(pt-BR\)\./,
    );
    assert.equal(await language(), 'pt-BR');
    await anna.command('/voice language', { tag: 'German' });
    assert.equal(await language(), 'de');
    assert.match((await anna.command('/voice language', { tag: 'auto' })).content, /^Language: automatic\./);
    assert.equal(await language(), null);
    for (const tag of ['klingonish', 'deutsch', 'de--', 'xx', '🙂']) {
      assert.match((await anna.command('/voice language', { tag })).content, /^I do not know the language “/);
    }
    assert.equal(await language(), null);
  });

  it('offers languages by what was typed, and any other tag that exists', async () => {
    const { anna } = await furnish(rig);
    assert.deepEqual(await anna.autocomplete('/voice language', 'tag', 'germ'), [{ name: 'German (de)', value: 'de' }]);
    assert.deepEqual((await anna.autocomplete('/voice language', 'tag', 'nds'))[0], {
      name: 'Low German (nds)',
      value: 'nds',
    });
    const all = await anna.autocomplete('/voice language', 'tag', '');
    assert.equal(all.length, 25);
    assert.equal(all[0]?.value, 'auto');
  });

  it('switches interruption off and on', async () => {
    const { guild, anna } = await furnish(rig);
    assert.match(
      (await anna.command('/voice interruption', { milliseconds: 0 })).content,
      /^Interruption: off: I talk to the end\./,
    );
    assert.equal((await rig.settings.get(guild.id)).interruptionMs, 0);
    assert.match(
      (await anna.command('/voice interruption', { milliseconds: 200 })).content,
      /^Interruption: after 200 ms of speech\./,
    );
  });

  it('sets who draws the ends of turns, as far as the model can', async () => {
    const { guild, anna } = await furnish(rig);
    const first = await anna.command('/voice turns', { detection: 'server' });
    assert.match(first.content, /^The ends of turns are drawn by the provider, from the level of the sound\./);
    const second = await anna.command('/voice turns', { detection: 'semantic' });
    assert.match(
      second.content,
      /^OpenAI \(gpt-realtime-2\.1\) cannot do that\. It can draw .* by Parley .* or by the provider, from the level/,
    );
    assert.equal((await rig.settings.get(guild.id)).turnDetection, 'server');
  });

  it('sets when it leaves by itself', async () => {
    const { guild, anna } = await furnish(rig);
    const answer = await anna.command('/voice leave-after', { alone: 0.5, idle: 30 });
    assert.match(answer.content, /^I leave after 30 s alone or when nobody spoke for 30 minutes\./);
    const { aloneMs, idleMs } = await rig.settings.get(guild.id);
    assert.deepEqual([aloneMs, idleMs], [30_000, 1_800_000]);
    assert.match((await anna.command('/voice leave-after')).content, /^Say how many minutes/);
    const odd = 'I can wait from 0.02 minutes (a second) to 1440 minutes (a day). Nothing was changed.';
    assert.equal((await anna.command('/voice leave-after', { alone: 0 })).content, odd);
    assert.equal((await anna.command('/voice leave-after', { alone: 1, idle: 1441 })).content, odd);
    await anna.command('/voice leave-after', { idle: 60 });
    assert.equal((await rig.settings.get(guild.id)).aloneMs, 30_000);
  });

  it('sends bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});

describe('a command whose settings cannot be read', () => {
  const broken: SettingsStore = {
    get: () => Promise.reject(new Error('disk detail')),
    set: () => Promise.reject(new Error('disk detail')),
  };
  let rig: Rig;
  before(async () => {
    rig = await startRig({ settings: broken });
  });
  after(() => rig.close());

  it('gets a neutral sentence, and the autocomplete an empty list', async () => {
    const { anna } = await furnish(rig);
    const { content } = await anna.command('/voice show');
    assert.match(content, /^Something went wrong on my side\./);
    assert.equal(content.includes('disk'), false);
    assert.deepEqual(await anna.autocomplete('/tools disable', 'tool', ''), []);
    assert.equal(rig.lines.filter((line) => line.level === 50).length, 2);
  });
});
