import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Answer, SimulatedPerson } from '@parley/simulator/discord';
import { eventually } from '../../support/time/eventually.ts';
import { noSchemas, violations } from '../../support/world/published.ts';
import { conversationOf, type Said } from '../../support/world/recorded.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

const AT = Date.parse('2026-11-20T20:00:00Z');
const HOSTILE = '**[x](https://e.vil)** @everyone <@1>\n# \u202eevil `𝒑izza`';

describe('/transcript search', () => {
  let rig: Rig;
  let conversations = 0;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  async function scene(said: (place: { voice: string; text: string }) => readonly Omit<Said, 'at'>[]) {
    const furnished = await furnish(rig);
    const { guild, voice, text } = furnished;
    const ben = guild.addPerson({ name: 'Ben' });
    conversations += 1;
    const lines = said({ voice, text }).map((one, index) => ({ ...one, at: AT + index * 60_000 }));
    await rig.recorded.write(conversationOf({ id: conversations, guildId: guild.id }, lines));
    return { ...furnished, ben };
  }
  const noted = async (guildId: string) =>
    (await rig.context.audit.page({ guildId, limit: 50 })).map(({ by, act, what, lines }) => ({
      by: by.name,
      act,
      what,
      lines,
    }));
  const button = ({ components }: Answer, label: string): { custom_id: string; disabled?: boolean } =>
    components[0]?.components.find((one: { label: string }) => one.label === label);
  const turn = async (person: SimulatedPerson, answer: Answer, label: string): Promise<void> => {
    const { message } = answer;
    assert.ok(message);
    const before = message.content;
    await person.press(message, button(answer, label).custom_id);
    await eventually('the message changes', () => message.content !== before);
  };

  it('shows who said it, when and where, with a link and the words in bold', async () => {
    const { guild, voice, text, ben } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cléo', text: 'The Pizza is at eight', postedIn: place.text },
    ]);
    const answer = await ben.command('/transcript search', { text: 'pizza' });
    assert.ok(answer.ephemeral);
    const link = `https://discord.com/channels/${guild.id}/${text}/1001`;
    assert.equal(
      answer.content,
      [
        'Page 1: “pizza”',
        `**Cléo** <t:${AT / 1_000}:f> in <#${voice}> ([read](${link}))`,
        '> The **Pizza** is at eight',
      ].join('\n'),
    );
    assert.deepEqual(answer.components, []);
    assert.deepEqual(await noted(guild.id), [{ by: 'Ben', act: 'search', what: 'text: "pizza"', lines: 1 }]);
  });

  it('shows names and words as they are, whatever they are made of', async () => {
    const { ben } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: '**@here** \u202e', text: HOSTILE },
      { channelId: place.voice, userId: '78', name: 'שרה', text: 'אני רוצה 𝒑izza' },
    ]);
    const { content, message } = await ben.command('/transcript search', { text: '𝒑izza' });
    assert.deepEqual(message?.wouldPing, []);
    assert.deepEqual(content.split('\n').slice(1), [
      `**שרה** <t:${AT / 1_000 + 60}:f> in <#${message?.channelId === undefined ? '' : content.match(/<#(\d+)>/)?.[1]}> (not posted)`,
      '> \u2068אני רוצה **𝒑izza**\u2069',
      `**\\*\\*\\@here\\*\\*** <t:${AT / 1_000}:f> in <#${content.match(/<#(\d+)>/)?.[1]}> (not posted)`,
      '> \\*\\*\\[x\\]\\(https\\:\\/\\/e\\.vil\\)\\*\\* \\@everyone \\<\\@1\\> \\# evil \\`**𝒑izza**\\`',
      '-# The newest first.',
    ]);
  });

  it('finds somebody by the name that they had then, and says how a page is ordered', async () => {
    const { ben } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake once' },
      { channelId: place.voice, userId: '78', name: 'Dora', text: 'cake never' },
      { channelId: place.voice, userId: '77', name: 'Sunny', text: 'cake twice' },
    ]);
    const found = (await ben.command('/transcript search', { text: 'cake', speaker: 'Cleo' })).content;
    assert.match(
      found,
      /^Page 1: “cake”, by \*\*Sunny\*\*\n\*\*Sunny\*\*[\s\S]*twice\n\*\*Cleo\*\*[\s\S]*once\n-# The newest first\.$/,
    );
    assert.deepEqual(await ben.autocomplete('/transcript search', 'speaker', 'cle', { text: 'cake' }), [
      { name: 'Sunny, formerly Cleo', value: '77' },
    ]);
    assert.match(
      (await ben.command('/transcript search', { text: 'cake', speaker: 'Nobody' })).content,
      /^Nobody called “Nobody” said anything/,
    );
  });

  it('asks back what is half a time, and takes days and languages of whoever asks', async () => {
    const { ben, guild } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake' },
    ]);
    await rig.settings.set(guild.id, { timeZone: 'Asia/Tokyo' });
    const since = async (words: string) =>
      (await ben.command('/transcript search', { text: 'cake', since: words })).content.replaceAll('\\', '');
    assert.match(
      await since('cake yesterday'),
      /^“cake yesterday” is not certain\. Yesterday, and what does “cake” mean\?/,
    );
    assert.match(await since('soon'), /^I do not understand “soon” as a time/);
    const at = Date.parse('2026-11-10T15:00:00Z') / 1_000;
    assert.match(await since('2026-11-11'), new RegExp(`since <t:${at}:f>`));
    await rig.context.times.choose(guild.id, ben.userId, 'Europe/Berlin');
    assert.match(await since('2026-11-11'), new RegExp(`since <t:${at + 8 * 3_600}:f>`));
  });

  it('turns pages to and fro, and notes each', async () => {
    const { guild, ben } = await scene((place) =>
      Array.from({ length: 12 }, (_, at) => ({
        channelId: place.voice,
        userId: '77',
        name: 'Cleo',
        text: `cake number ${at + 1}`,
      })),
    );
    const answer = await ben.command('/transcript search', { text: 'cake' });
    const numbers = () => [...answer.content.matchAll(/number (\d+)/g)].map(([, number]) => Number(number));
    assert.deepEqual(numbers(), [12, 11, 10, 9, 8]);
    assert.equal(button(answer, 'Previous').disabled, true);
    await turn(ben, answer, 'Next');
    assert.deepEqual(numbers(), [7, 6, 5, 4, 3]);
    await turn(ben, answer, 'Next');
    assert.deepEqual(numbers(), [2, 1]);
    assert.equal(button(answer, 'Next').disabled, true);
    await turn(ben, answer, 'Previous');
    assert.deepEqual(numbers(), [7, 6, 5, 4, 3]);
    assert.deepEqual(
      (await noted(guild.id)).map(({ lines }) => lines),
      [5, 2, 5, 5],
    );
  });

  it('finds nothing more on the next page for whoever lost their rights meanwhile', async () => {
    const { guild, voice, ben } = await scene((place) =>
      Array.from({ length: 6 }, () => ({ channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake' })),
    );
    const answer = await ben.command('/transcript search', { text: 'cake' });
    const channel = guild.channels.get(voice);
    assert.ok(channel);
    channel.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: 1n << 10n });
    guild.channelChanged(channel);
    await rig.client.guilds.fetch(guild.id);
    await turn(ben, answer, 'Next');
    assert.equal(answer.content, 'There is no more with “cake”.');
  });

  it('says that there may be more where a whole page may not be read', async () => {
    const { guild, text, ben } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake, the first', postedIn: place.voice },
      ...Array.from({ length: 1_000 }, () => ({
        channelId: place.voice,
        userId: '77',
        name: 'Cleo',
        text: 'cake for mods',
        postedIn: place.text,
      })),
    ]);
    const hidden = guild.channels.get(text);
    assert.ok(hidden);
    hidden.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: 1n << 10n });
    guild.channelChanged(hidden);
    const here = { channelId: [...guild.channels.values()].find(({ type }) => type === 2)?.id ?? '' };
    const answer = await ben.command('/transcript search', { text: 'cake' }, here);
    assert.equal(answer.content, 'Page 1: “cake”\nNothing so far in what you may read. **Next** looks further back.');
    await turn(ben, answer, 'Next');
    assert.match(
      answer.content,
      /^Page 2: “cake”\n.*\n> \*\*cake\*\*, the first\n-# The newest first\.$|> \*\*cake\*\*\\, the first\n-# The newest first\.$/s,
    );
  });

  it('keeps the longest and most hostile page whole', async () => {
    const name = '*'.repeat(32);
    const { ben, anna } = await scene((place) =>
      Array.from({ length: 5 }, () => ({
        channelId: place.voice,
        userId: '77',
        name,
        text: `cake ${'*_~`|>'.repeat(80)}`,
        postedIn: place.text,
      })),
    );
    const text = `cake ${'!'.repeat(195)}`;
    const wish = { text, speaker: '77', since: '2026-11-20', until: '2026-11-20' };
    const { content } = await ben.command('/transcript search', wish);
    assert.ok(content.length <= 2_000);
    assert.equal(content.match(/^> \*\*cake\*\* .*…$/gm)?.length, 5);
    for (let times = 0; times < 12; times++) await ben.command('/transcript search', wish);
    const answer = await anna.command('/transcript audit');
    const noted = () => answer.content.match(/\(5 lines\)$/gm)?.length ?? 0;
    const first = noted();
    assert.equal(first, answer.content.split('\n').length);
    await turn(anna, answer, 'Next');
    assert.ok(first > 0 && noted() > 0 && answer.content.length <= 2_000);
  });

  it('narrows by speaker and time, and offers the speakers', async () => {
    const { ben } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake one' },
      { channelId: place.voice, userId: '78', name: 'Clea', text: 'cake two' },
      { channelId: place.voice, userId: '78', name: 'Clea B', text: 'cake three' },
    ]);
    assert.deepEqual(await ben.autocomplete('/transcript search', 'speaker', 'cle', { text: 'cake' }), [
      { name: 'Clea B', value: '78' },
      { name: 'Cleo', value: '77' },
    ]);
    const found = async (values: Record<string, string>) => {
      const { content } = await ben.command('/transcript search', { text: 'cake', ...values });
      return [...content.matchAll(/> \*\*cake\*\* (\w+)/g)].map(([, word]) => word);
    };
    assert.deepEqual(await found({ speaker: '78' }), ['three', 'two']);
    assert.deepEqual(await found({ speaker: 'cleo' }), ['one']);
    assert.deepEqual(await found({ since: '2026-11-20 20:01' }), ['three', 'two']);
    assert.deepEqual(await found({ until: '2026-11-20 20:01' }), ['one']);
    assert.deepEqual(await found({ since: '2026-11-20', until: '2026-11-20' }), ['three', 'two', 'one']);
    assert.deepEqual(await found({ until: '2026-11-19' }), []);
    const answer = async (values: Record<string, string>) =>
      (await ben.command('/transcript search', { text: 'cake', ...values })).content;
    assert.equal(
      await answer({ speaker: 'cle' }),
      '“cle” could be **Clea B** (`78`) or **Cleo** (`77`). Pick one from the list.',
    );
    assert.match(await answer({ speaker: 'Zoë' }), /^Nobody called “Zoë” said anything in what you may read\./);
    assert.match(await answer({ since: '*soon*' }), /^I do not understand “\\\*soon\\\*” as a time\./);
    assert.match(await answer({ since: '2026-11-20', until: '2026-11-19' }), /nothing lies between/);
  });

  it('offers speakers under names that can be told apart, whatever they are made of', async () => {
    const { ben } = await scene((place) =>
      ['Ann', 'Ann\u200b ', '\u202e\u2066', '𝒑'.repeat(90), '@here **x**', '\ud800'].map((name, at) => ({
        channelId: place.voice,
        userId: String(70 + at),
        name,
        text: 'cake',
      })),
    );
    const offered = await ben.autocomplete('/transcript search', 'speaker', '', { text: 'cake' });
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['\ufffd', '@here **x**', '𝒑'.repeat(32), '(72)', 'Ann (71)', 'Ann (70)'],
    );
    const answer = await ben.command('/transcript search', { text: 'cake', speaker: 'ann' });
    assert.equal(answer.content, '“ann” could be **Ann** (`71`) or **Ann** (`70`). Pick one from the list.');
  });

  it('leaves out what was posted where the asker does not read, also of a channel that they hear', async () => {
    const { guild, voice, text, ben, anna } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake for all', postedIn: place.voice },
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake for mods', postedIn: place.text },
    ]);
    const hidden = guild.channels.get(text);
    assert.ok(hidden);
    hidden.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: 1n << 10n });
    guild.channelChanged(hidden);
    const found = async (person: SimulatedPerson) =>
      [
        ...(await person.command('/transcript search', { text: 'cake' }, { channelId: voice })).content.matchAll(
          /^> /gm,
        ),
      ].length;
    assert.equal(await found(ben), 1);
    assert.equal(await found(anna), 2);
  });

  it('looks past many lines that the asker may not read, and leaves none out between two pages', async () => {
    const { guild, voice, text, ben } = await scene((place) =>
      Array.from({ length: 140 }, (_, at) => ({
        channelId: place.voice,
        userId: '77',
        name: 'Cleo',
        text: `cake number${at}`,
        postedIn: at < 7 ? place.voice : place.text,
      })),
    );
    const hidden = guild.channels.get(text);
    assert.ok(hidden);
    hidden.overwrites.push({ id: guild.id, type: 0, allow: 0n, deny: 1n << 10n });
    guild.channelChanged(hidden);
    const numbers = (content: string) => [...content.matchAll(/number(\d+)/g)].map(([, number]) => Number(number));
    const answer = await ben.command('/transcript search', { text: 'cake' }, { channelId: voice });
    assert.deepEqual(numbers(answer.content), [6, 5, 4, 3, 2]);
    await turn(ben, answer, 'Next');
    assert.deepEqual(numbers(answer.message?.content ?? ''), [1, 0]);
  });

  it('is for the named readers alone once there are any', async () => {
    const { guild, ben, anna } = await scene((place) => [
      { channelId: place.voice, userId: '77', name: 'Cleo', text: 'cake' },
    ]);
    const mods = guild.createRole({ name: 'Mods' });
    const mia = guild.addPerson({ name: 'Mia', roles: [mods] });
    await rig.context.readers.add(guild.id, { kind: 'role', id: mods });
    const found = async (person: SimulatedPerson) =>
      (await person.command('/transcript search', { text: 'cake' })).content.includes('> **cake**');
    assert.deepEqual([await found(mia), await found(anna), await found(ben)], [true, true, false]);
    assert.match(
      (await ben.command('/transcript search', { text: 'cake' })).content,
      /^You may not read what was said here/,
    );
    await rig.context.readers.remove(guild.id, { kind: 'role', id: mods });
    assert.equal(await found(ben), true);
  });

  it('follows what Discord published', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
