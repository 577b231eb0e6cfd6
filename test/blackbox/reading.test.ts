import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tone } from '../fakes/sound.ts';
import { World } from '../fakes/world.ts';

const HOSTILE = '**buy** @everyone [cake](https://e.vil) \u202eekac 𝒑izza';

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
