import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const SHORT = tone({ hz: 1700, ms: 100, rate: 24000 });

test('whatever happens to the thread of a conversation, what is said next is posted, and soon', async (context) => {
  const world = await World.start({ protocol: 'openai', script: () => ({ say: { text: 'Noted.', pcm: SHORT } }) });
  context.after(() => world.close());
  const { guild } = world;
  const text = guild.createTextChannel({ name: 'log' });
  const anna = guild.addPerson({ name: 'Anna', roles: [guild.createRole({ permissions: ['ManageGuild'] })] });
  await anna.join(world.channelId);
  await anna.command('/transcript channel', { channel: text });
  await anna.command('/transcript live', { mode: 'thread' });
  await world.join(anna);
  const posted = (place: string, words: string) =>
    guild.waitForMessage(place, ({ content, flags }) => content.includes(words) && (flags & 64) === 0, 8_000);
  const say = async (words: string): Promise<void> => {
    const ended = world.of('reply-ended').length;
    await anna.command('/ask', { text: words });
    await world.until('the end of the reply', () => world.of('reply-ended').length > ended);
  };
  const thread = () => [...guild.channels.values()].find(({ parentId, type }) => parentId === text && type === 11);
  await say('one');
  await world.until('a thread', () => thread() !== undefined);
  const first = thread()?.id ?? '';
  await posted(first, 'one');

  // Its messages went with it, and what is said next belongs to one of them.
  guild.deleteChannel(first);
  await say('two');
  await world.until('another thread', () => thread() !== undefined, 8_000);
  const second = thread();
  assert.ok(second && second.id !== first);
  await posted(second.id, 'two');

  // Nobody can edit in an archived thread; a post opens it again.
  Object.assign(second, { archived: true });
  guild.channelChanged(second);
  await say('three');
  await posted(second.id, 'three');
  assert.equal(second.archived, false);

  // Locked, it takes nothing more.
  Object.assign(second, { archived: true, locked: true });
  guild.channelChanged(second);
  await say('four');
  await posted(text, 'four');
  await posted(text, 'Somebody closed the thread of this conversation. I write into the channel itself.');

  // Another channel, another thread; until the right to write in it is taken away.
  const other = guild.createTextChannel({ name: 'other' });
  const { content } = await anna.command('/transcript channel', { channel: other });
  assert.match(
    content,
    /^Transcripts go to <#\d+>\. .* Each conversation gets a thread where there can be one\. It is in/,
  );
  const theirs = () => [...guild.channels.values()].find(({ parentId, type }) => parentId === other && type === 11);
  await say('five');
  await world.until('a thread there', () => theirs() !== undefined, 8_000);
  await posted(theirs()?.id ?? '', 'five');
  const channel = guild.channels.get(other);
  assert.ok(channel);
  const { SendMessagesInThreads } = PermissionFlagsBits;
  channel.overwrites.push({ id: world.discord.botUser.id, type: 1, allow: 0n, deny: SendMessagesInThreads });
  guild.channelChanged(channel);
  await anna.command('/transcript live', { mode: 'off' });
  await anna.command('/transcript live', { mode: 'on' });
  await say('six');
  await posted(other, 'six');
  await posted(
    other,
    'I lack Send Messages in Threads in the thread of this conversation. I write into the channel itself.',
  );
});
