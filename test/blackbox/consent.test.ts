import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { quietFor } from '../support/time/quiet-for.ts';
import { earsScene, pitches } from '../support/world/ears-scene.ts';
import { PROTOCOLS, type World } from '../support/world/world.ts';

/** Somebody's packets that were sent before the bot knew of the choice. */
const ON_THE_WAY_MS = 400;

const said = (world: World): string[] =>
  world.of('turn-transcript').flatMap(({ turn, text }) => (text === '' ? [] : `${turn?.name}: ${text}`));
const posts = (world: World): string =>
  world.guild
    .messages(world.channelId)
    .map(({ content }) => content)
    .join('\n');

describe('whoever opts out', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    it(`is not heard from the middle of their sentence on, which is dropped whole, while others are (${protocol})`, async () => {
      const { world, ears } = await earsScene(protocol);
      try {
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);
        const speaking = ben.voice.speak(pitches.sound('Ben', 3_000));
        await world.until('his turn', () => world.of('turn-began').some(({ turn }) => turn.name === 'Ben'));
        await wait(400);
        const answer = await ben.command('/privacy out');
        assert.match(answer.content, /^I do not hear you any more on this server/);
        await wait(ON_THE_WAY_MS);
        const mark = ears.samples;
        assert.ok(ears.framesOf('Ben') > 0, 'the test would show nothing if he had not been heard before');
        await speaking;
        await anna.voice.speak(pitches.sound('Anna', 900));
        await world.until('her words', () => said(world).some((words) => words.startsWith('Anna: I am Anna')));
        await ben.voice.speak(pitches.sound('Ben', 900));
        await quietFor(1_500);
        assert.equal(ears.framesOf('Ben', mark), 0);
        assert.ok(ears.framesOf('Anna', mark) > 30);
        assert.deepEqual(
          said(world).filter((words) => !words.startsWith('Anna: ')),
          [],
          'no words of his, early or late',
        );
        assert.deepEqual(
          world.of('turn-withdrawn').map(({ turn }) => turn.name),
          ['Ben'],
        );
        assert.equal(world.of('turn-ended').filter(({ turn }) => turn.name === 'Ben').length, 0);
        await world.guild.waitForMessage(world.channelId, ({ content }) => content.startsWith('Ben opted out: I no'));
        assert.doesNotMatch(posts(world), /I am Ben/);
        if (protocol === 'openai') {
          const clears = world.model.frames.filter(
            ({ message }) => (message as { type?: string }).type === 'input_audio_buffer.clear',
          );
          assert.equal(clears.length, 1);
        }
      } finally {
        await world.close();
      }
    });
  }
});
