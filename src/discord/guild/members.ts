import { type Client, DiscordAPIError, type Guild, type GuildMember, RESTJSONErrorCodes } from 'discord.js';
import { wallClock } from '../../clock/wall-clock.ts';
import type { Person, UserId } from '../../ports/voice.ts';

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

/**
 * A member as Discord knows them now; undefined: they are none (any more), and then the cache forgets them, too. Changes
 * of members are told only with a privileged intent, which Parley does without: what the cache holds may be as old as
 * somebody's last move in voice. https://docs.discord.com/developers/events/gateway#list-of-intents
 * Rejects where Discord cannot be asked.
 */
export async function presentMember(guild: Guild, user: UserId): Promise<GuildMember | undefined> {
  try {
    return await guild.members.fetch({ user, force: true });
  } catch (error) {
    const gone = error instanceof DiscordAPIError && NO_MEMBER.has(error.code);
    if (!gone) throw error;
    guild.members.cache.delete(user);
    return undefined;
  }
}

const NO_MEMBER: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.UnknownMember,
  RESTJSONErrorCodes.UnknownUser,
]);

/** What the audit log says of something that the bot did for people. */
export function auditReason(by: readonly Person[], how = 'by voice'): string {
  const who = by.map(({ userId, name }) => `${name.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 80)} (${userId})`);
  return `asked for by ${who.join(', ')} ${how}`.slice(0, LONGEST_REASON).toWellFormed();
}

/** Whether somebody is in a voice channel, by what the gateway told. */
export function isInVoice(client: Client, guildId: string, channelId: string, userId: string): boolean {
  return client.guilds.cache.get(guildId)?.voiceStates.cache.get(userId)?.channelId === channelId;
}

/** Whether a member is timed out. The library's own isCommunicationDisabled() goes by the machine's clock. */
export function isTimedOut({ communicationDisabledUntilTimestamp: until }: GuildMember): boolean {
  return until !== null && until > wallClock.now();
}
