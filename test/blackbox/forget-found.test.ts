import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EPHEMERAL } from '../../src/simulator/discord/entities.ts';
import type { ScriptedReply } from '../../src/simulator/script.ts';
import { tone } from '../fakes/sound.ts';
import { PROTOCOLS, World } from '../fakes/world.ts';

const SECRET = 'the red key is under the third stone';
const words = (text: string): ScriptedReply => ({ say: { text, pcm: tone({ hz: 1700, ms: 200, rate: 24_000 }) } });

for (const protocol of PROTOCOLS) {
  test(`what somebody else’s search found, and what the bot then said of it, is forgotten as well (${protocol})`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-found-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const world = await World.start({
      protocol,
      env: { DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` },
      script: ({ text, toolResults }) => {
        const [found] = toolResults;
        if (found) return words(`She told me that ${/red key[^"\\]*/.exec(found.output)?.[0] ?? 'nothing'}.`);
        if (/where/.test(text)) return { calls: [{ name: 'search_transcripts', arguments: { words: 'stone' } }] };
        return words('Fine.');
      },
    });
    const shown = (): string =>
      world.guild
        .messages(world.channelId)
        // Answers that only one person sees are theirs.
        .filter(({ flags }) => !(flags & EPHEMERAL))
        .map((message) => JSON.stringify(message.content))
        .join('\n');
    const bytes = (): string =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'latin1'))
        .join('');
    try {
      const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
      await world.join(anna);
      await anna.command('/ask', { text: SECRET });
      await world.until('her answer', () => world.of('reply-ended').length === 1);
      await ben.command('/ask', { text: 'where is it?' });
      await world.until(
        'his answer',
        () => world.of('reply-ended').some(({ heardMs }) => heardMs > 0) && /She told me/.test(shown()),
      );
      await world.until('all of it in the channel', () => (shown().match(/third stone/g) ?? []).length >= 3);
      assert.match(bytes(), /third stone/);

      const { message } = await anna.command('/privacy forget');
      const button = message?.components[0]?.components[0];
      assert.ok(message && button);
      assert.match((await anna.press(message, button.custom_id)).content, /^It is done/);
      await world.until('nothing of it in the channel', () => !/third stone|red key/.test(shown()));
      assert.match(shown(), /Fine|where is it/, 'what Ben said stays');
      assert.doesNotMatch(bytes(), /third stone|red key/);
    } finally {
      await world.close();
    }
  });
}
