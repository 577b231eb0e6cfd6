import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { Script, SimulatedGemini } from '@parley/simulator/models';
import { Spoken } from '../support/sound/spoken.ts';
import { StartedWorld } from '../support/world/started-world.ts';

describe('Gemini on a line where pongs lag and things come late, in the started process', () => {
  const spoken = new Spoken();
  let script: Script = () => ({ say: { text: 'I see.' }, speed: 50 });
  let world: StartedWorld;
  let anna: SimulatedPerson;
  let ben: SimulatedPerson;
  before(async () => {
    world = await StartedWorld.prepare({
      protocol: 'gemini',
      script: (input) => script(input),
      hear: spoken.hear,
      simulated: { playbackClock: false },
    });
    // As measured: messages in time, pongs 3 to 9 s late.
    world.model.faults.pongMs = () => 3_000 + Math.random() * 6_000;
    world.boot({});
    await world.bot.logs('ready');
    anna = await world.person('Anna');
    ben = await world.person('Ben');
    await world.join(anna);
  });
  after(() => world.close());

  /** The lines of people that stand in the channel, as `name: words`. */
  const lines = (): string[] =>
    [...world.posts().matchAll(/\*\*(Anna|Ben|[^*]*uncertain[^*]*):\*\* (The [^.]*\.)/g)].map(
      ([, name, words]) => `${name}: ${words}`,
    );
  const says = async (who: SimulatedPerson, text: string) => {
    await spoken.say(who, text);
    await world.until(text, () => world.posts().includes(text));
  };

  it('puts every line under the person who said it', async () => {
    await says(anna, 'The first is mine.');
    await says(ben, 'The second is mine.');
    await says(anna, 'The third is mine.');
    await says(ben, 'The fourth is mine.');
    assert.deepEqual(lines(), [
      'Anna: The first is mine.',
      'Ben: The second is mine.',
      'Anna: The third is mine.',
      'Ben: The fourth is mine.',
    ]);
  });

  it('answers the next person with their own call, though a word and an end of the answer before are late or lost', async () => {
    const { whims } = world.model as SimulatedGemini;
    let lost = 0;
    whims.loses = (end) => end === 'turnComplete' && lost++ === 0;
    script = ({ toolResults, turn }) => {
      if (toolResults.length > 0) return { say: { text: 'Here are your dice.' }, speed: 50 };
      if (turn === 6) return { calls: [{ name: 'roll_dice', arguments: { dice: '2d6' } }] };
      return { say: { text: 'I see.' }, speed: 50, late: { afterMs: 300, word: ' Indeed.' } };
    };
    await says(anna, 'The fifth is mine.');
    await says(ben, 'The sixth is mine.');
    await world.until('the dice', () => world.posts().includes('Here are your dice.'));
    assert.match(world.posts(), /roll.*_dice\(dice: 2d6\) for Ben · /);
  });

  it('posts nothing of what the service writes down a second time', async () => {
    const { whims } = world.model as SimulatedGemini;
    whims.wordsAgainMs = () => 300;
    await says(anna, 'The seventh was said but once.');
    await says(ben, 'The eighth was said but once.');
    const all = world.posts();
    assert.equal(all.split('The seventh was said but once.').length, 2, all);
    assert.deepEqual(lines().slice(-2), ['Anna: The seventh was said but once.', 'Ben: The eighth was said but once.']);
  });
});
