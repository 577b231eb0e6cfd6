import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedOpenAI } from '../../src/simulator/openai.ts';
import type { Transcriber } from '../../src/simulator/script.ts';
import { share, tone } from '../fakes/sound.ts';
import { World } from '../fakes/world.ts';

const SENTENCES = 12;
const pitch = (sentence: number): number => 300 + sentence * 120;
/** Names every sentence whose pitch is in the sound, by a fifth of its power at least. */
const hear: Transcriber = ({ pcm, sampleRate }) =>
  Array.from({ length: SENTENCES }, (_, i) => i)
    .filter((i) => share(pcm, pitch(i), sampleRate) > 0.05)
    .map((i) => `sentence ${i}`)
    .join(' and ');
const sentence = (i: number) => ({
  pcm: tone({ hz: pitch(i), ms: 500 + 40 * i, rate: 48000 }),
  sampleRate: 48000,
  channels: 1 as const,
});

async function world(options: { provider: 'openai' | 'gemini'; env?: NodeJS.ProcessEnv }) {
  return World.start({
    protocol: options.provider,
    script: () => ({ say: { text: 'I was not asked.' } }),
    hear,
    second: true,
    ...(options.env && { env: options.env }),
  });
}

const finals = (of: World) =>
  of
    .of('turn-transcript')
    .filter((event) => event.final && event.text !== '')
    .map((event) => `${event.turn?.name}: ${event.text}`);

describe('/join mode:listen', () => {
  it('writes every sentence down once, under the right name, whoever talks over whom and whatever breaks', async () => {
    const there = await world({ provider: 'openai' });
    const model = there.model as SimulatedOpenAI;
    try {
      const names = ['Anna', 'Ben', 'Cleo'];
      const people = await Promise.all(names.map((name) => there.person(name)));
      const answer = await people[0]?.command('/join', { mode: 'listen' });
      assert.match(
        answer?.content ?? '',
        /and only write down what is said: I answer nobody\. What is said there goes to \*{0,2}OpenAI \(gpt-live-transcribe\)/,
      );
      const greeting = there.guild.messages(there.channelId).find(({ content }) => /^Hello, I am an AI/.test(content));
      assert.match(greeting?.content ?? '', /I only write down what is said: I answer nobody\./);
      assert.match((await people[1]?.command('/status'))?.content ?? '', /Mode:\*\* listen/);
      assert.match((await people[1]?.command('/ask', { text: 'Why?' }))?.content ?? '', /I only write down/);
      const rounds = Array.from({ length: SENTENCES / 3 }, (_, i) => i);
      const talking = people.map(async (person, who) => {
        for (const round of rounds) {
          await person.voice.speak(sentence(round * 3 + who));
          await wait(750);
        }
      });
      await wait(2_500);
      model.dropAll();
      await Promise.all(talking);
      await there.until('every sentence', () => finals(there).length >= SENTENCES, 20_000);
      const expected = rounds.flatMap((round) => names.map((name, who) => `${name}: sentence ${round * 3 + who}`));
      assert.deepEqual(finals(there).toSorted(), expected.toSorted());
      assert.equal(there.of('reply-started').length, 0);
      assert.equal(model.sessions.length, 0, 'no session that answers was opened');
      assert.ok(model.transcriptions.length >= 2, 'the lost one has a successor');
      assert.ok(model.transcriptions.every(({ droppedSeconds }) => droppedSeconds === 0));
      assert.ok(there.of('transcription-usage').length >= SENTENCES);
      assert.deepEqual(
        there.of('trouble').map(({ message }) => message),
        [],
      );
    } finally {
      await there.close();
    }
  });
});
