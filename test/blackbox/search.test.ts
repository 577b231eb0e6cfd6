import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply, ScriptInput } from '@parley/simulator/models';
import { PermissionFlagsBits } from 'discord.js';
import { tone } from '../support/sound/sound.ts';
import { World } from '../support/world/world.ts';

const QUESTION = 'What did we say about that?';

/** Searches when it is asked, and says what it found. */
function script({ toolResults, declaredTools }: ScriptInput): ScriptedReply {
  const [result] = toolResults;
  const pcm = tone({ hz: 1700, ms: 200, rate: 24000 });
  if (result) return { say: { text: `I found: ${saidIn(result.output).join(', ')}`, pcm } };
  assert.ok(declaredTools.includes('search_transcripts'));
  return asking
    ? { calls: [{ name: 'search_transcripts', arguments: { words: 'cake' } }] }
    : { say: { text: 'Oh.', pcm } };
}
let asking = false;

function saidIn(output: string): string[] {
  return JSON.parse(output).said.map(({ by, text }: { by: string; text: string }) => `${by}: ${text}`);
}

test('what was said is found later by whoever may read where it was said', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-search-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const env = { DATABASE_URL: `sqlite:${join(folder, 'parley.db')}` };
  let words = '';
  const world = await World.start({ protocol: 'openai', script, hear: () => words, env });
  context.after(() => world.close());
  const { guild, channelId } = world;
  const board = guild.createVoiceChannel({ name: 'Board' });
  const [mia, anna, ben] = ['Mia', 'Anna', 'Ben'].map((name) => guild.addPerson({ name }));
  assert.ok(mia && anna && ben);
  const hidden = guild.channels.get(board);
  const { ViewChannel } = PermissionFlagsBits;
  hidden?.overwrites.push(
    { id: guild.id, type: 0, allow: 0n, deny: ViewChannel },
    ...[mia.userId, world.discord.botUser.id].map((id) => ({ id, type: 1 as const, allow: ViewChannel, deny: 0n })),
  );
  if (hidden) guild.channelChanged(hidden);

  /** One conversation in which this person says this, and the bot leaves again. */
  const talk = async (person: SimulatedPerson, where: string, says: string) => {
    words = says;
    asking = says === QUESTION;
    const ended = world.of('ended').length;
    const answered = world.of('reply-audible').length;
    await person.join(where);
    await person.command('/join');
    assert.equal(guild.botVoiceChannelId, where);
    await person.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
    await world.until('the answer', () => world.of('reply-audible').length > answered);
    await guild.waitForMessage(where, ({ content }) => content.includes(asking ? 'I found' : says));
    await person.command('/leave');
    await world.until('the end', () => world.of('ended').length > ended);
  };
  const found = () => world.of('tool-ended').map(({ result }) => saidIn(result.output));

  await talk(anna, channelId, 'The cake is in the cellar.');
  await talk(mia, board, 'The cake is for Ben.');
  await world.restart(env);
  const before = Date.now();
  await talk(ben, channelId, QUESTION);
  await talk(mia, channelId, QUESTION);
  assert.deepEqual(found(), [
    ['Anna: The cake is in the cellar.'],
    // Newest first; what the bot itself said is found, too. What was said on the board goes to Mia alone.
    ['you: I found: Anna: The cake is in the cellar.', 'Anna: The cake is in the cellar.'],
  ]);
  const [first] = JSON.parse(world.of('tool-ended')[0]?.result.output ?? '').said;
  const at = Date.parse(first.at);
  assert.ok(at < before && at > before - 60_000, `said at ${first.at}`);
  assert.match(first.link, new RegExp(`^https://discord.com/channels/${guild.id}/${channelId}/\\d+$`));
});
