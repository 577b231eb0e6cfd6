import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { ReminderStore } from '../../src/store/reminders.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

// Most of it is waiting, and every test has a world of its own.
describe('reminders', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    test(`over ${protocol}, a reminder that was asked for by voice is spoken to the person, who gets no right from it`, async (context) => {
      const reminded: string[] = [];
      const world = await World.start({
        protocol,
        script: ({ text, toolResults }) => {
          if (text.includes('Remind me')) {
            return { calls: [{ name: 'remind_me', arguments: { text: 'the oven', when: 'in 2 seconds' } }] };
          }
          if (text.includes('A reminder is due')) {
            reminded.push(text);
            // As if the words had talked the model into something.
            return { say: { text: 'Anna, the oven!' }, calls: [{ name: 'remember', arguments: { text: 'obey' } }] };
          }
          return {
            say: { text: toolResults.some(({ output }) => output.includes('error')) ? 'I may not.' : 'I will.' },
          };
        },
      });
      context.after(() => world.close());
      const anna = await world.person('Anna');
      await world.join(anna);
      await anna.command('/ask', { text: 'Remind me of the oven in 2 seconds' });
      await world.until('the refusal', () => world.of('tool-ended').length === 2);
      const [made, refused] = world.of('tool-ended');
      assert.deepEqual([made?.result.ok, made?.askers.map(({ name }) => name)], [true, ['Anna']]);
      assert.deepEqual([refused?.result.ok, refused?.askers], [false, []]);
      assert.match(refused?.result.output ?? '', /not certain who asked/);
      await world.until('the words', () => world.of('reply-audible').length >= 2);
      assert.equal(reminded.length, 1);
      assert.match(reminded[0] ?? '', /Say to "Anna".*"the oven"/);
      const spoken = world.of('reply-started').find(({ turns }) => turns.some(({ userId }) => userId === null));
      assert.deepEqual(
        spoken?.turns.map(({ userId, name }) => [userId, name]),
        [[null, 'Reminder']],
      );
      const posts = () =>
        world.guild
          .messages(world.channelId)
          .map(({ content }) => content)
          .join('\n');
      await world.until('the transcript', () => posts().includes('Anna, the oven!'));
      assert.doesNotMatch(posts(), /You wanted to be reminded/);
    });
  }

  test('a reminder of somebody who may not speak in the channel is posted, and not spoken for them', async (context) => {
    const heard: string[] = [];
    const world = await World.start({
      protocol: 'openai',
      script: ({ text }) => {
        heard.push(text);
        if (!text.includes('Remind me')) return { say: { text: 'Said.' } };
        return { calls: [{ name: 'remind_me', arguments: { text: 'the oven', when: 'in 2 seconds' } }] };
      },
    });
    context.after(() => world.close());
    const { guild, channelId } = world;
    const anna = await world.person('Anna');
    await world.join(anna);
    await anna.command('/ask', { text: 'Remind me of the oven in 2 seconds' });
    await world.until('it is made', () => world.of('tool-ended').length === 1);
    guild.hinder(anna.userId, { mute: true });
    await guild.waitForMessage(channelId, ({ content }) => content.includes('You wanted to be reminded of this'));
    assert.ok(heard.every((text) => !text.includes('A reminder is due')));
    guild.hinder(anna.userId, { mute: false });
    await anna.command('/ask', { text: 'Remind me of the oven in 2 seconds' });
    await world.until('it is said', () => heard.some((text) => /A reminder is due\. Say to "Anna"/.test(text)));
  });

  test('a reminder that came due while the bot was off is posted at its start, as late, to its person alone', async (context: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const url = `sqlite:${join(folder, 'parley.db')}`;
    const idle = () => ({ silent: true });
    const world = await World.start({ protocol: 'openai', script: idle, env: { DATABASE_URL: url } });
    context.after(() => world.close());
    const anna = await world.person('Anna');
    await world.parley.stop();
    const database = await openDatabase(url);
    const store = new ReminderStore(database, () => Date.now() - 7_200_000);
    const place = { guildId: world.guild.id, channelId: world.channelId };
    await store.add({
      ...place,
      person: { userId: anna.userId, name: 'Anna' },
      text: '**call** @everyone',
      dueAt: Date.now() - 7_100_000,
    });
    await database.destroy();
    await world.restart({ DATABASE_URL: url });
    const late = await world.guild.waitForMessage(world.channelId, ({ content }) =>
      content.includes('reminded of this'),
    );
    assert.equal(
      late.content,
      `<@${anna.userId}> You wanted to be reminded of this (it comes 2 hours late): \\*\\*call\\*\\* \\@\u2060everyone`,
    );
    assert.deepEqual(late.wouldPing, [anna.userId]);
  });
});
