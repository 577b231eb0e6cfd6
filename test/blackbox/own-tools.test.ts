import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tone } from '../support/sound/sound.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

const guide = readFileSync(new URL('../../docs/tools.md', import.meta.url), 'utf8');
const [, fileName = '', code = ''] = /`([\w-]+\.ts)`[^`]*```ts\n(.*?)```/s.exec(guide) ?? [];

// Outside of the repository, so that no node_modules lies above it.
const folder = mkdtempSync(join(tmpdir(), 'parley-own-tools-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, fileName), code);
writeFileSync(join(folder, 'broken.ts'), 'export default 1;');

for (const protocol of PROTOCOLS) {
  test(`the example of docs/tools.md, dropped into a folder, is called by voice: ${protocol}`, async () => {
    const world = await World.start({
      protocol,
      env: { TOOLS_DIR: folder, LOG_LEVEL: 'silent' },
      script: ({ toolResults }) =>
        toolResults.length > 0
          ? { say: { text: `You have ${toolResults[0]?.output}`, pcm: tone({ hz: 1700, ms: 300, rate: 24000 }) } }
          : { calls: [{ name: 'deal_cards', arguments: { count: 52 } }] },
    });
    try {
      const anna = await world.person('Anna');
      await world.join(anna);
      await anna.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
      await world.until('the answer', () => world.of('reply-ended').some(({ heardMs }) => heardMs > 0));
      const [ended] = world.of('tool-ended');
      const brought = JSON.parse(ended?.result.output ?? '{}');
      assert.equal(ended?.result.ok, true);
      assert.deepEqual(brought.for, ['Anna']);
      assert.equal(new Set(brought.cards).size, 52);
      const post = await world.guild.waitForMessage(world.channelId, ({ content }) =>
        content.includes('cards(count: 52'),
      );
      assert.match(post.content, /for Anna/);
      world.guild.createTextChannel({ name: 'chat' });
      const boss = world.guild.addPerson({ name: 'Boss', admin: true });
      const list = await boss.command('/tools list');
      assert.match(list.content, /^\*\*For everybody:\*\*$[^*]*^`deal_cards`: Deals cards/m);
      assert.match(list.content, /^\*\*For nobody yet:\*\*$[^*]*^`timeout_member`: /m);
    } finally {
      await world.close();
    }
  });
}
