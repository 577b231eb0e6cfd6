import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

test('a conversation stands in the record with the times of its sound and its posts', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-record-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const address = `sqlite:${join(folder, 'parley.db')}`;
  const world = await World.start({
    protocol: 'openai',
    script: () => ({ say: { text: 'Hello there.', pcm: tone({ hz: 1700, ms: 600, rate: 24000 }) } }),
    hear: () => 'good evening',
    env: { DATABASE_URL: address },
  });
  let message: { id: string; content: string } | undefined;
  let spokeAt = 0;
  let spokeUntil = 0;
  try {
    const anna = await world.person('Anna');
    await world.join(anna);
    spokeAt = Date.now();
    await anna.voice.speak({ pcm: tone({ hz: 300, ms: 800, rate: 48000 }), sampleRate: 48000, channels: 1 });
    spokeUntil = Date.now();
    await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
    await world.until('the transcript', () => {
      message = world.guild.messages(world.channelId).find(({ content }) => /good evening[\s\S]*Hello/.test(content));
      return message !== undefined;
    });
  } finally {
    await world.close();
  }
  const database = await openDatabase(address);
  context.after(() => database.destroy());
  const record = new StoredRecord(database, openText);
  const guildId = world.guild.id;
  const [conversation] = await record.conversations({ guildId, channelIds: [world.channelId], limit: 2 });
  assert.equal(conversation?.endReason, 'asked');
  const said = (await Array.fromAsync(record.lines({ guildId }))).filter((line) => line.kind === 'utterance');
  assert.deepEqual(
    said.map(({ by, name, text, state, posts }) => ({ by, name, text, state, posts })),
    [
      ['person', 'Anna', 'good evening'],
      ['model', world.discord.botUser.name, 'Hello there.'],
    ].map(([by, name, text]) => ({
      by,
      name,
      text,
      state: 'final',
      posts: [{ channelId: world.channelId, messageId: message?.id }],
    })),
  );
  const [hers, reply] = said;
  assert.ok(hers && reply);
  // A slow machine begins to speak late; how long it lasted tells the sound from its events.
  assert.ok(Math.abs(hers.startedAt - spokeAt) < 1_000, `began ${hers.startedAt - spokeAt} ms after her sound`);
  assert.ok(hers.endedAt <= spokeUntil + 400, `ended ${hers.endedAt - spokeUntil} ms after her sound`);
  const lasted = hers.endedAt - hers.startedAt;
  assert.ok(lasted > 500 && lasted < 1_100, `800 ms of sound, ${lasted} ms in the record`);
  assert.ok(reply.startedAt > hers.endedAt && reply.endedAt - reply.startedAt > 400);
  assert.equal(hers.itemIds.length, 1);
  assert.equal(reply.itemIds.length, 1);
  assert.deepEqual(reply.turnIds, [hers.turnId]);
});
