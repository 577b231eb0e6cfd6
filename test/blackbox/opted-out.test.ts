import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { earsScene, pitches } from '../support/world/ears-scene.ts';
import { PROTOCOLS, type World } from '../support/world/world.ts';

/** The most codecs that were alive at one time while this went on. */
async function mostCodecs(world: World, act: Promise<unknown>): Promise<number> {
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, world.parley.codecs.live);
  }, 5);
  await act;
  clearInterval(look);
  return most;
}

const heardOf = (world: World, name: string): number =>
  world.events.filter(
    (event) =>
      ((event.type === 'turn-began' || event.type === 'turn-transcript') && event.turn?.name === name) ||
      ((event.type === 'speaking' || event.type === 'level') && event.person.name === name),
  ).length;

// Most of it is waiting, and every test has a world of its own.
describe('consent', { concurrency: true }, () => {
  describe('somebody who opted out', { concurrency: true }, () => {
    for (const protocol of PROTOCOLS) {
      it(`reaches no decoder and no provider, with three who speak at once over a bad network (${protocol})`, async () => {
        const faults = { loss: 0.05, reorder: 0.05, duplicates: 0.02, delayMs: 20, jitterMs: 30 };
        const { world, ears } = await earsScene(protocol, { discord: { faults } });
        try {
          const [anna, ben, carl] = [await world.person('Anna'), await world.person('Ben'), await world.person('Carl')];
          assert.ok(anna && ben && carl);
          await world.join(anna);
          await ben.command('/privacy out');
          assert.equal(await mostCodecs(world, ben.voice.speak(pitches.sound('Ben', 1_000))), 0);
          const all = [anna, ben, carl].map((person) => person.voice.speak(pitches.sound(person.name, 1_500)));
          assert.equal(await mostCodecs(world, Promise.all(all)), 2, 'one for Anna and one for Carl');
          const finals = () => world.of('turn-transcript').filter((event) => event.final);
          for (const name of ['Anna', 'Carl']) {
            // On a busy machine what they say may come to more than one turn.
            await world.until(`the words of ${name}`, () => finals().some(({ turn }) => turn?.name === name));
            await world.until(`the sound of ${name}`, () => ears.framesOf(name) > 40);
          }
          assert.equal(ears.framesOf('Ben'), 0);
          assert.equal(heardOf(world, 'Ben'), 0);
        } finally {
          await world.close();
        }
      });

      it(`is not given to the next connection, nor written down there, when the old one breaks (${protocol})`, async () => {
        const { world, ears } = await earsScene(protocol);
        try {
          const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
          await world.join(anna);
          // His words and the answer are still to come.
          world.model.faults.lateTranscriptMs = 20_000;
          await ben.voice.speak(pitches.sound('Ben', 900));
          await world.until('the end of his turn', () => world.of('turn-ended').length === 1);
          const speaking = ben.voice.speak(pitches.sound('Ben', 1_500));
          await world.until('his next turn', () => world.of('turn-began').length === 2);
          await ben.command('/privacy out');
          await wait(300);
          const mark = ears.samples;
          world.model.faults.lateTranscriptMs = 0;
          world.model.dropAll();
          await speaking;
          await anna.voice.speak(pitches.sound('Anna', 900));
          await world.until('her final words', () =>
            world.of('turn-transcript').some(({ turn, final }) => turn?.name === 'Anna' && final),
          );
          await quietFor(1_000);
          assert.equal(ears.framesOf('Ben', mark), 0);
          assert.ok(ears.framesOf('Anna', mark) > 30);
          const words = world.of('turn-transcript').filter(({ text }) => text !== '');
          assert.ok(
            words.every(({ turn }) => turn?.name === 'Anna'),
            JSON.stringify(words),
          );
        } finally {
          await world.close();
        }
      });

      it(`has no note of theirs told to the model any more, now or by the next connection (${protocol})`, async (test) => {
        const folder = mkdtempSync(join(tmpdir(), 'parley-notes-'));
        test.after(() => rmSync(folder, { recursive: true }));
        const address = `sqlite:${join(folder, 'parley.db')}`;
        const asked: string[] = [];
        const { world } = await earsScene(protocol, {
          env: { DATABASE_URL: address },
          script: ({ text }) => {
            asked.push(text);
            return { say: { text: 'Yes.' } };
          },
        });
        try {
          const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
          const database = await openDatabase(address);
          try {
            const notes = new NoteStore(database);
            const add = (text: string, { userId, name }: typeof anna) =>
              notes.add(world.guild.id, { text, by: { userId, name } });
            await add('The cake is a marzipan one', ben);
            await add('Game night is on Friday', anna);
          } finally {
            await database.destroy();
          }
          /** What the newest session knows once it has answered this. */
          const knownAt = async (text: string): Promise<string> => {
            await anna.command('/ask', { text });
            await world.until(
              `the answer to ${text}`,
              () => world.of('reply-ended').length >= asked.length && asked.some((one) => one.includes(text)),
            );
            const newest = world.model.frames.at(-1)?.session;
            const sent = world.model.frames.filter((one) => one.direction === 'client' && one.session === newest);
            const deleted = sent.map(({ message }) => (message as { item_id?: string }).item_id).filter(Boolean);
            const kept = sent.filter(
              ({ message }) => !deleted.includes((message as { item?: { id?: string } }).item?.id),
            );
            return JSON.stringify(kept.map(({ message }) => message));
          };
          await world.join(anna);
          assert.match(await knownAt('First'), /marzipan.*Friday/);
          await ben.command('/privacy out');
          if (protocol === 'openai') assert.doesNotMatch(await knownAt('Second'), /marzipan/);
          world.model.dropAll();
          const next = await knownAt('Third');
          assert.match(next, /Friday/);
          assert.doesNotMatch(next, /marzipan/);
        } finally {
          await world.close();
        }
      });
    }

    it('stays unheard after leaving and coming back, after a move, and after a restart, until they opt in', async (test) => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-consent-'));
      test.after(() => rmSync(folder, { recursive: true }));
      const env = { DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` };
      const { world, ears } = await earsScene('openai', { env });
      try {
        const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
        await world.join(anna);
        await ben.command('/privacy out');
        await ben.leave();
        await ben.join(world.channelId);
        await ben.voice.speak(pitches.sound('Ben', 500));
        const attic = world.guild.createVoiceChannel({ name: 'Attic' });
        world.guild.moveBot(attic);
        await ben.moveTo(attic);
        await world.until('the new channel', () => world.of('recovered').length > 0);
        await ben.voice.speak(pitches.sound('Ben', 500));
        await world.restart(env);
        await anna.moveTo(attic);
        await anna.command('/join');
        await ben.voice.speak(pitches.sound('Ben', 500));
        await quietFor(800);
        assert.equal(ears.framesOf('Ben'), 0);
        assert.equal(heardOf(world, 'Ben'), 0);
        assert.match((await ben.command('/privacy in')).content, /^I hear you on this server from now on/);
        await ben.voice.speak(pitches.sound('Ben', 900));
        await world.until('his words', () => world.of('turn-transcript').some(({ text }) => text === 'I am Ben.'));
        assert.ok(ears.framesOf('Ben') > 30);
      } finally {
        await world.close();
      }
    });

    it('is company for the bot, is named by who_is_here, and may still type', async () => {
      const results: string[] = [];
      const { world, ears } = await earsScene('openai', {
        script: ({ toolResults }) => {
          results.push(...toolResults.map(({ output }) => output));
          return results.length > 0
            ? { say: { text: 'That is all.' } }
            : { calls: [{ name: 'who_is_here', arguments: {} }] };
        },
      });
      try {
        const ben = await world.person('Ben');
        await world.join(ben);
        await ben.command('/privacy out');
        await ben.voice.speak(pitches.sound('Ben', 600));
        assert.match((await ben.command('/status')).content, /^\*\*Not heard, as they or the server chose:\*\* Ben$/m);
        await ben.command('/ask', { text: 'Who is here?' });
        await world.until('the answer', () => results.length > 0);
        assert.deepEqual(JSON.parse(results[0] ?? ''), { count: 1, names: ['Ben'], not_heard: ['Ben'] });
        assert.equal(ears.framesOf('Ben'), 0);
        await world.guild.waitForMessage(world.channelId, ({ content }) => content.includes('Who is here?'));
        assert.equal(world.of('ended').length, 0);
      } finally {
        await world.close();
      }
    });
  });

  describe('a server that is set to opt-in', () => {
    it('has only those heard who said yes, says so, and lets nobody else change that', async () => {
      const { world, ears } = await earsScene('gemini');
      try {
        const ben = await world.person('Ben');
        const anna = world.guild.addPerson({ name: 'Anna', admin: true });
        await anna.join(world.channelId);
        assert.match(
          (await ben.command('/privacy mode', { mode: 'opt-in' })).content,
          /^Only people with \*\*Manage Server/,
        );
        assert.match((await anna.command('/privacy mode', { mode: 'opt-in' })).content, /hear only people who said/);
        await world.join(anna);
        await world.guild.waitForMessage(world.channelId, ({ content }) =>
          /I hear only people who said `\/privacy in`: what they say goes to/.test(content),
        );
        assert.equal(await mostCodecs(world, ben.voice.speak(pitches.sound('Ben', 600))), 0);
        await ben.command('/privacy in');
        await ben.voice.speak(pitches.sound('Ben', 900));
        await world.until('his words', () => world.of('turn-transcript').some(({ text }) => text === 'I am Ben.'));
        assert.ok(ears.framesOf('Ben') > 30);
        await anna.voice.speak(pitches.sound('Anna', 600));
        await quietFor(500);
        assert.equal(ears.framesOf('Anna'), 0);
      } finally {
        await world.close();
      }
    });
  });

  describe('people who come later', () => {
    it('are told once, together, without a ping; the notices stand in the record', async (test) => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-notices-'));
      test.after(() => rmSync(folder, { recursive: true }));
      const address = `sqlite:${join(folder, 'parley.db')}`;
      const { world } = await earsScene('openai', {
        env: { DATABASE_URL: address, PRIVACY_URL: 'https://parley.example/privacy' },
      });
      const notices = () => world.guild.messages(world.channelId).filter(({ content }) => content.startsWith('-# '));
      try {
        const anna = await world.person('Anna');
        await world.join(anna);
        const ben = world.guild.addPerson({ name: '**Ben** @everyone' });
        const carl = world.guild.addPerson({ name: 'Carl' });
        await carl.command('/privacy out', {}, { channelId: world.guild.createTextChannel({ name: 'general' }) });
        await Promise.all([ben.join(world.channelId), carl.join(world.channelId)]);
        await world.guild.waitForMessage(world.channelId, ({ content }) => content.startsWith('-# '));
        await ben.leave();
        await ben.join(world.channelId);
        await quietFor(2_500);
        assert.equal(notices().length, 1);
        const [notice] = notices();
        assert.equal(
          notice?.content,
          '-# \\*\\*Ben\\*\\* \\@\u2060everyone: I am an AI, and I am listening here. What you say here goes to OpenAI (gpt-realtime-2.1) and is written down. ' +
            'If you do not want that, say so with `/privacy out`: I stop hearing you at once. What that means: `/privacy about` or <https://parley.example/privacy>.\n' +
            '-# Carl: as you chose, I do not hear you. `/privacy in` changes that.',
        );
        const sent = world.discord.requests.find(
          ({ body }) => (body as { content?: string } | null)?.content === notice?.content,
        );
        assert.ok(sent);
        const { flags, allowed_mentions } = sent.body as { flags: number; allowed_mentions: { parse: string[] } };
        assert.equal(flags & 4096, 4096, 'SUPPRESS_NOTIFICATIONS');
        assert.deepEqual(allowed_mentions.parse, []);
      } finally {
        await world.close();
      }
      const database = await openDatabase(address);
      test.after(() => database.destroy());
      const record = new StoredRecord(database, openText);
      const lines = await Array.fromAsync(record.lines({ guildId: world.guild.id }));
      const kept = lines.filter((line) => line.kind === 'notice');
      assert.equal(kept.filter(({ text }) => text.startsWith('Hello, I am an AI. Anna asked me in')).length, 1);
      const late = kept.find(({ text }) => text.startsWith('**Ben** @everyone: I am an AI'));
      assert.deepEqual(late?.posts, [{ channelId: world.channelId, messageId: notices()[0]?.id }]);
    });
  });
});
