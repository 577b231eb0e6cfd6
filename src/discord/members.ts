import { type Client, DiscordAPIError, type Guild, type GuildMember } from 'discord.js';
import type { Person } from '../bridge/ports.ts';

/** https://docs.discord.com/developers/resources/audit-log */
const LONGEST_REASON = 512;

/**
 * A member, asked for anew: without the members intent nobody tells the bot that somebody's roles changed. Rejects with
 * an Error whose message a person can read.
 */
export async function memberOf(guild: Guild, { userId, name }: Person): Promise<GuildMember> {
  try {
    return await guild.members.fetch({ user: userId, force: true });
  } catch (cause) {
    const gone = cause instanceof DiscordAPIError;
    const why = gone ? `${JSON.stringify(name)} is not on this server any more.` : 'Discord did not answer.';
    throw new Error(why, { cause });
  }
}

/** What the audit log says of something that the bot did for people. */
export function auditReason(by: readonly Person[], how = 'by voice'): string {
  const who = by.map(({ userId, name }) => `${name.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 80)} (${userId})`);
  return `asked for by ${who.join(', ')} ${how}`.slice(0, LONGEST_REASON).toWellFormed();
}

/** Whether somebody is in a voice channel, by what the gateway told. */
export function isInVoice(client: Client, guildId: string, channelId: string, userId: string): boolean {
  return client.guilds.cache.get(guildId)?.voiceStates.cache.get(userId)?.channelId === channelId;
}
