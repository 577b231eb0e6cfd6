import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IMPATIENT } from '../support/doubles/link.ts';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const sentence = {
  pcm: tone({ hz: 300, ms: 1.7 * IMPATIENT.deafMs, rate: 48_000 }),
  sampleRate: 48_000,
  channels: 1,
} as const;

describe('somebody who speaks and is never heard', () => {
  it('the bot joins anew once, and when that did not help it says so once, and what to do', async () => {
    const world = await World.start({
      protocol: 'openai',
      script: () => ({ silent: true }),
      linkPatience: IMPATIENT,
    });
    try {
      const anna = await world.person('Anna');
      await world.join(anna);
      // The voice server says that she speaks, and nothing of it comes.
      world.discord.voice.faults.loss = 1;
      const posts = () => world.guild.messages(world.channelId).map(({ content }) => content);
      const unheard = () => posts().filter((content) => content.includes('I cannot hear Anna')).length;
      for (let said = 0; said < 8 && unheard() === 0; said += 1) await anna.voice.speak(sentence);
      await world.until('the word about it', () => unheard() === 1);
      await anna.voice.speak(sentence);
      assert.equal(unheard(), 1);
      assert.deepEqual(
        world.of('recovered').map(({ cause }) => cause),
        ['deaf'],
      );
      const said = posts().join('\n');
      assert.match(said, /I could not hear somebody and joined anew/);
      assert.match(said, /joining anew did not help. Please leave the voice channel and come back/);
      assert.deepEqual(world.of('ended'), []);
    } finally {
      await world.close();
    }
  });
});
