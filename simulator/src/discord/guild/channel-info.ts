import { isVoice, type Json } from './entities.ts';
import type { SimulatedGuild } from './guild.ts';

/**
 * What CHANNEL_INFO says: the statuses of voice channels, which are in no channel's own form.
 * https://docs.discord.com/developers/events/gateway-events#request-channel-info
 */
export function channelInfoJson(guild: SimulatedGuild, request: Json): Json {
  const fields: unknown = request.fields;
  const asked = Array.isArray(fields) && fields.includes('status');
  const channels = [...guild.channels.values()].filter((one) => isVoice(one) && one.status !== null);
  return { guild_id: guild.id, channels: asked ? channels.map(({ id, status }) => ({ id, status })) : [] };
}
