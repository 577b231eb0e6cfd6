import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { SimulatedGemini, SimulatedOpenAI, Transcriber } from '@parley/simulator/models';
import { RETRY_POLICY } from '../../src/model/durable/retry-policy.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { share, tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const SENTENCES = 9;
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

async function world(options: { provider: 'openai' | 'gemini'; env?: NodeJS.ProcessEnv; noticeMs?: number }) {
  return World.start({
    protocol: options.provider,
    script: () => ({ say: { text: 'I was not asked.' } }),
    hear,
    second: true,
    patience: { ...RETRY_POLICY, firstMs: 20, longestMs: 80, noticeMs: options.noticeMs ?? 60_000 },
    ...(options.env && { env: options.env }),
  });
}

async function admin(of: World): Promise<SimulatedPerson> {
  const anna = of.guild.addPerson({ name: 'Anna', admin: true });
  await anna.join(of.channelId);
  return anna;
}

const finals = (of: World) =>
  of
    .of('turn-transcript')
    .filter((event) => event.final && event.text !== '')
    .map((event) => `${event.turn?.name}: ${event.text}`);

/** What the bot said when it came in; nothing waits for it to be posted. */
async function greetingOf(there: World): Promise<string> {
  const find = () =>
    there.guild.messages(there.channelId).find(({ content }) => content.startsWith('Hello, I am an AI'));
  await there.until('the greeting', () => find() !== undefined);
  return find()?.content ?? '';
}

// Most of it is waiting, and every test has a world of its own.
describe('what is only written down', { concurrency: true }, () => {
  describe('/join mode:listen', { concurrency: true }, () => {
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
        assert.match(await greetingOf(there), /I only write down what is said: I answer nobody\./);
        assert.match((await people[1]?.command('/status'))?.content ?? '', /Mode:\*\* listen/);
        assert.match((await people[1]?.command('/ask', { text: 'Why?' }))?.content ?? '', /I only write down/);
        const rounds = Array.from({ length: SENTENCES / 3 }, (_, i) => i);
        const talking = people.map(async (person, who) => {
          for (const round of rounds) {
            await person.voice.speak(sentence(round * 3 + who));
            const stops = () =>
              there.of('speaking').filter((event) => !event.speaking && event.person.name === person.name).length;
            await there.until(`the end of ${person.name}’s sentence`, () => stops() > round);
          }
        });
        await wait(2_500);
        model.dropAll();
        await Promise.all(talking);
        await there.until('every sentence', () => finals(there).length >= SENTENCES);
        const expected = rounds.flatMap((round) => names.map((name, who) => `${name}: sentence ${round * 3 + who}`));
        assert.deepEqual(finals(there).toSorted(), expected.toSorted());
        const why = (await people[0]?.command('/why'))?.content ?? '';
        assert.match(
          why,
          /\*\*Anna\*\* spoke for [^.]+\. I only write down what is said, and answer nobody\. After the end of/,
        );
        assert.doesNotMatch(why, /I answered/);
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

    it('keeps the last words of whoever is speaking when it is sent away, and its mode in the record', async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-listen-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const address = `sqlite:${join(folder, 'parley.db')}`;
      const there = await world({ provider: 'openai', env: { DATABASE_URL: address } });
      try {
        const anna = await there.person('Anna');
        const ben = await there.person('Ben');
        await anna.command('/join', { mode: 'listen' });
        await Promise.all([anna.voice.speak(sentence(3)), ben.voice.speak(sentence(5))]);
        // At once: nobody's turn is over yet.
        await anna.command('/leave');
      } finally {
        await there.close();
      }
      const database = await openDatabase(address);
      t.after(() => database.destroy());
      const record = new StoredRecord(database, openText);
      const guildId = there.guild.id;
      const [conversation] = await record.conversations({ guildId, channelIds: [there.channelId], limit: 2 });
      assert.deepEqual(
        [conversation?.mode, conversation?.provider, conversation?.model],
        ['listen', 'openai', 'gpt-live-transcribe'],
      );
      const said = (await Array.fromAsync(record.lines({ guildId }))).filter((line) => line.kind === 'utterance');
      assert.deepEqual(said.map(({ name, text, state }) => `${name}: ${text} (${state})`).toSorted(), [
        'Anna: sentence 3 (final)',
        'Ben: sentence 5 (final)',
      ]);
    });

    it('needs TRANSCRIBER where the provider answers whatever it hears, and says so', async () => {
      const there = await world({ provider: 'gemini' });
      try {
        const anna = await there.person('Anna');
        assert.equal(
          (await anna.command('/join', { mode: 'listen' })).content,
          'I cannot only listen with Google Gemini: it answers whatever it hears. Whoever runs me can set `TRANSCRIBER=openai` and `OPENAI_API_KEY` and start me anew; where OpenAI is configured, `/voice provider` chooses it.',
        );
        assert.equal(there.guild.botVoiceChannelId, null);
      } finally {
        await there.close();
      }
    });

    it('has OpenAI write down for Gemini, and keeps its mode when it is moved', async () => {
      const there = await world({ provider: 'gemini', env: { TRANSCRIBER: 'openai' } });
      try {
        const anna = await admin(there);
        const attic = there.guild.createVoiceChannel({ name: 'Attic' });
        await anna.command('/join', { mode: 'listen' });
        assert.equal(there.guild.botVoiceChannelId, there.channelId);
        there.guild.moveBot(attic);
        await there.until('the connection in the new channel', () => there.of('recovered').length > 0);
        const arrival = await there.guild.waitForMessage(attic, ({ content }) =>
          content.startsWith('Hello, I am an AI.'),
        );
        assert.match(arrival.content, /I only write down what is said: I answer nobody\./);
        await anna.join(attic);
        await anna.voice.speak(sentence(2));
        await there.until('the words', () => finals(there).length === 1);
        assert.deepEqual(finals(there), ['Anna: sentence 2']);
        assert.equal(
          (await anna.command('/voice language', { tag: 'de' })).content,
          'Language: German (de). It is in effect now.',
        );
        assert.match(
          (await anna.command('/voice show')).content,
          /^\*\*Model:\*\* Google Gemini \(gemini-3\.8-live\); now OpenAI \(gpt-live-transcribe\) only writes down\n/,
        );
        for (const [typed, values] of [
          ['/voice answer', { mode: 'addressed' }],
          ['/voice interruption', { milliseconds: 200 }],
          ['/voice persona', { text: 'Be rude.' }],
        ] as const) {
          assert.match(
            (await anna.command(typed, values)).content,
            / I only write down now: it takes effect when I next join to talk \(`\/leave`, then `\/join`\)\.$/,
          );
        }
        assert.equal((there.model as SimulatedGemini).sessions.length, 0);
        await anna.voice.speak(sentence(4));
        await there.until('the words', () => finals(there).length === 2);
        const frames = JSON.stringify(there.second.frames.filter(({ direction }) => direction === 'client'));
        assert.match(frames, /"languages":\["de"\]/);
      } finally {
        await there.close();
      }
    });
  });

  describe('TRANSCRIBER=openai beside Gemini', () => {
    it('writes down who was not answered, names both in the notice, is paid for, and is no matter when it dies', async () => {
      const there = await world({ provider: 'gemini', env: { TRANSCRIBER: 'openai' }, noticeMs: 200 });
      try {
        const anna = await admin(there);
        const people = [anna, await there.person('Ben')];
        const answer = await anna.command('/join');
        assert.match(
          answer.content,
          /goes to Google Gemini \(gemini-3\.8-live\); to OpenAI \(gpt-live-transcribe\) as well, which writes it down\./,
        );
        assert.match(
          await greetingOf(there),
          /goes to Google Gemini \(gemini-3\.8-live\) and OpenAI \(gpt-live-transcribe\) and is written down\./,
        );
        // At the same time: the first of them gets no answer.
        await Promise.all(people.map((person, i) => person.voice.speak(sentence(6 + i))));
        await there.until('the words of both', () => finals(there).length >= 2);
        assert.deepEqual(finals(there).toSorted(), ['Anna: sentence 6', 'Ben: sentence 7']);
        await there.until('the reply', () => there.of('reply-started').length > 0);
        const usage = await anna.command('/usage show', {}, { timeoutMs: 30_000 });
        assert.match(usage.content, /gpt-live-transcribe/);
        there.second.faults.refuse = 503;
        there.second.dropAll();
        await there.until('the notice', () => there.of('trouble').length > 0);
        await anna.voice.speak(sentence(0));
        await there.until('the words that Gemini itself heard', () => finals(there).length >= 3);
        assert.equal(finals(there)[2], 'Anna: sentence 0');
        there.second.faults.refuse = undefined;
        const { transcriptions } = there.second as SimulatedOpenAI;
        await there.until('what writes down', () => transcriptions.length >= 2);
        assert.deepEqual(
          there.of('trouble').map(({ message }) => message),
          [
            'I lost OpenAI (gpt-live-transcribe), which writes down what is said. The conversation goes on; until it is back I write down what the speech model itself hears.',
          ],
        );
      } finally {
        await there.close();
      }
    });
  });
});
