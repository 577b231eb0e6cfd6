import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const SHORT = tone({ hz: 1700, ms: 200, rate: 24000 });
const HOSTILE = '**buy** @everyone [cake](https://e.vil) \u202eekac 𝒑izza';

// Most of it is waiting, and every test has a world of its own.
describe('reading what was said', { concurrency: true }, () => {
  test('what was said aloud is found by typing, by whoever may read it, and managers see who did', async (context) => {
    const world = await World.start({
      protocol: 'openai',
      script: () => ({ say: { text: 'Cake it is.', pcm: tone({ hz: 1700, ms: 200, rate: 24000 }) } }),
      hear: () => HOSTILE,
    });
    context.after(() => world.close());
    const { guild, channelId } = world;
    const anna = await world.person('An*na*');
    const ben = guild.addPerson({ name: 'Ben' });
    await world.join(anna);
    await anna.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
    const posted = await guild.waitForMessage(channelId, ({ content }) => content.includes('Cake it is'));
    await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
    const search = () => ben.command('/transcript search', { text: 'CAKE' }, { channelId });
    // Where it was posted is written down after it was.
    let answer = await search();
    for (let tries = 0; /not posted/.test(answer.content) && tries < 100; tries++) answer = await search();
    const { content, message } = answer;
    assert.deepEqual(message?.wouldPing, []);
    assert.ok(content.startsWith('Page 1: “CAKE”\n'), content);
    assert.match(content, /\n> \*\*Cake\*\* it is\\\.\n/);
    assert.ok(content.includes(`/${channelId}/${posted.id}`), content);
    assert.match(content, /\*\*An\\\*na\\\*\*\*/);
    assert.match(content, /> \\\*\\\*buy\\\*\\\* \\@everyone \\\[\*\*cake\*\*\\\]/);
  });

  test('a conversation is posted into a thread, nowhere, or the channel itself, as it is told', async (context) => {
    const world = await World.start({
      protocol: 'openai',
      script: () => ({ say: { text: 'Noted.', pcm: SHORT } }),
    });
    context.after(() => world.close());
    const { guild } = world;
    const text = guild.createTextChannel({ name: 'log' });
    const anna = guild.addPerson({ name: 'Anna', roles: [guild.createRole({ permissions: ['ManageGuild'] })] });
    const live = async (mode: string) => (await anna.command('/transcript live', { mode })).content;
    assert.match(await live('thread'), /^The chat of a voice channel has no threads\./);
    await anna.join(world.channelId);
    await anna.command('/transcript channel', { channel: text });
    assert.match(
      await live('thread'),
      /^What is said is posted into a thread of <#\d+>, a new one for each conversation\./,
    );
    await world.join(anna);
    const say = async (words: string): Promise<void> => {
      const ended = world.of('reply-ended').length;
      await anna.command('/ask', { text: words });
      await world.until('the end of the reply', () => world.of('reply-ended').length > ended);
    };
    const threads = () => [...guild.channels.values()].filter(({ parentId, type }) => parentId === text && type === 11);
    /** In a post, not in what only the asker of a command sees. */
    const has = (words: string) => (message: { content: string; flags: number }) =>
      message.content.includes(words) && (message.flags & 64) === 0;
    await say('first words');
    await world.until('a thread', () => threads().length === 1);
    const [thread] = threads();
    assert.ok(thread);
    assert.match(thread.name, /^\d{4}-\d\d-\d\d \d\d:\d\d UTC: Lounge$/);
    await guild.waitForMessage(thread.id, has('first words'));

    assert.match(await live('off'), /^Nothing of what is said is posted.* It is still recorded, for 30 days:.* now\.$/);
    await say('second words');
    let found = await anna.command('/transcript search', { text: 'second' });
    for (let tries = 0; /nothing/.test(found.content) && tries < 100; tries++) {
      found = await anna.command('/transcript search', { text: 'second' });
    }
    assert.match(found.content, /\(not posted\)\n> \*\*second\*\* words/);
    await live('on');
    await say('third words');
    await guild.waitForMessage(thread.id, has('third words'));
    assert.ok(![text, thread.id, world.channelId].some((id) => guild.messages(id).some(has('second words'))));

    // What begins anew is not added to a message that was deleted with its thread.
    await live('off');
    await live('on');
    guild.deleteChannel(thread.id);
    await say('fourth words');
    await world.until('another thread', () => threads().length === 1);
    await guild.waitForMessage(threads()[0]?.id ?? '', has('fourth words'));

    const channel = guild.channels.get(text);
    assert.ok(channel);
    const { CreatePublicThreads } = PermissionFlagsBits;
    channel.overwrites.push({ id: world.discord.botUser.id, type: 1, allow: 0n, deny: CreatePublicThreads });
    guild.channelChanged(channel);
    await live('off');
    await live('on');
    guild.deleteChannel(threads()[0]?.id ?? '');
    await say('fifth words');
    await guild.waitForMessage(text, has('fifth words'));
    await guild.waitForMessage(
      text,
      has('I cannot make threads in #log: I lack Create Public Threads there. I write into the channel itself.'),
    );
    assert.equal(
      await live('thread'),
      `I lack **Create Public Threads** in <#${text}>. Grant that under **Edit Channel → Permissions**, then try again.`,
    );

    const { content } = await anna.command('/transcript audit');
    assert.match(content, /^<t:\d+:f> \*\*Anna\*\* \(`\d+`\) searched: .*second.* \(1 line\)(\n|$)/);
  });
});
