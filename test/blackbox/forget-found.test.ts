import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EPHEMERAL } from '@parley/simulator/discord';
import type { ScriptedReply } from '@parley/simulator/models';
import { z } from 'zod';
import { defineTool } from '../../src/tools/tool.ts';
import { tone } from '../support/sound/sound.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

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

test('what somebody else asked a tool for in their words cannot be run again, and /why does not tell it', async () => {
  const echo = defineTool({
    name: 'echo',
    description: 'Says it back.',
    input: z.object({ text: z.string() }),
    risk: 'read',
    run: ({ text }) => ({ text }),
  });
  const world = await World.start({
    protocol: 'openai',
    tools: [echo],
    script: ({ text, toolResults }) => {
      if (toolResults.length > 0 || !/echo/.test(text)) return words('Fine.');
      return { calls: [{ name: 'echo', arguments: { text: /mine/.test(text) ? 'an echo of Ben' : SECRET } }] };
    },
  });
  try {
    const [anna, ben] = [await world.person('Anna'), await world.person('Ben')];
    await world.join(anna);
    await anna.command('/ask', { text: SECRET });
    await world.until('her answer', () => world.of('reply-ended').length === 1);
    await ben.command('/ask', { text: 'echo her' });
    const post = await world.guild.waitForMessage(
      world.channelId,
      ({ content, components }) => content.includes('third stone') && content.includes('echo') && components.length > 0,
    );
    const again = post.components[0]?.components.find(({ label }: { label: string }) => label === 'Run again');
    assert.ok(again);
    await world.until('his answer', () => world.of('reply-ended').filter(({ heardMs }) => heardMs > 0).length === 2);
    await ben.command('/ask', { text: 'echo mine' });
    await world.until('his other call', () => world.of('tool-ended').length === 2);
    assert.match((await ben.command('/why')).content, /third stone/);
    // As where Discord does not take the change of the post.
    const stale = structuredClone(post);

    const { message } = await anna.command('/privacy forget');
    const button = message?.components[0]?.components[0];
    assert.ok(message && button);
    assert.match((await anna.press(message, button.custom_id)).content, /^It is done/);
    const why = (await ben.command('/why')).content;
    assert.doesNotMatch(why, /third stone|red key/);
    assert.match(why, /an echo of Ben/);
    assert.match((await ben.press(stale, again.custom_id)).content, /^That call was too long ago/);
    assert.equal(world.of('tool-started').length, 2);
  } finally {
    await world.close();
  }
});
