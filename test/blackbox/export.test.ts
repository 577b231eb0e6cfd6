import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

test('what was said is taken away as a page by who may read it, and the audit log says so', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-export-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const world = await World.start({
    protocol: 'openai',
    script: () => ({ say: { text: 'Good evening, <b>all</b>.', pcm: tone({ hz: 1700, ms: 600, rate: 24000 }) } }),
    hear: () => 'is there any cake left?',
    env: { DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` },
  });
  context.after(() => world.close());
  const anna = world.guild.addPerson({
    name: 'Anna',
    roles: [world.guild.createRole({ permissions: ['ManageGuild'] })],
  });
  await anna.join(world.channelId);
  await world.join(anna);
  await anna.voice.speak({ pcm: tone({ hz: 300, ms: 800, rate: 48000 }), sampleRate: 48000, channels: 1 });
  await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
  await world.guild.waitForMessage(world.channelId, ({ content }) => /cake left[\s\S]*Good evening/.test(content));

  const [running] = await anna.autocomplete('/transcript export', 'session', '');
  assert.match(running?.name ?? '', /^today \d\d:\d\d UTC, still running, 1 person, /);
  await anna.command('/leave');
  await world.until('the end', () => world.of('ended').length === 1);
  const answer = await anna.command('/transcript export', { session: Number(running?.value) });
  assert.match(answer.content, /as a page to open in a browser: \d+ lines\./);
  const [file] = answer.files;
  assert.match(file?.name ?? '', /^transcript-\d{4}-\d\d-\d\d-\d{4}\.html$/);
  const { document } = parseHTML(Buffer.from(file?.bytes ?? []).toString());
  const said = [...document.querySelectorAll('li.said')].map((item) => [
    item.querySelector('.who')?.textContent,
    item.querySelector('p')?.textContent,
  ]);
  assert.deepEqual(said, [
    ['Anna', 'is there any cake left?'],
    [world.discord.botUser.name, 'Good evening, <b>all</b>.'],
  ]);
  assert.match((await anna.command('/transcript audit')).content, /\*\*Anna\*\* .* exported: html.* \(\d+ lines\)$/);
});
