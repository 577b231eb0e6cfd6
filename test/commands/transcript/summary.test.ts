import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WritingFailedError } from '../../../src/ports/errors.ts';
import type { RecordedUtterance } from '../../../src/ports/record.ts';
import { eventually } from '../../support/time/eventually.ts';
import { conversationOf } from '../../support/world/recorded.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

const AT = Date.parse('2026-11-20T20:00:00Z');

describe('/transcript summary', () => {
  let rig: Rig;
  let label: string | null = 'OpenAI (gpt_5)';
  let failure: Error | undefined;
  const given: RecordedUtterance[][] = [];
  before(async () => {
    rig = await startRig({
      summaries: {
        get label() {
          return label;
        },
        sumUp: async ({ lines }) => {
          given.push([...lines]);
          if (failure) throw failure;
          return lines.flatMap((line) =>
            Array.from({ length: 8 }, (_, at) => ({ text: `${at} ${line.text} ${'x'.repeat(300)}`, evidence: [line] })),
          );
        },
      },
    });
  });
  after(() => rig.close());

  async function scene(id: number) {
    const furnished = await furnish(rig);
    const { guild, voice } = furnished;
    const closed = guild.createVoiceChannel({ name: 'Closed', denyEveryone: ['ViewChannel'] });
    const [ben, cleo] = [guild.addPerson({ name: 'Ben' }), guild.addPerson({ name: 'Cleo' })];
    const said = [
      { at: AT, channelId: voice, userId: '7', name: 'Dan', text: 'before the move' },
      { at: AT + 1, channelId: closed, userId: '7', name: 'Dan', text: 'behind closed doors' },
      { at: AT + 2, channelId: voice, userId: cleo.userId, name: 'Cleo', text: 'words of Cleo' },
    ];
    await rig.recorded.write(conversationOf({ id, guildId: guild.id, endedAt: AT + 600_000 }, said));
    return { ...furnished, ben, cleo };
  }
  async function furnishedWithCleo() {
    const furnished = await furnish(rig);
    const [ben, cleo] = ['Ben', 'Cleo'].map((name) => furnished.guild.addPerson({ name }));
    assert.ok(ben && cleo);
    return { ...furnished, ben, cleo };
  }
  const texts = () => given.at(-1)?.map(({ text }) => text);

  it('is of the lines alone that the asker may read, of a moved conversation, too, and of people who may be heard', async () => {
    const { guild, anna, ben, cleo } = await scene(1);
    const { content, components } = await ben.command('/transcript summary');
    assert.deepEqual(texts(), ['before the move', 'words of Cleo']);
    assert.match(
      content,
      /^<#\d+>, <t:\d+:f>, 2 lines, summed up by OpenAI \(gpt\\_5\)\. It may be wrong: look at the times\.\n- 0 before the move/,
    );
    assert.ok(content.length <= 2_000);
    assert.equal(components[0]?.components.length, 2);
    assert.match(
      (await anna.command('/transcript audit')).content,
      /\*\*Ben\*\* \(`\d+`\) had summed up: conversation 1\\, .* \(2 lines\)$/,
    );
    await anna.command('/transcript summary', { session: 1 });
    assert.deepEqual(texts(), ['before the move', 'behind closed doors', 'words of Cleo']);
    await rig.context.consent.choose(guild.id, cleo.userId, 'out');
    await ben.command('/transcript summary', { session: 1 });
    assert.deepEqual(texts(), ['before the move']);
  });

  it('leaves out what the bot answered people who opted out, also where their words never came', async () => {
    const { guild, voice, anna, ben, cleo } = await furnishedWithCleo();
    const batch = conversationOf({ id: 20, guildId: guild.id }, [
      { at: AT, channelId: voice, userId: cleo.userId, name: 'Cleo', text: '' },
      { at: AT + 1, channelId: voice, userId: null, name: 'Parley', text: 'Cleo wants a secret' },
      { at: AT + 2, channelId: voice, userId: null, name: 'Parley', text: 'An answer to what was taken back' },
      { at: AT + 3, channelId: voice, userId: ben.userId, name: 'Ben', text: 'words of Ben' },
      { at: AT + 4, channelId: voice, userId: null, name: 'Parley', text: 'An answer to Ben' },
    ]);
    const answering = [[], [1], [77], [], [4]];
    const lines = batch.lines.map((line, at) => {
      if (line.kind !== 'utterance') return line;
      const state = line.text === '' ? 'unknown' : 'final';
      return { ...line, state, turnIds: answering[at] ?? [] } as const;
    });
    await rig.recorded.write({ ...batch, lines });
    await rig.context.consent.choose(guild.id, cleo.userId, 'out');
    await anna.command('/transcript summary', { session: 20 });
    assert.deepEqual(texts(), ['words of Ben', 'An answer to Ben']);
  });

  it('turns to no page any more that rests on words of somebody who opted out meanwhile', async () => {
    const { guild, ben, cleo } = await scene(21);
    const { message, components } = await ben.command('/transcript summary', { session: 21 });
    assert.ok(message);
    const next = components[0]?.components.find(({ label }: { label: string }) => label === 'Next');
    await rig.context.consent.choose(guild.id, cleo.userId, 'out');
    await ben.press(message, next.custom_id);
    await eventually('the summary is there', () => !/summed up/.test(message.content));
    assert.equal(
      message.content,
      'Something in this list may not be shown any more. Use the command again to see the rest.',
    );
  });

  it('offers the conversations that the person who types may read, and no other is summed up', async () => {
    const { ben } = await scene(2);
    const other = await scene(3);
    const offered = await ben.autocomplete('/transcript summary', 'session', 'lounge');
    assert.deepEqual(
      offered.map(({ value }) => value),
      [2],
    );
    assert.match(offered[0]?.name ?? '', / 19:59 UTC, 10 min, \d people, Lounge$/);
    const count = given.length;
    const answer =
      'I know no such session, or you may not read it. Choose one of those that are offered while you type.';
    assert.equal((await ben.command('/transcript summary', { session: 3 })).content, answer);
    assert.equal((await other.ben.command('/transcript summary', { session: 2 })).content, answer);
    assert.equal(given.length, count);
  });

  it('says in a sentence why there is none', async () => {
    const { ben } = await scene(4);
    failure = new WritingFailedError('OpenAI did not answer. Try again in a moment.');
    assert.equal((await ben.command('/transcript summary')).content, failure.message);
    label = null;
    assert.match(
      (await ben.command('/transcript summary')).content,
      /^I have no text model .* OPENAI_API_KEY or GEMINI_API_KEY/,
    );
  });
});
