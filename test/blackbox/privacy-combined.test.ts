import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { z } from 'zod';
import { openDatabase } from '../../src/store/database/database.ts';
import { defineTool } from '../../src/tools/tool.ts';
import { Pitches } from '../support/sound/pitches.ts';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { ProviderEars } from '../support/world/provider-ears.ts';
import { INPUT_RATE, otherThan, World } from '../support/world/world.ts';

const NAMES = ['Anna', 'Ben'];
const pitches = new Pitches(NAMES);
/** Somebody's packets that were sent before the bot knew of the choice. */
const ON_THE_WAY_MS = 400;
const ANSWER = { say: { text: 'Well.', pcm: tone({ hz: 1700, ms: 200, rate: 24000 }) } };

/** Where people's words come from a session that only writes down. */
const WRITTEN = {
  'where it only listens': {
    protocol: 'openai',
    mode: 'listen',
    env: {},
    goesTo: /to OpenAI \(gpt-live-transcribe\), which writes down the words\. Nothing answers\./,
  },
  'where a transcriber writes down beside Gemini': {
    protocol: 'gemini',
    mode: 'talk',
    env: { TRANSCRIBER: 'openai' },
    goesTo:
      /to Google Gemini \([^)]*\), which answers, and to OpenAI \(gpt-live-transcribe\), which writes down the words\./,
  },
} as const;

function place(context: TestContext): { readonly folder: string; readonly address: string } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-combined-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return { folder, address: `sqlite:${join(folder, 'parley.db')}` };
}

const bytesIn = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
const posts = (world: World, channelId = world.channelId): string =>
  world.guild
    .messages(channelId)
    .filter(({ flags }) => (flags & 64) === 0)
    .map(({ content }) => content)
    .join('\n');
const said = (world: World): string[] =>
  world
    .of('turn-transcript')
    .flatMap(({ turn, text, final }) => (final && text !== '' ? [`${turn?.name}: ${text}`] : []));

async function forget(person: SimulatedPerson): Promise<string> {
  const { message } = await person.command('/privacy forget');
  const button = message?.components[0]?.components[0];
  assert.ok(message && button);
  return (await person.press(message, button.custom_id)).content;
}

describe('refusing and forgetting', { concurrency: true }, () => {
  for (const [title, { protocol, mode, env, goesTo }] of Object.entries(WRITTEN)) {
    it(`reaches everything that hears, ${title}`, async (context) => {
      const { folder, address } = place(context);
      const world = await World.start({
        protocol,
        second: true,
        script: () => ANSWER,
        hear: ({ pcm, sampleRate }) => {
          const there = new Set(pitches.read(pcm, sampleRate));
          const secret = pcm.length / sampleRate > 1.2 ? 'marzipan' : 'bread';
          return NAMES.filter((name) => there.has(name))
            .map((name) => `I am ${name}, ${secret}.`)
            .join(' ');
        },
        env: { DATABASE_URL: address, ...env },
      });
      const ears = [
        new ProviderEars(world.model, { pitches, rate: INPUT_RATE[protocol] }),
        new ProviderEars(world.second, { pitches, rate: INPUT_RATE[otherThan(protocol)] }),
      ];
      const writer = mode === 'listen' ? world.model : world.second;
      try {
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await anna.command('/join', { mode });
        assert.match((await ben.command('/privacy about')).content, goesTo);
        // In the middle of a sentence.
        const speaking = ben.voice.speak(pitches.sound('Ben', 2_500));
        await world.until('his turn', () => world.of('turn-began').some(({ turn }) => turn.name === 'Ben'));
        await wait(400);
        await ben.command('/privacy out');
        await wait(ON_THE_WAY_MS);
        const marks = ears.map(({ samples }) => samples);
        await speaking;
        await anna.voice.speak(pitches.sound('Anna', 900));
        await world.until('her words', () => said(world).includes('Anna: I am Anna, bread.'));
        await ben.voice.speak(pitches.sound('Ben', 600));
        await quietFor(1_000);
        assert.deepEqual(
          ears.map((one, at) => one.framesOf('Ben', marks[at])),
          [0, 0],
        );
        assert.doesNotMatch(said(world).join('\n'), /Ben/);
        assert.doesNotMatch(posts(world), /I am Ben/);

        // Forgotten while the words of both are on their way.
        await ben.command('/privacy in');
        await ben.voice.speak(pitches.sound('Ben', 900));
        await world.until('his words', () => said(world).includes('Ben: I am Ben, bread.'));
        writer.faults.lateTranscriptMs = 2_500;
        const ended = () => world.of('turn-ended').length;
        const before = ended();
        await ben.voice.speak(pitches.sound('Ben', 1_600));
        await anna.voice.speak(pitches.sound('Anna', 1_600));
        await world.until('both turns', () => ended() === before + 2);
        assert.match(await forget(ben), /^It is done/);
        writer.faults.lateTranscriptMs = 0;
        await world.until('her words', () => said(world).includes('Anna: I am Anna, marzipan.'));
        await ben.voice.speak(pitches.sound('Ben', 700));
        await world.until('his new words', () => said(world).filter((one) => /Ben, bread/.test(one)).length === 2);
        await quietFor(1_000);
        assert.deepEqual(
          said(world).filter((one) => one.endsWith('marzipan.')),
          ['Anna: I am Anna, marzipan.'],
        );
        assert.doesNotMatch(posts(world), /Ben, marzipan/);
        assert.equal(posts(world).split('I am Anna, marzipan').length, 2, posts(world));
        assert.equal(posts(world).split('I am Ben, bread').length, 2, posts(world));
        assert.match(posts(world), /\(removed\)/);
        assert.deepEqual(
          world.of('trouble').map(({ message }) => message),
          [],
        );
      } finally {
        await world.close();
      }
      assert.ok(!bytesIn(folder).includes('Ben, marzipan'));
    });
  }

  it('takes words out of archived threads, leaves these as they were, and tells of those that are locked', async (context) => {
    const { address } = place(context);
    const world = await World.start({
      protocol: 'openai',
      script: () => ANSWER,
      env: { DATABASE_URL: address },
    });
    context.after(() => world.close());
    const { guild } = world;
    const text = guild.createTextChannel({ name: 'log' });
    const role = guild.createRole({ permissions: ['ManageGuild'] });
    const anna = guild.addPerson({ name: 'Anna', roles: [role] });
    await anna.join(world.channelId);
    await anna.command('/transcript channel', { channel: text });
    await anna.command('/transcript live', { mode: 'thread' });
    const threads = () => [...guild.channels.values()].filter(({ parentId, type }) => parentId === text && type === 11);
    for (let round = 1; round <= 2; round += 1) {
      await world.join(anna);
      await anna.command('/ask', { text: 'my marzipan' });
      await world.until('the answer', () => world.of('reply-ended').length === round);
      await anna.command('/leave');
      const whole = (id: string) => /Well[\s\S]*The conversation ended/.test(posts(world, id));
      await world.until('the post', () => threads().length === round && threads().every(({ id }) => whole(id)));
    }
    const [first, second] = threads();
    assert.ok(first && second);
    for (const thread of [first, second]) {
      thread.archived = true;
      guild.channelChanged(thread);
    }
    second.locked = true;
    guild.channelChanged(second);
    assert.match(await forget(anna), /out of 2 posts/);
    await world.until('the edit', () => !posts(world, first.id).includes('marzipan'));
    await world.until('the archive', () => first.archived);
    let shown = '';
    for (let left = 50; left > 0 && !/I could not edit/.test(shown); left -= 1) {
      shown = (await anna.command('/privacy show')).content;
      await wait(100);
    }
    assert.match(shown, /I could not edit 1 old post; .*\n• <#\d+>, message \d+: the thread is locked, or I may not/);
    assert.ok(posts(world, second.id).includes('marzipan'));
    assert.ok(second.archived && second.locked);
  });

  it('says so when the database fails in the middle of forgetting, and goes on when asked again', async (context) => {
    const { folder, address } = place(context);
    const world = await World.start({ protocol: 'openai', script: () => ANSWER, env: { DATABASE_URL: address } });
    context.after(() => world.close());
    const anna = await world.person('Anna');
    await world.join(anna);
    await anna.command('/ask', { text: 'my marzipan' });
    await world.until('the post', () => posts(world).includes('my marzipan') && posts(world).includes('Well'));
    const database = await openDatabase(address);
    context.after(() => database.destroy());
    await database.raw(
      "CREATE TRIGGER broken BEFORE DELETE ON utterances WHEN old.by = 'person' BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    assert.match(
      await forget(anna),
      /^My database failed in the middle of it, so some of it is still there\. Please press/,
    );
    await database.raw('DROP TRIGGER broken');
    assert.match(await forget(anna), /^It is done/);
    await world.until('the edit', () => !posts(world).includes('marzipan'));
    assert.ok(!bytesIn(folder).includes('marzipan'));
  });

  it('stops what waits for their confirmation, and finds their lines whatever they and others are called', async (context) => {
    const { folder, address } = place(context);
    const name = '**B** @everyone \u202E[x](y)\u{1F9C1}`|>';
    const ran: string[] = [];
    const world = await World.start({
      protocol: 'openai',
      script: ({ text, toolResults }) =>
        text.includes('ring') && toolResults.length === 0
          ? { calls: [{ name: 'ring', arguments: { word: 'marzipan' } }] }
          : { say: { text: 'Well.' } },
      env: { DATABASE_URL: address },
      tools: [
        defineTool({
          name: 'ring',
          description: 'Rings.',
          input: z.object({ word: z.string() }),
          risk: 'write',
          confirm: true,
          run: (_input, { askers }) => {
            ran.push(askers.map((one) => one.name).join());
            return { done: true };
          },
        }),
      ],
    });
    context.after(() => world.close());
    const first = await world.person(name);
    // Somebody else of that name, whose lines stay.
    const second = await world.person(name);
    await world.join(first);
    for (const [person, text] of [
      [first, 'my marzipan **a** @everyone'],
      [second, 'my bread'],
    ] as const) {
      const before = world.of('reply-ended').length;
      await person.command('/ask', { text });
      await world.until('the answer', () => world.of('reply-ended').length > before);
    }
    await first.command('/privacy out');
    await first.command('/privacy in');
    await first.command('/ask', { text: 'ring it with marzipan' });
    const post = await world.guild.waitForMessage(world.channelId, ({ components }) => components.length > 0);
    const button = post.components[0]?.components[0];
    assert.ok(button);
    await world.until('the words', () => posts(world).includes('ring it'));
    assert.match(await forget(first), /^It is done/);
    const after = world.guild.messages(world.channelId).find(({ id }) => id === post.id);
    await world.until('the edits', () => !posts(world).includes('marzipan'));
    assert.deepEqual(after?.components, [], 'nothing is left to press');
    assert.deepEqual(ran, []);
    assert.match(posts(world), /my bread/);
    assert.match(posts(world), /opted out: I no longer hear them/);
    for (const { content, mentionEveryone } of world.guild.messages(world.channelId).map((one) => ({
      content: one.content,
      mentionEveryone: world.guild.board.json(one).mention_everyone,
    })))
      assert.ok(mentionEveryone === false && !content.includes('\u202E'), content);
    assert.ok(!bytesIn(folder).includes('marzipan'));
    await second.command('/ask', { text: 'still there?' });
    await world.until('an answer', () => posts(world).split('Well').length >= 3);
  });
});
