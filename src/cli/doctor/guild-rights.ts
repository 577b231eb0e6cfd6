import { ChannelType, type Guild, PermissionFlagsBits, type VoiceChannel } from 'discord.js';
import { isTimedOut } from '../../discord/guild/members.ts';
import type { Finding } from './finding.ts';

/** Discord's own words, as they stand in the channel's settings, in the order in which one meets them there. */
const NEEDED = [
  [PermissionFlagsBits.ViewChannel, 'View Channel'],
  [PermissionFlagsBits.Connect, 'Connect'],
  [PermissionFlagsBits.Speak, 'Speak'],
  [PermissionFlagsBits.SendMessages, 'Send Messages'],
] as const;
const MOST_CHANNELS = 5;
const GRANT = "Grant it to the bot's role in the channel's settings under Permissions";

/** What the bot lacks in the voice channels of a server. It fails where it can work in none of them. */
export function guildFinding(guild: Guild): Finding {
  const name = `Server “${guild.name}”`;
  const me = guild.members.me;
  if (!me) return { state: 'failed', name, text: 'Discord did not say which rights the bot has; run this again' };
  if (isTimedOut(me)) return { state: 'failed', name, text: 'the bot is timed out: have a moderator lift it' };
  const channels = [...guild.channels.cache.values()].filter((one) => one.type === ChannelType.GuildVoice);
  if (channels.length === 0) return { state: 'note', name, text: 'it has no voice channel: make one' };
  const lacking = channels.flatMap((channel) => {
    const missing = missingIn(channel, me);
    return missing.length === 0 ? [] : [`${channel.name} lacks ${missing.join(', ')}`];
  });
  const count = `${channels.length} voice channel${channels.length === 1 ? '' : 's'}`;
  if (lacking.length === 0) return { state: 'ok', name, text: `the bot has every right it needs in ${count}` };
  const more = lacking.length > MOST_CHANNELS ? `; and ${lacking.length - MOST_CHANNELS} more` : '';
  const state = lacking.length === channels.length ? 'failed' : 'note';
  const named = lacking.slice(0, MOST_CHANNELS).join('; ');
  return { state, name, text: `rights are missing in ${lacking.length} of ${count}: ${named}${more}. ${GRANT}` };
}

function missingIn(channel: VoiceChannel, me: NonNullable<Guild['members']['me']>): readonly string[] {
  const has = channel.permissionsFor(me);
  return NEEDED.filter(([bit]) => !has.has(bit)).map(([, word]) => word);
}
