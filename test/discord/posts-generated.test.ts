import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RestFault, seededRandom } from '@parley/simulator/discord';
import { beforeClose, startDiscord } from '../../simulator/test/discord/bot.ts';
import { createClient, logIn } from '../../src/discord/client/client.ts';
import { TranscriptChannel } from '../../src/discord/text/transcript-channel.ts';
import type { BridgeEvent } from '../../src/ports/bridge-events.ts';
import { Transcript } from '../../src/transcript/transcript.ts';
import { keptLog } from '../support/doubles/log.ts';

const LINES = 60;
/** So much faster than in truth. */
const FASTER = 20;
const FAULTS: readonly RestFault[] = [
  { kind: 'status', status: 502, acts: true, body: '<html>', type: 'text/html' },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, acts: true, code: 130_000 },
  { kind: 'status', status: 504, acts: true },
  { kind: 'cut' },
  { kind: 'cut', acts: true },
  { kind: 'late', ms: 80 },
  { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: { message: 'slow', retry_after: 0.05 } },
  { kind: 'status', status: 400, code: 20_028 },
  { kind: 'status', status: 200, acts: true, body: '{"id":' },
  { kind: 'status', status: 200, acts: true, body: '<html>', type: 'text/html' },
  { kind: 'status', status: 200, body: '<html>', type: 'text/html' },
  { kind: 'status', status: 403, body: '<html>', type: 'text/html' },
];

for (const seed of [1, 2, 3]) {
  test(`under faults of every kind each line stands once and in order, or a note says that it does not (seed ${seed})`, async (context) => {
    const discord = await startDiscord(context, { rateFactor: 0.01 });
    const guild = discord.createGuild();
    const first = guild.createTextChannel({ name: 'talk' });
    const chat = guild.createVoiceChannel({ name: 'Lounge' });
    const { apiUrl, token } = discord;
    const { log } = keptLog();
    const client = await logIn(createClient({ apiUrl, log, onDead: () => {} }), { apiUrl, token });
    beforeClose(discord, () => client.destroy());
    const random = seededRandom(seed, 'posts');
    let calm = false;
    discord.restFaults.add({
      path: /^\/channels\/\d+\/messages/,
      when: ({ body }) => JSON.stringify(body ?? '').includes('forbidden'),
      fault: { kind: 'status', status: 400, code: 200_000 },
    });
    const faults = discord.restFaults.add({
      path: /^\/channels\/\d+\/messages/,
      fault: () => (!calm && random() < 0.35 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined),
    });
    const lost: string[] = [];
    const text = new TranscriptChannel(client.guilds.cache.get(guild.id)!, first, {
      chatId: () => chat,
      lost: (message) => {
        lost.push(message);
        transcript.observe({ type: 'trouble', message });
      },
    });
    const transcript: Transcript = new Transcript({
      text,
      botName: 'Parley',
      now: () => performance.now() * FASTER,
      log,
      timer: (run, ms) => {
        const timer = setTimeout(run, ms / FASTER);
        return () => clearTimeout(timer);
      },
    });
    const forbidden = new Set<number>();
    const gone = Math.floor(LINES / 2);
    const wanted = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => from + at).filter((id) => !forbidden.has(id));
    for (let id = 1; id <= LINES; id++) {
      const bad = random() < 0.1;
      if (bad) forbidden.add(id);
      const turn = { id, userId: '1', name: 'Anna' };
      const words = `line ${id}.${bad ? ' forbidden' : ''}`;
      const happened: BridgeEvent[] = [
        { type: 'turn-began', turn, queuedMs: 0 },
        { type: 'turn-transcript', turn, text: words, final: true },
      ];
      for (const event of happened) transcript.observe(event);
      await new Promise((resolve) => setTimeout(resolve, 40 * random()));
      // What was posted there is gone with it.
      if (id === gone) {
        await settled(() => numbers(discord, guild.id, first).length + notes(discord, guild.id, first) >= gone);
        // What was posted while the answer was lost would be posted again elsewhere: nobody could know.
        calm = true;
        for (let at = 0; at < 3; at++) await transcript.flush();
        assert.deepEqual(numbers(discord, guild.id, first), wanted(1, gone));
        guild.deleteChannel(first);
        calm = false;
      }
    }
    await settled(() => numbers(discord, guild.id, chat).length + notes(discord, guild.id, chat) >= LINES - gone);
    faults.remove();
    await transcript.close();
    const story = contents(discord, guild.id, chat);
    assert.deepEqual(numbers(discord, guild.id, chat), wanted(gone + 1, LINES), story);
    assert.equal(notes(discord, guild.id, chat), [...forbidden].filter((id) => id > gone).length);
    assert.equal(transcript.dropped, forbidden.size);
    assert.equal(lost.length, 1);
    assert.ok(faults.struck > 10);
  });
}

type Discord = Awaited<ReturnType<typeof startDiscord>>;

function contents(discord: Discord, guildId: string, channelId: string): string {
  const guild = discord.guilds.find(({ id }) => id === guildId);
  return (guild?.messages(channelId) ?? []).map(({ content }) => content).join('\n');
}

/** Which lines stand in a channel, in their order there. */
function numbers(discord: Discord, guildId: string, channelId: string): number[] {
  return [...contents(discord, guildId, channelId).matchAll(/\*\*Anna:\*\* line (\d+)\\?\./g)].map(([, one]) =>
    Number(one),
  );
}

/** How many lines are said to be left out. */
function notes(discord: Discord, guildId: string, channelId: string): number {
  return contents(discord, guildId, channelId).split('Discord did not take a line here').length - 1;
}

async function settled(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
