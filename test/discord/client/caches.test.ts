import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SimulatedDiscord } from '@parley/simulator/discord';
import type { Client } from 'discord.js';
import { createClient, logIn } from '../../../src/discord/client/client.ts';
import { destroyClient } from '../../../src/discord/client/gateway-strategy.ts';
import { keptLog } from '../../support/doubles/log.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** So many people come into a voice channel, one after the other, and leave it, as the gateway tells it. */
function passThrough(client: Client, where: { guildId: string; channelId: string }, from: number, count: number): void {
  for (let i = from; i < from + count; i += 1) {
    const id = String(10n ** 17n + BigInt(i));
    const member = {
      user: { id, username: `somebody-${i}`, discriminator: '0', avatar: null, global_name: `Somebody ${i}` },
      ...{ roles: [], joined_at: '2026-01-01T00:00:00.000000+00:00', deaf: false, mute: false, flags: 0 },
    };
    for (const channel_id of [where.channelId, null]) {
      const state = { guild_id: where.guildId, channel_id, user_id: id, member, session_id: `session-${i}` };
      const flags = {
        deaf: false,
        mute: false,
        self_deaf: false,
        self_mute: false,
        self_video: false,
        suppress: false,
      };
      // The way of a packet from the socket on.
      const ws = client.ws as unknown as { handlePacket(packet: object, shard: object | undefined): void };
      ws.handlePacket({ t: 'VOICE_STATE_UPDATE', d: { ...state, ...flags } }, client.ws.shards.first());
    }
  }
}

describe('what the library remembers', () => {
  it('is as much after 20,000 people passed through a voice channel as after 1,000, and whoever is there is known', async (t) => {
    const discord = await SimulatedDiscord.start();
    t.after(() => discord.close());
    const guild = discord.createGuild();
    const channelId = guild.createVoiceChannel();
    const anna = guild.addPerson({ name: 'Anna' });
    await anna.join(channelId, { connect: false });
    const { log } = keptLog();
    const { apiUrl, token } = discord;
    const client = await logIn(createClient({ apiUrl, log, onDead: () => {} }), { token, apiUrl });
    t.after(() => destroyClient(client));
    const where = { guildId: guild.id, channelId };
    passThrough(client, where, 0, 1_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    passThrough(client, where, 1_000, 20_000);
    collect();
    const grownKb = (process.memoryUsage().heapUsed - before) / 1024;
    const cached = client.guilds.cache.get(guild.id);
    t.diagnostic(`${Math.round(grownKb)} kB more after 20,000 people`);
    // 28,000 kB without limits.
    assert.ok(grownKb < 1_500, `${grownKb} kB`);
    assert.ok((cached?.members.cache.size ?? 0) <= 202, `${cached?.members.cache.size} members`);
    assert.ok((cached?.voiceStates.cache.size ?? 0) <= 202, `${cached?.voiceStates.cache.size} voice states`);
    assert.ok(client.users.cache.size <= 202, `${client.users.cache.size} users`);
    assert.equal(cached?.members.cache.get(anna.userId)?.displayName, 'Anna');
    assert.equal(cached?.members.me?.id, discord.botUser.id);
  });
});
