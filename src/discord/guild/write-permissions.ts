import { type GuildMember, type GuildTextBasedChannel, PermissionFlagsBits } from 'discord.js';
import { type Access, allows } from './access.ts';

const { ViewChannel, Connect, SendMessages, SendMessagesInThreads } = PermissionFlagsBits;

/**
 * The first permission to write in a channel that a member lacks, in Discord's words; undefined where they have all. In
 * a voice channel whoever may not connect may not write: https://docs.discord.com/developers/topics/permissions#implicit-permissions
 * By what the gateway told, or by `access`.
 */
export function lackingToWrite(
  channel: GuildTextBasedChannel,
  member: GuildMember,
  access?: Access,
): string | undefined {
  const has = (bit: bigint): boolean => mayIn(channel, member, bit, access);
  if (!has(ViewChannel)) return 'View Channel';
  if (channel.isVoiceBased() && !has(Connect)) return 'Connect';
  if (channel.isThread()) return has(SendMessagesInThreads) ? undefined : 'Send Messages in Threads';
  return has(SendMessages) ? undefined : 'Send Messages';
}

/** Whether a member has a permission in a channel, by what the gateway told, or by `access`. */
export function mayIn(channel: GuildTextBasedChannel, member: GuildMember, bit: bigint, access?: Access): boolean {
  return access ? allows(access, member, channel, bit) : channel.permissionsFor(member).has(bit);
}
