import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Script } from '@parley/simulator/models';
import { tone } from '../support/sound/sound.ts';
import { Spoken } from '../support/sound/spoken.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const SHORT = tone({ hz: 1700, ms: 100, rate: 24_000 });
const SETTLED_MS = 1_500;

describe('another bot in the channel', () => {
  it('is not heard, has no rights when it is let be heard, and is not answered twice in a row', async (t) => {
    const spoken = new Spoken();
    let tool: { readonly name: string; readonly arguments: object } | undefined;
    const results: string[] = [];
    const script: Script = ({ toolResults }) => {
      results.push(...toolResults.map(({ output }) => output));
      return { say: { text: 'Noted.', pcm: SHORT }, ...(tool && toolResults.length === 0 && { calls: [tool] }) };
    };
    const world = await StartedWorld.start({ script, hear: spoken.hear });
    t.after(() => world.close());
    const anna = await world.person('Anna');
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    const reader = world.guild.addPerson({ name: 'Reader', admin: true, bot: true });
    await reader.join(world.channelId);
    await world.join(anna);
    const turns = (): number => world.model.turns.length;
    const lines = (): string => world.posts();
    const said = async (by: typeof anna, words: string): Promise<void> => {
      await spoken.say(by, words);
      await world.until(words, () => lines().includes(words));
    };

    await said(anna, 'I am a person.');
    const before = turns();
    await reader.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48_000 }), sampleRate: 48_000, channels: 1 });
    await quietFor(SETTLED_MS);
    assert.equal(turns(), before, 'nothing of it came to the model');
    assert.doesNotMatch(lines(), /Reader/);

    assert.match((await olga.command('/voice bots allow', { bot: anna.userId })).content, /is a person/);
    assert.match(
      (await olga.command('/voice bots allow', { bot: reader.userId })).content,
      /^I hear <@\d+>\. It has no rights/,
    );
    assert.match(
      (await olga.command('/voice show')).content,
      new RegExp(`Other bots that I hear:\\*\\* <@${reader.userId}>`),
    );
    await said(reader, 'I am a bot.');
    await world.until('an answer to it', () => lines().split('Noted.').length - 1 === 2);
    await said(reader, 'And I go on.');
    await quietFor(SETTLED_MS);
    assert.equal(lines().split('Noted.').length - 1, 2, 'no second answer in a row');
    await said(anna, 'A person again.');
    await world.until('an answer to her', () => lines().split('Noted.').length - 1 === 3);

    tool = { name: 'post_message', arguments: { text: 'From the bot.' } };
    await said(reader, 'Post something.');
    await world.until('the refusal', () => /It is not certain who asked/.test(results.join(' ')));
    tool = undefined;
    assert.match((await olga.command('/voice bots deny', { bot: reader.userId })).content, /^I do not hear <@\d+>\./);
    const denied = turns();
    await reader.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48_000 }), sampleRate: 48_000, channels: 1 });
    await quietFor(SETTLED_MS);
    assert.equal(turns(), denied);
  });
});
