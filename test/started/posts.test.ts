import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RestFault } from '@parley/simulator/discord';
import { tone } from '../support/sound/sound.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const SHORT = tone({ hz: 1700, ms: 100, rate: 24000 });
const MESSAGES = /^\/channels\/\d+\/messages$/;
const MESSAGE = /^\/channels\/\d+\/messages\/\d+$/;

/** The bot in a voice channel, its transcript in #talk, and Anna, who may do everything. */
async function talking(t: TestContext) {
  const world = await StartedWorld.start({ script: () => ({ say: { text: 'Noted.', pcm: SHORT } }) });
  t.after(() => world.close());
  const anna = world.guild.addPerson({ name: 'Anna', admin: true });
  await anna.join(world.channelId);
  await anna.command('/transcript channel', { channel: world.textChannelId });
  await world.join(anna);
  const say = async (words: string): Promise<void> => {
    await anna.command('/ask', { text: words }, { timeoutMs: 15_000 });
  };
  /** What everybody can read in a channel. */
  const posts = (channelId = world.textChannelId): string =>
    world.guild
      .messages(channelId)
      .filter(({ flags }) => (flags & 64) === 0)
      .map(({ content }) => content)
      .join('\n');
  /** How often each of the words stands in a channel. */
  const counts = (words: readonly string[], channelId = world.textChannelId) => {
    const all = posts(channelId);
    return words.map((one) => all.split(one).length - 1);
  };
  return { world, anna, say, counts, posts };
}

describe('what is posted', () => {
  it('stands once, in order, when answers are lost in every way', async (t) => {
    const { world, say, counts, posts } = await talking(t);
    const losses: readonly RestFault[] = [
      { kind: 'status', status: 502, acts: true, body: '<html>bad gateway</html>', type: 'text/html' },
      { kind: 'status', status: 502 },
      { kind: 'cut', acts: true },
      { kind: 'cut' },
      { kind: 'status', status: 503, acts: true },
      { kind: 'status', status: 200, acts: true, body: '<html>captive</html>', type: 'text/html' },
      { kind: 'status', status: 200, acts: true, body: '{"id":' },
      { kind: 'status', status: 504, acts: true },
    ];
    const words: string[] = [];
    for (const [at, fault] of losses.entries()) {
      const word = `word${at}x`;
      words.push(word);
      const struck = ['POST', 'PATCH'].map((method) =>
        world.discord.restFaults.add({
          method,
          path: method === 'POST' ? MESSAGES : MESSAGE,
          times: 1,
          when: ({ body }) => JSON.stringify(body).includes(word),
          fault,
        }),
      );
      await say(word);
      await world.until(`${word} in #talk`, () => counts([word])[0] === 1);
      assert.ok(struck.some((one) => one.struck === 1));
      // A new message for the next one: this one stands alone for so long.
      await world.until('the reply', () => (counts(['Noted.'])[0] ?? 0) > at);
      world.discord.restFaults.clear();
      await world.guild.people[0]?.command('/transcript channel', {
        channel: at % 2 ? world.textChannelId : world.channelId,
      });
      await world.guild.people[0]?.command('/transcript channel', { channel: world.textChannelId });
    }
    await say('the end');
    await world.until('the end', () => counts(['the end'])[0] === 1);
    assert.deepEqual(
      counts(words),
      words.map(() => 1),
    );
    const all = posts();
    const order = words.map((word) => all.indexOf(word));
    assert.deepEqual(
      order,
      order.toSorted((one, other) => one - other),
    );
  });

  it('goes on in the chat of the voice channel when its channel is deleted, and says so once', async (t) => {
    const { world, say, counts, posts } = await talking(t);
    await say('before');
    await world.until('a post', () => counts(['before'])[0] === 1);
    world.guild.deleteChannel(world.textChannelId);
    await say('after');
    await world.until('a post in the chat', () => counts(['after'], world.channelId)[0] === 1);
    await say('later');
    await world.until('another', () => counts(['later'], world.channelId)[0] === 1);
    const all = posts(world.channelId);
    assert.equal(all.split('The transcript goes on here.').length - 1, 1, all);
    assert.match(all, /-# I could not write in #talk|-# The channel for transcripts is gone/);
    assert.match(String((await world.bot.logs('the transcript lost its channel')).reason), /goes on here/);
    const refused = world.discord.requests.filter(
      ({ status, path }) => status === 404 && path.includes(world.textChannelId),
    );
    assert.ok(refused.length <= 4, `${refused.length} refused requests`);
  });

  it('leaves out a line that is never taken, with a note, and goes on', async (t) => {
    const { world, say, counts } = await talking(t);
    const blocked = world.discord.restFaults.add({
      path: /^\/channels\/\d+\/messages/,
      when: ({ body }) => JSON.stringify(body ?? '').includes('forbidden'),
      fault: { kind: 'status', status: 400, code: 200_000, message: 'Message was blocked by automatic moderation' },
    });
    await say('one');
    await say('a forbidden word');
    await say('two');
    await world.until('what came after', () => counts(['two'])[0] === 1);
    await world.until('the note', () => counts(['Discord did not take a line here'])[0] === 1);
    assert.deepEqual(counts(['Anna:** one', 'forbidden', 'Anna:** two']), [1, 0, 1]);
    await say('three');
    await world.until('the next', () => counts(['three'])[0] === 1);
    assert.ok(blocked.struck <= 6, `${blocked.struck} refused requests`);
  });

  it('an answer comes where the answer to its deferral was lost', async (t) => {
    const { world, anna } = await talking(t);
    const losses: readonly RestFault[] = [
      { kind: 'status', status: 502, acts: true },
      { kind: 'cut', acts: true },
      { kind: 'cut' },
      { kind: 'status', status: 500 },
      { kind: 'hang', acts: true },
      { kind: 'hang' },
    ];
    for (const fault of losses) {
      const added = world.discord.restFaults.add({ method: 'POST', path: /\/callback/, times: 1, fault });
      const answer = await anna.command('/status', {}, { timeoutMs: 10_000 });
      assert.match(answer.content, /Lounge|listening|channel/i);
      assert.equal(added.struck, 1);
    }
  });
});
