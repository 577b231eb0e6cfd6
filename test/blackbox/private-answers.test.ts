import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import type { Provider } from '../../src/ports/capabilities.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { tone } from '../support/sound/sound.ts';
import { hiddenRoom } from '../support/world/hidden-room.ts';
import { record } from '../support/world/recorded-lines.ts';
import { World } from '../support/world/world.ts';

const SECRET = 'The cake is for Ben.';
const PLAIN = 'The cake is in the cellar.';
const WIRES = { openai: 'openai', azure: 'openai', gemini: 'gemini', vertex: 'gemini' } as const;

/** Searches whenever it is asked, and says what the tool brought. */
function script({ toolResults }: ScriptInput): ScriptedReply {
  const pcm = tone({ hz: 1700, ms: 100, rate: 24000 });
  if (toolResults.length > 0) return { say: { text: toolResults.map(({ output }) => output).join(' '), pcm } };
  return { calls: [{ name: 'search_transcripts', arguments: { words: 'cake' } }] };
}

/** A room where everybody comes, and one of the board, in both of which something was said. */
async function setUp(provider: Provider, folder: string) {
  const databaseUrl = `sqlite:${join(folder, `${provider}.db`)}`;
  const world = await World.start({ protocol: WIRES[provider], provider, script, env: { DATABASE_URL: databaseUrl } });
  const { guild, channelId: lounge } = world;
  const { board, role } = hiddenRoom(guild);
  const [mia, anna] = [guild.addPerson({ name: 'Mia', roles: [role] }), guild.addPerson({ name: 'Anna' })];
  const said = { userId: anna.userId, name: 'Anna' };
  await record(databaseUrl, guild.id, [
    { ...said, channelId: lounge, text: PLAIN },
    { ...said, channelId: board, text: SECRET },
  ]);
  await mia.join(lounge);
  await anna.join(lounge);
  await world.join(mia);
  const ask = async (person: typeof mia) => {
    const before = world.of('tool-ended').length;
    await person.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
    await world.until('the answer to be over', () => {
      const ended = world.of('tool-ended')[before];
      return ended !== undefined && world.of('reply-ended').length > before;
    });
    return world.of('tool-ended')[before]?.result.output ?? '';
  };
  const shared = () => guild.messages(lounge).filter(({ flags }) => (flags & 64) === 0);
  return { world, guild, lounge, board, databaseUrl, mia, anna, ask, shared };
}

describe('an answer that not everybody here may read', { concurrency: 2 }, () => {
  for (const provider of ['openai', 'azure', 'gemini', 'vertex'] as const) {
    it(`goes to the asker alone, and the model has none of it: ${provider}`, async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-private-'));
      context.after(() => rmSync(folder, { recursive: true }));
      const { world, guild, lounge, board, databaseUrl, mia, anna, ask, shared } = await setUp(provider, folder);
      try {
        const output = JSON.parse(await ask(mia));
        assert.deepEqual(
          output.said.map(({ text }: { text: string }) => text),
          [PLAIN],
        );
        assert.match(output.sent, /sent to "Mia" alone/);
        const post = await guild.waitForMessage(lounge, ({ content }) => content.startsWith('For **Mia**'));
        const [button] = post.components[0]?.components ?? [];
        assert.equal(button.label, 'Show me');
        assert.equal((await anna.press(post, button.custom_id)).content, 'That answer is for whoever asked.');
        const shown = await mia.press(post, button.custom_id);
        assert.ok(shown.ephemeral, 'nobody else sees it');
        assert.match(shown.content, /^Only you see this.*\*\*Anna\*\* .*: The cake is for Ben\\\.$/s);

        // The role goes, and nobody tells the bot.
        mia.member.roleIds.length = 0;
        assert.match((await mia.press(post, button.custom_id)).content, /^There is nothing/);
        if (provider === 'openai') {
          const again = JSON.parse(await ask(mia));
          assert.equal(again.sent, undefined);
          assert.deepEqual(
            again.said.map(({ text }: { text: string }) => text).filter((text: string) => !text.includes('sent')),
            [PLAIN],
          );
        }
        await mia.command('/leave');
        await world.until('the end', () => world.of('ended').length === 1);
        // Neither to the model nor into a post that everybody reads did a word of it go.
        assert.doesNotMatch(JSON.stringify(world.model.frames.map(({ message }) => message)), /for Ben/);
        assert.doesNotMatch(JSON.stringify(shared()), /for Ben/);
      } finally {
        await world.close();
      }
      // It stands in the record where only the board reads.
      const database = await openDatabase(databaseUrl);
      const rows = await database('tool_calls').where('output', 'like', '%for Ben%').select('channel_id');
      const words = await database('utterances').where('text', 'like', '%for Ben%').select('channel_id');
      await database.destroy();
      assert.deepEqual([rows, words], [[{ channel_id: board }], [{ channel_id: board }]]);
    });
  }
});
