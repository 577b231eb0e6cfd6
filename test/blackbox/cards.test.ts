import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const SECRET = 'marzipan';
const REGRETTED = 'nougat';
const SOUND = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 as const };

async function forget(person: SimulatedPerson): Promise<string> {
  const { message } = await person.command('/privacy forget');
  const button = message?.components[0]?.components[0];
  assert.ok(message && button);
  return (await person.press(message, button.custom_id)).content;
}

for (const [protocol, mode] of [
  ['openai', 'listen'],
  ['gemini', 'talk'],
] as const) {
  test(`cards follow what people say, type, and have forgotten: ${protocol}, ${mode}`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-cards-'));
    context.after(() => rmSync(folder, { recursive: true }));
    let words = '';
    let delayMs = 0;
    const world = await World.start({
      protocol,
      script: () => ({ delayMs, say: { text: 'Fine.', pcm: tone({ hz: 1700, ms: 200, rate: 24000 }) } }),
      hear: () => words,
      env: { DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` },
      contextMs: 300,
    });
    try {
      const mods = world.guild.createTextChannel({ name: 'mods' });
      const anna = world.guild.addPerson({ name: 'Anna', admin: true });
      const ben = await world.person('Ben');
      await anna.join(world.channelId);
      const manage = async (typed: string, values = {}) =>
        (await anna.command(typed, values, { channelId: mods })).content;
      const cards = () => world.guild.messages(mods).filter(({ flags }) => !(flags & 64));
      await manage('/rules add', { words: 'bad' });
      await manage('/rules channel', { channel: mods });
      assert.match(await manage('/rules mode', { mode: 'card' }), /Moderators see a card in <#\d+>\.$/);
      await manage('/join', { mode });

      words = `a bad ${SECRET}`;
      await ben.voice.speak(SOUND);
      await world.until('the card', () => cards().length === 1);
      const head = `\\*\\*Ben\\*\\* \\(<@${ben.userId}>\\) said\n> a bad ${SECRET}\nRule 1, word: bad`;
      assert.match(cards()[0]?.content ?? '', new RegExp(head));
      if (mode === 'talk') {
        await anna.command('/ask', { text: 'Why is that b@d?' });
        await world.until('the card of what was typed', () => cards().length === 2);
        assert.match(cards()[1]?.content ?? '', /\*\*Anna\*\* \(<@\d+>\) said\n> Why is that b\\@d\?/);
      }

      // In the conversation its answer is still to come, so all of it can be taken back.
      delayMs = 10_000;
      words = `a bad ${REGRETTED}`;
      await ben.voice.speak(SOUND);
      const regretted = () => cards().some(({ content }) => content.includes(REGRETTED));
      await world.until('the card of what is regretted', regretted);
      await ben.command('/privacy out');
      if (mode === 'talk') {
        await world.until('that card is gone', () => !regretted());
        assert.match(cards().at(-1)?.content ?? '', /^What stood here was deleted, because .* opted out meanwhile\.$/);
        assert.deepEqual(cards().at(-1)?.components, []);
      }

      assert.match(await forget(ben), /^It is done/);
      const shown = () =>
        cards()
          .map(({ content }) => content)
          .join();
      await world.until('the words are gone', () => !shown().includes(SECRET));
      const forgotten = 'What stood here was deleted, because the person who said it wanted it forgotten.';
      assert.equal(cards()[0]?.content, forgotten);
      // Where nobody answers, a sentence is over with its words.
      if (mode === 'listen') assert.equal(cards().at(-1)?.content, forgotten);
      await world.parley.stop();
      const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
      for (const word of [SECRET, REGRETTED]) assert.equal(bytes.join('').includes(word), false, word);

      await world.restart({ DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` });
      for (const role of world.guild.roles.values()) {
        role.permissions &= ~PermissionFlagsBits.AttachFiles;
        world.guild.roleChanged(role);
      }
      assert.match(
        await manage('/rules list'),
        /\*\*Moderators see no cards now\*\*: I lack \*\*Attach Files\*\* in <#\d+>\./,
      );
    } finally {
      await world.close();
    }
  });
}
