import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeSound } from '@parley/simulator/discord';
import { share, tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const PEOPLE = 40;
const SPEECH_MS = 700;
const pitch = (index: number): number => 250 + index * 45;

describe('a crowd of 40 people in one channel', () => {
  it('hears each of them once, whole, under the right name, and frees every decoder', async () => {
    const pitches = new Map(Array.from({ length: PEOPLE }, (_, i) => [`P${i}`, pitch(i)]));
    const world = await World.start({
      protocol: 'openai',
      script: () => ({ silent: true }),
      hear: ({ pcm, sampleRate }) => {
        const shares = [...pitches].map(([name, hz]) => [name, share(pcm, hz, sampleRate)] as const);
        return `I am ${shares.reduce((best, one) => (one[1] > best[1] ? one : best))[0]}`;
      },
    });
    const finals = () => world.of('turn-transcript').filter((event) => event.final);
    try {
      const people = [...pitches.keys()].map((name) => world.guild.addPerson({ name }));
      const listensTo = [world.discord.botUser.id];
      // Five at a time: everybody's keys change with everybody who comes, and a voice connection may take 10 s at most.
      for (let from = 0; from < PEOPLE; from += 5) {
        await Promise.all(people.slice(from, from + 5).map((person) => person.join(world.channelId, { listensTo })));
      }
      await world.join(people[0] as (typeof people)[number]);
      const sounds = people.map((_, i) => ({
        pcm: tone({ hz: pitch(i), ms: SPEECH_MS, rate: 48000 }),
        sampleRate: 48000,
        channels: 1 as const,
      }));
      for (const sound of sounds) encodeSound(sound);
      // Ten waves of four at once: 29 have spoken after the eighth, where one codec heap would be full.
      for (let wave = 0; wave < PEOPLE; wave += 4) {
        const speaking = people.slice(wave, wave + 4).map((person, i) => person.voice.speak(sounds[wave + i] as never));
        await Promise.all(speaking);
      }
      await world.until('a transcript of everybody', () => finals().length >= PEOPLE);
      const heard = finals().map((event) => `${event.turn?.name}: ${event.text}`);
      assert.deepEqual(heard.toSorted(), [...pitches.keys()].map((name) => `${name}: I am ${name}`).toSorted());
      for (const turn of world.model.turns) {
        const ms = turn.pcm.length / 24;
        assert.ok(ms >= SPEECH_MS && ms <= SPEECH_MS + 240, `a turn of ${ms} ms`);
      }
      await world.until('the end of every decoder, 3 s after the last word', () => world.parley.codecs.live === 0);
    } finally {
      await world.close();
    }
  });
});
