import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

test('what waits for its turn is answered only for people who may still speak: no muted and no banned one', async (context) => {
  const world = await World.start({ protocol: 'openai', script: () => ({ silent: true }) });
  context.after(() => world.close());
  const { guild } = world;
  const [anna, ben, cleo] = [await world.person('Anna'), await world.person('Ben'), await world.person('Cleo')];
  const dora = guild.addPerson({ name: 'Dora' });
  await world.join(anna);
  const speak = (person: typeof anna, ms: number) =>
    person.voice.speak({ pcm: tone({ hz: 300, ms, rate: 48000 }), sampleRate: 48000, channels: 1 });
  const long = speak(anna, 5_000);
  await world.until('her turn', () => world.of('turn-began').length > 0);
  await Promise.all([
    speak(ben, 700),
    speak(cleo, 700),
    dora.command('/ask', { text: 'And what of me?' }, { channelId: world.channelId }),
  ]);
  await world.until('those who wait', () => world.parley.inside.bridges.find(guild.id)?.status().waiting.length === 3);
  ben.member.mute = true;
  guild.places.tell(ben.userId);
  // Banned, and nobody tells the bot.
  guild.members.delete(dora.userId);
  await world.until('two of them gone', () => {
    const { waiting = [] } = world.parley.inside.bridges.find(guild.id)?.status() ?? {};
    return waiting.map(({ userId }) => userId).join() === cleo.userId;
  });
  await long;
  await world.until('the next turn', () => world.of('turn-ended').length === 2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const names = new Set(world.of('turn-began').map(({ turn }) => turn.name));
  assert.deepEqual([...names].sort(), ['Anna', 'Cleo']);
});
