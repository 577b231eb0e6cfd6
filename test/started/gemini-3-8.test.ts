import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { Script, ScriptedReply } from '@parley/simulator/models';
import { Spoken } from '../support/sound/spoken.ts';
import { StartedWorld } from '../support/world/started-world.ts';

/** A tool that the model waits for, and that takes longer than the next person needs to speak. */
const LOOK_UP = `import { setTimeout as wait } from 'node:timers/promises';
import { defineTool } from 'parley/tool';
import { z } from 'zod';
export default defineTool({
  name: 'look_up', description: 'Looks something up.', input: z.object({ what: z.string() }), risk: 'read',
  async run({ what }, { signal }) {
    if (what === 'nothing') return [];
    await wait(1_800, undefined, { signal });
    return 'train at nine';
  },
});
`;

describe('what gemini-3.8-live does differently, in the started process', () => {
  const spoken = new Spoken();
  let script: Script = () => ({ silent: true });
  let world: StartedWorld;
  before(async () => {
    world = await StartedWorld.prepare({
      protocol: 'gemini',
      script: (input) => script(input),
      hear: spoken.hear,
      simulated: { playbackClock: false },
    });
    writeFileSync(join(world.folder, 'look-up.ts'), LOOK_UP);
    world.also = { TOOLS_DIR: world.folder };
  });
  after(() => world.close());

  const boot = async (model: string): Promise<{ anna: SimulatedPerson; ben: SimulatedPerson }> => {
    await world.stop();
    world.boot({ env: { GEMINI_MODEL: model } });
    await world.bot.logs('ready');
    const [anna, ben] = [await world.person(`Anna of ${model}`), await world.person(`Ben of ${model}`)];
    await world.join(anna);
    return { anna, ben };
  };
  const say = (text: string, more: Partial<ScriptedReply> = {}): ScriptedReply => ({
    say: { text },
    speed: 50,
    ...more,
  });

  it('a tool that is waited for goes on while somebody else speaks, and its result is told', async () => {
    let calls = 0;
    script = ({ unanswered, context, text, toolResults }) => {
      if (/look_up .*brought/.test(`${context}${text}`) || toolResults.length > 0)
        return say('Your train goes at nine.');
      if (unanswered.length > 0 && calls++ === 0) return { calls: [{ name: 'look_up', arguments: { what: 'train' } }] };
      return say('Hello Ben.');
    };
    const { anna, ben } = await boot('gemini-3.8-live');
    await spoken.say(anna, 'When does my train go?');
    await world.until('the call', () => world.model.frames.some(({ message }) => 'toolCall' in message));
    await spoken.say(ben, 'Hello there!');
    await world.until('the answer to Ben', () => world.posts().includes('Hello Ben.'));
    await world.until('the answer to Anna', () => world.posts().includes('Your train goes at nine.'));
    assert.ok(
      world.model.frames.some(({ message }) => 'toolCallCancellation' in message),
      'the service took the call back',
    );
    assert.equal(calls >= 1, true);
    assert.equal(world.posts().match(/train at nine/g)?.length, 1, 'it ran once');
    assert.match((await anna.command('/why')).content, /look\\?_up/);
  });

  it('a result that says nothing is not asked for again', async () => {
    const anna = world.guild.people.find(({ name }) => name.startsWith('Anna')) as SimulatedPerson;
    script = ({ toolResults }) =>
      toolResults.length > 0
        ? say('There is nothing.')
        : { calls: [{ name: 'look_up', arguments: { what: 'nothing' } }] };
    const before = world.model.frames.filter(({ message }) => 'toolCall' in message).length;
    await spoken.say(anna, 'And tomorrow?');
    await world.until('the answer', () => world.posts().includes('There is nothing.'));
    assert.equal(world.model.frames.filter(({ message }) => 'toolCall' in message).length - before, 1);
  });

  it('extended thinking: the filler and the answer are both said, for the person who asked', async () => {
    let asked = 0;
    script = () => (asked++ === 0 ? say('Let me think about it.', { goesOn: true }) : say('Take the early train.'));
    const { anna } = await boot('gemini-3.8-live-extended-thinking');
    await spoken.say(anna, 'Which train is best?');
    await world.until('the filler', () => world.posts().includes('Let me think about it.'));
    await world.until('the answer', () => world.posts().includes('Take the early train.'));
    assert.equal(asked, 2);
    const status = await world.status(anna);
    assert.doesNotMatch(status, /trouble|not answered/i);
  });
});
