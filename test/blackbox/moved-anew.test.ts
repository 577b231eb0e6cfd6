import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Permission } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { tone } from '../support/sound/sound.ts';
import { hiddenRoom } from '../support/world/hidden-room.ts';
import { PROTOCOLS, type Protocol, World } from '../support/world/world.ts';

const SECRET = 'The password is tuna.';
const sound = () => ({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;

/** A room of the board, where Mia said something, and a lounge where Anna is. */
async function setUp(protocol: Protocol) {
  let words = SECRET;
  const inputs: string[] = [];
  const script = (input: ScriptInput): ScriptedReply => {
    inputs.push(`${input.context}\n${input.text}\n${JSON.stringify(input.toolResults)}`);
    return { say: { text: `I heard you say: ${words}`, pcm: tone({ hz: 1700, ms: 100, rate: 24000 }) } };
  };
  const world = await World.start({ protocol, script, hear: () => words });
  const { guild, channelId: lounge } = world;
  const { board, hidden, role } = hiddenRoom(guild, [world.discord.botUser.id]);
  const mia = guild.addPerson({ name: 'Mia', roles: [role] });
  const anna = guild.addPerson({ name: 'Anna' });
  await mia.join(board);
  await anna.join(lounge);
  await mia.command('/join');
  const ask = async (person: typeof mia, says: string) => {
    words = says;
    const before = world.of('reply-ended').length;
    await person.voice.speak(sound());
    await world.until(`an answer to ${says}`, () => world.of('reply-ended').length > before);
  };
  await ask(mia, SECRET);
  await guild.waitForMessage(board, ({ content }) => content.includes('password'));
  /** What connections that were opened since then were told of it. */
  const frames = () =>
    world.model.frames.filter(({ direction }) => direction === 'client').map(({ message }) => JSON.stringify(message));
  const known = frames().length;
  const toldAgain = () =>
    frames()
      .slice(known)
      .filter((frame) => /password|tuna/.test(frame));
  return { world, guild, lounge, board, role, hidden, mia, anna, ask, inputs, toldAgain };
}

describe('others may come to hear the bot than those who heard it', { concurrency: 2 }, () => {
  for (const protocol of PROTOCOLS) {
    it(`is moved to them: it knows nothing of before, nor does /why: ${protocol}`, async () => {
      const { world, guild, lounge, board, mia, anna, ask, inputs, toldAgain } = await setUp(protocol);
      try {
        const opened = world.model.requests.length;
        guild.moveBot(lounge);
        await world.until('the connection there', () => world.of('recovered').length > 0);
        await guild.waitForMessage(lounge, ({ content }) => content.includes('I begin anew'));
        inputs.length = 0;
        await ask(anna, 'What did they say?');
        assert.ok(world.model.requests.length > opened, 'another session');
        assert.deepEqual(toldAgain(), []);
        assert.doesNotMatch(inputs.join(), /password|tuna/);
        const [theirs, own] = [await anna.command('/why'), await mia.command('/why')];
        assert.doesNotMatch(theirs.content, /Mia/);
        assert.match(theirs.content, /Anna/);
        assert.match(own.content, /Mia.*Anna/s);
        await anna.command('/leave');
        assert.ok(guild.messages(lounge).every(({ content }) => !content.includes('password')));
        assert.ok(guild.messages(board).some(({ content }) => content.includes('password')));
      } finally {
        await world.close();
      }
    });
  }

  it('sees its channel opened to them: it begins anew there, too; narrowed it goes on', async () => {
    const { world, guild, board, hidden, mia, ask, inputs, toldAgain } = await setUp('openai');
    try {
      const opened = world.model.requests.length;
      hidden.overwrites.push({ id: mia.userId, type: 1, allow: Permission.ViewChannel, deny: 0n });
      guild.channelChanged(hidden);
      await ask(mia, 'And now?');
      assert.equal(world.model.requests.length, opened, 'who had the role could come anyway');
      hidden.overwrites = hidden.overwrites.filter(({ id }) => id !== guild.id);
      guild.channelChanged(hidden);
      await guild.waitForMessage(board, ({ content }) => content.includes('I begin anew'));
      inputs.length = 0;
      await ask(mia, 'What did I say?');
      assert.deepEqual(toldAgain(), []);
      assert.doesNotMatch(inputs.join(), /password|tuna/);
    } finally {
      await world.close();
    }
  });
});
