import { type GuildMember, type GuildTextBasedChannel, PermissionFlagsBits } from 'discord.js';

const { ViewChannel, Connect, SendMessages, SendMessagesInThreads } = PermissionFlagsBits;

/**
 * The first permission to write in a channel that a member lacks, in Discord's words; undefined where they have all. In
 * a voice channel whoever may not connect may not write: https://docs.discord.com/developers/topics/permissions#implicit-permissions
 */
export function lackingToWrite(channel: GuildTextBasedChannel, member: GuildMember): string | undefined {
  const has = channel.permissionsFor(member);
  if (!has.has(ViewChannel)) return 'View Channel';
  if (channel.isVoiceBased() && !has.has(Connect)) return 'Connect';
  if (channel.isThread()) return has.has(SendMessagesInThreads) ? undefined : 'Send Messages in Threads';
  return has.has(SendMessages) ? undefined : 'Send Messages';
}
