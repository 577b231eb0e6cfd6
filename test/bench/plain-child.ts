// The plain bridge as a process of its own: logs in, and joins and leaves channels when its parent says so.
import { once } from 'node:events';
import { Client, Events, GatewayIntentBits } from 'discord.js';
import { PlainBridge } from './plain-bridge.ts';

const { DISCORD_TOKEN, DISCORD_API_URL, OPENAI_API_KEY = '', OPENAI_BASE_URL = '' } = process.env;
const bridges = new Map<string, PlainBridge>();
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
  ...(DISCORD_API_URL && { rest: { api: DISCORD_API_URL } }),
});

async function join(guildId: string, channelId: string): Promise<void> {
  const guild = await client.guilds.fetch(guildId);
  const bridge = await PlainBridge.open({
    guild,
    channelId,
    baseUrl: OPENAI_BASE_URL,
    apiKey: OPENAI_API_KEY,
    model: 'gpt-realtime-2.1',
    bare: process.env.PLAIN_BARE === '1',
  });
  bridges.set(guildId, bridge);
}

process.on('message', (message: { join?: { guildId: string; channelId: string }; leave?: { guildId: string } }) => {
  if (message.join) {
    const { guildId, channelId } = message.join;
    join(guildId, channelId).then(
      () => process.send?.({ joined: guildId }),
      (error: unknown) => process.send?.({ joined: guildId, error: String(error) }),
    );
  }
  if (message.leave) {
    bridges.get(message.leave.guildId)?.close();
    bridges.delete(message.leave.guildId);
  }
});
process.on('SIGTERM', () => process.exit());

const ready = once(client, Events.ClientReady);
await client.login(DISCORD_TOKEN);
await ready;
process.send?.({ ready: true });
