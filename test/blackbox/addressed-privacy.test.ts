import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { Pitches } from '../support/sound/pitches.ts';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { World } from '../support/world/world.ts';

const NAMES = ['Anna', 'Ben'];
const pitches = new Pitches(NAMES);
const MODELS = {
  'OpenAI, which waits': { protocol: 'openai', env: {} },
  'Gemini 3.8, which chooses': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.8-live' } },
  'Gemini 3.1, which is held back': { protocol: 'gemini', env: { GEMINI_MODEL: 'gemini-3.1-flash-live-preview' } },
} as const;

async function forget(person: SimulatedPerson): Promise<void> {
  const { message } = await person.command('/privacy forget');
  const button = message?.components[0]?.components[0];
  assert.ok(message && button);
  assert.match((await person.press(message, button.custom_id)).content, /^It is done/);
}

describe('where only who speaks to the bot is answered', { concurrency: true }, () => {
  for (const [title, { protocol, env }] of Object.entries(MODELS)) {
    it(`nobody who opts out or is forgotten is answered, and the others are: ${title}`, async () => {
      const who = (pcm: Int16Array, rate: number) => {
        const there = new Set(pitches.read(pcm, rate));
        return NAMES.filter((name) => there.has(name)).join(' and ');
      };
      let thinkMs = 0;
      const world = await World.start({
        protocol,
        env,
        hear: ({ pcm, sampleRate }) => `Parley, it is ${who(pcm, sampleRate)}.`,
        script: async ({ pcm, sampleRate, signal }) => {
          await wait(thinkMs, undefined, { signal });
          return { say: { text: `Hello ${who(pcm, sampleRate)}.`, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) } };
        },
      });
      const audible = () => world.of('reply-audible').length;
      const answers = () =>
        world
          .of('reply-transcript')
          .map(({ delta }) => delta)
          .join('');
      const ended = (name: string) => world.of('turn-ended').filter(({ turn }) => turn.name === name).length;
      const silent = () => {
        const last = world.of('reply-audible').at(-1)?.replyId;
        return world.of('reply-ended').some(({ replyId }) => replyId === last);
      };
      try {
        const mia = world.guild.addPerson({
          name: 'Mia',
          roles: [world.guild.createRole({ permissions: ['ManageGuild'] })],
        });
        await mia.command('/voice answer', { mode: 'addressed' }, { channelId: world.channelId });
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(anna);

        // While his words are awaited.
        world.model.faults.lateTranscriptMs = thinkMs = 1_200;
        await ben.voice.speak(pitches.sound('Ben', 700));
        await world.until('the end of his turn', () => ended('Ben') === 1);
        await ben.command('/privacy out');
        world.model.faults.lateTranscriptMs = thinkMs = 0;
        await quietFor(1_700);
        assert.equal(audible(), 0, answers());
        await anna.voice.speak(pitches.sound('Anna', 700));
        await world.until('her answer', () => audible() === 1 && silent());
        assert.match(answers(), /Hello Anna\.$/);

        // He talks on when she has asked, and opts out.
        await ben.command('/privacy in');
        const asking = anna.voice.speak(pitches.sound('Anna', 900));
        await wait(300);
        const talking = ben.voice.speak(pitches.sound('Ben', 4_000));
        await asking;
        await world.until('the end of hers', () => ended('Anna') === 2);
        await ben.command('/privacy out');
        await world.until('her second answer', () => audible() === 2 && silent());
        await talking;

        // He is forgotten while both are owed an answer.
        await ben.command('/privacy in');
        world.model.faults.lateTranscriptMs = thinkMs = 3_000;
        const before = ended('Anna') + ended('Ben');
        await Promise.all([
          ben.voice.speak(pitches.sound('Ben', 700)),
          wait(300).then(() => anna.voice.speak(pitches.sound('Anna', 900))),
        ]);
        await world.until('both turns', () => ended('Anna') + ended('Ben') === before + 2);
        await forget(ben);
        world.model.faults.lateTranscriptMs = thinkMs = 0;
        await world.until('her third answer', () => audible() === 3 && silent());
        assert.doesNotMatch(answers(), /Ben/);
        await ben.voice.speak(pitches.sound('Ben', 700));
        await world.until('an answer to what he says next', () => audible() === 4 && silent());
        assert.match(answers(), /Hello Ben\.$/);
      } finally {
        await world.close();
      }
    });
  }
});
