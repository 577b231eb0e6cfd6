import { type Guild, PermissionFlagsBits } from 'discord.js';
import { allows } from '../../discord/guild/access.ts';
import { freshAccess } from '../../discord/guild/fresh-access.ts';
import { userIn } from '../../discord/guild/names.ts';
import type { UserId } from '../../ports/voice.ts';

/**
 * Whether the bot is to come into a channel into which this person asked it a while ago: they still are a member who may
 * join it, and people are there. Asks Discord. Rejects where it cannot be asked.
 */
export async function mayStillCome(guild: Guild | undefined, channelId: string, by: UserId): Promise<boolean> {
  const channel = guild?.channels.cache.get(channelId);
  if (!guild || !channel?.isVoiceBased()) return false;
  const here = guild.voiceStates.cache.filter(
    (state) => state.channelId === channelId && state.id !== guild.client.user.id,
  );
  if (!here.some(({ id }) => userIn(guild, id)?.bot !== true)) return false;
  // Their roles may be others than they were then.
  const member = await guild.members.fetch({ user: by, force: true });
  if (here.has(by)) return true;
  const entering = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.Connect;
  return channel.permissionsFor(member).has(entering) && allows(await freshAccess(guild), member, channel, entering);
}
