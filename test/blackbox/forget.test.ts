import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { EPHEMERAL, type SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { PermissionFlagsBits } from 'discord.js';
import { AesTextCipher } from '../../src/store/encryption/text-cipher.ts';
import { tone } from '../support/sound/sound.ts';
import { quietFor } from '../support/time/quiet-for.ts';
import { World } from '../support/world/world.ts';

const KEY = Buffer.alloc(32, 5);
const SECRET = 'marzipan';
/** How the word stands in the index of an encrypted database. */
const BLIND = new AesTextCipher(KEY).blind(SECRET);
const sound = (hz: number) => ({ pcm: tone({ hz, ms: 700, rate: 48000 }), sampleRate: 48000, channels: 1 }) as const;
const words = (text: string): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) } });

/** Which of two voices it is: Anna's is low, Ben's is high. */
function isLow(pcm: Int16Array, rate: number): boolean {
  let crossings = 0;
  for (let at = 1; at < pcm.length; at += 1) if (pcm[at - 1]! < 0 !== pcm[at]! < 0) crossings += 1;
  return (crossings * rate) / (2 * pcm.length) < 500;
}

function place(context: TestContext): { folder: string; address: string } {
  const folder = mkdtempSync(join(tmpdir(), 'parley-forget-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return { folder, address: `sqlite:${join(folder, 'parley.db')}` };
}

const bytesIn = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');

/** Asks to be forgotten, and confirms it. Gives both answers. */
async function forget(person: SimulatedPerson): Promise<readonly [question: string, answer: string]> {
  const { content, message } = await person.command('/privacy forget');
  const button = message?.components[0]?.components[0];
  assert.ok(message && button, `there is a button below: ${content}`);
  return [content, (await person.press(message, button.custom_id)).content];
}

/** Waits until `/privacy show` says so. */
async function shows(person: SimulatedPerson, pattern: RegExp): Promise<void> {
  for (let left = 50; ; left -= 1) {
    const { content } = await person.command('/privacy show');
    if (pattern.test(content)) return;
    assert.ok(left > 0, content);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

// Most of it is waiting, and every test has a world of its own.
describe('/privacy forget', { concurrency: true }, () => {
  for (const [protocol, key, kept] of [
    ['openai', undefined, SECRET],
    ['gemini', KEY, BLIND],
  ] as const) {
    const how = `${protocol}, ${key ? 'encrypted' : 'as it is'}`;
    test(`who is forgotten is in no table, no post and no session, and others are: ${how}`, async (context) => {
      const { folder, address } = place(context);
      const inputs: ScriptInput[] = [];
      const script = (input: ScriptInput): ScriptedReply => {
        inputs.push(input);
        const low = isLow(input.pcm, input.sampleRate);
        return words(low ? `You like ${SECRET}.` : 'You like bread.');
      };
      const world = await World.start({
        protocol,
        script,
        hear: ({ pcm, sampleRate }) => (isLow(pcm, sampleRate) ? `I like ${SECRET}` : 'I like bread'),
        env: { DATABASE_URL: address, ...(key && { DATA_KEY: key.toString('base64') }) },
      });
      const shown = () => world.guild.messages(world.channelId).map(({ content }) => content);
      const replies = () => world.of('reply-ended').filter(({ heardMs }) => heardMs > 0).length;
      try {
        const anna = await world.person('Anna');
        const ben = await world.person('Ben');
        await world.join(ben);
        await anna.voice.speak(sound(300));
        await world.until('the answer to Anna', () => replies() === 1);
        await ben.voice.speak(sound(900));
        await world.until('the answer to Ben', () => replies() === 2);
        await world.until('the posts', () => shown().join('\n').includes('You like bread.'));
        assert.match(shown().join('\n'), /\*\*Anna:\*\* I like marzipan/);

        assert.ok(bytesIn(folder).includes(kept), 'it is there');
        const handed = await anna.command('/privacy export');
        assert.ok(handed.ephemeral);
        const [file] = handed.files;
        const { userId, choice, lines, usage } = JSON.parse(Buffer.from(file?.bytes ?? []).toString());
        assert.deepEqual([file?.name, userId, choice], [`parley-${anna.userId}.json`, anna.userId, null]);
        assert.deepEqual(
          lines.filter(({ kind }: { kind: string }) => kind === 'utterance').map(({ text }: { text: string }) => text),
          [`I like ${SECRET}`, `You like ${SECRET}.`],
        );
        assert.equal(usage[0]?.name, 'Anna');
        const [question, answer] = await forget(anna);
        assert.match(question, /1 thing that you said or typed, 1 answer/);
        assert.match(answer, /^It is done/);
        assert.ok(!bytesIn(folder).includes(kept), 'not a byte of it is in the file or its log');

        const known = () => JSON.stringify(world.model.frames.filter(({ session }) => session > 1));
        await world.until('the new session', () => known().includes('You like bread'));
        await ben.voice.speak(sound(900));
        await world.until('the next answer', () => replies() === 3);
        assert.ok(!known().includes(SECRET), known().slice(0, 2_000));
        assert.ok(!/"handle":"/.test(known().replace(/"newHandle".*?}/g, '')), 'the session is not restored');
        await world.until('the edits', () => !shown().join('\n').includes(SECRET));
        assert.match(shown().join('\n'), /-# \(removed\)[\s\S]*\*\*Ben:\*\* I like bread[\s\S]*You like bread/);
        assert.doesNotMatch(shown().join('\n'), /\*\*Anna/);
        assert.match((await anna.command('/privacy show')).content, /I keep/);
      } finally {
        await world.close();
      }
      const bytes = bytesIn(folder);
      assert.ok(!bytes.includes(kept));
      assert.equal(bytes.includes('bread'), key === undefined);
    });
  }

  test('old posts are edited after a restart in the middle of it, and what could not be edited is told', async (context) => {
    const { address } = place(context);
    const script = ({ text }: ScriptInput): ScriptedReply => ({ say: { text: `Noted: ${text}` } });
    const env = { DATABASE_URL: address };
    const world = await World.start({ protocol: 'openai', script, env });
    const open = () => world.guild.messages(world.channelId).filter(({ flags }) => (flags & EPHEMERAL) === 0);
    const texts = () => open().map(({ content }) => content);
    const told = (what: string) => texts().filter((text) => text.includes(what)).length;
    try {
      const anna = await world.person('Anna');
      const ben = await world.person('Ben');
      let rounds = 0;
      const round = async () => {
        rounds += 1;
        const answered = world.of('reply-ended').length;
        const before = told('Noted: Ben');
        await world.join(anna);
        for (const person of [anna, ben]) await person.command('/ask', { text: `${person.name} wants tea` });
        await world.until('both answers', () => world.of('reply-ended').length === answered + 2);
        await anna.command('/leave');
        await world.until('the posts', () => told('Noted: Anna wants tea') > 0 && told('Noted: Ben') > before);
        await world.until('the last line', () => texts().at(-1)?.includes('The conversation ended') === true);
      };
      while (rounds < 3) await round();
      const posts = open().filter(({ content }) => content.includes('Anna wants'));
      assert.equal(posts.length, 3);
      world.guild.board.delete(posts[2]!);
      const [, answer] = await forget(anna);
      assert.match(answer, /out of 3 posts/);
      await world.until('the first edit', () => told('Anna wants') < 2);
      assert.ok(told('Anna wants') > 0, 'they are not all edited at once');
      await world.restart(env);
      await world.until('the others', () => told('Anna wants') === 0);
      assert.equal(told('-# (removed)'), 2);
      assert.equal(told('**Ben:** Ben wants tea'), 2);
      assert.equal(told('Noted: Ben wants tea'), 2);
      // The one that somebody deleted needs no edit.
      await shows(anna, /^I keep nothing of you on this server\.\nI hear you/);

      await round();
      const channel = world.guild.channels.get(world.channelId);
      assert.ok(channel);
      const deny = PermissionFlagsBits.ReadMessageHistory;
      channel.overwrites.push({ id: world.discord.botUser.id, type: 1, allow: 0n, deny });
      world.guild.channelChanged(channel);
      await forget(anna);
      await shows(
        anna,
        /I could not edit 1 old post; .*\n• <#\d+>, message \d+: I lack View Channel, Read Message History/,
      );
    } finally {
      await world.close();
    }
  });

  test('words that are on their way when somebody is forgotten stay out, and what they say next is recorded', async (context) => {
    const { folder, address } = place(context);
    const script = (): ScriptedReply => words('Yes.');
    const hear = ({ pcm }: { pcm: Int16Array }) => (pcm.length > 24_000 ? SECRET : 'something new');
    const world = await World.start({ protocol: 'openai', script, hear, env: { DATABASE_URL: address } });
    const texts = () => world.guild.messages(world.channelId).map(({ content }) => content);
    try {
      const anna = await world.person('Anna');
      await world.join(anna);
      // Its words come long after the answer; nobody is left to be told of them.
      world.model.faults.lateTranscriptMs = 2_500;
      await anna.voice.speak({ pcm: tone({ hz: 300, ms: 1_600, rate: 48000 }), sampleRate: 48000, channels: 1 });
      await world.until('the answer', () => world.of('reply-audible').length === 1);
      await forget(anna);
      world.model.faults.lateTranscriptMs = 0;
      await anna.voice.speak(sound(300));
      await world.until('the new words', () => texts().join('\n').includes('something new'));
      await quietFor(2_500);
      assert.doesNotMatch(texts().join('\n'), /marzipan/);
    } finally {
      await world.close();
    }
    const bytes = bytesIn(folder);
    assert.ok(bytes.includes('something new') && !bytes.includes(SECRET));
  });
});
