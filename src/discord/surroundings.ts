import { ChannelType, type Client, type Guild, PermissionFlagsBits } from 'discord.js';
import type { UserId } from '../bridge/ports.ts';
import { type GatewayWatch, watchGateway } from './gateway-watch.ts';

/** What a voice line asks about the guild around it. Answers from memory. */
export interface Surroundings {
  readonly gateway: GatewayWatch;
  /** Why the bot cannot be in this channel now; undefined: nothing is known to stand against it. For people. */
  obstacle(channelId: string): string | undefined;
  /** Whether the bot is in a voice channel of the guild. */
  isSeated(): boolean;
  /** Nobody expects to hear this person: a bot, muted by themselves or others, in a stage's audience, or not there. */
  isSilent(userId: UserId): boolean;
  isStage(channelId: string): boolean;
}

/** The guild as discord.js knows it. */
export function surroundingsOf(client: Client, guild: Guild): Surroundings {
  return {
    gateway: watchGateway(client, guild.shardId),
    isStage: (channelId) => guild.channels.cache.get(channelId)?.type === ChannelType.GuildStageVoice,
    obstacle: (channelId) => obstacleIn(client, guild.id, channelId),
    isSeated: () => typeof guild.voiceStates.cache.get(client.user?.id ?? '')?.channelId === 'string',
    isSilent: (userId) => {
      const state = guild.voiceStates.cache.get(userId);
      if (!state?.channelId || state.channelId !== guild.members.me?.voice.channelId) return true;
      return state.member?.user.bot === true || state.mute === true || state.suppress === true;
    },
  };
}

function obstacleIn(client: Client, guildId: string, channelId: string): string | undefined {
  const guild = client.guilds.cache.get(guildId);
  if (!guild) return 'I am no longer a member of this server. Somebody who manages it can invite me again.';
  if (!guild.available) return 'Discord has an outage, and this server is not available. Wait until it is over.';
  const channel = guild.channels.cache.get(channelId);
  if (!channel) return 'The voice channel was deleted.';
  const me = guild.members.me;
  const rights = me && channel.permissionsFor(me);
  if (rights && !rights.has(PermissionFlagsBits.ViewChannel)) return 'I lost the right to see the voice channel.';
  if (rights && !rights.has(PermissionFlagsBits.Connect)) return 'I lost the right to connect to the voice channel.';
  return undefined;
}

/** For a line of which nothing is known but its gateway's words. */
export const NO_SURROUNDINGS: Surroundings = {
  gateway: { connected: true, follow: () => () => {} },
  obstacle: () => undefined,
  isSeated: () => true,
  isSilent: () => false,
  isStage: () => false,
};
