import { ChannelType, type Guild, PermissionFlagsBits } from 'discord.js';
import { verdictOf } from '../rest/verdict.ts';
import { makeThread } from './thread-making.ts';

/** https://docs.discord.com/developers/resources/channel#start-thread-without-message */
const LONGEST_NAME = 100;
const { ViewChannel, CreatePublicThreads, SendMessagesInThreads } = PermissionFlagsBits;
const RIGHTS = [
  [ViewChannel, 'View Channel'],
  [CreatePublicThreads, 'Create Public Threads'],
  [SendMessagesInThreads, 'Send Messages in Threads'],
] as const;

/**
 * What keeps the bot from making threads in a channel: a whole sentence. Undefined: nothing. `me` is asked in the cache:
 * refused requests count towards a ban of the address.
 */
function threadObstacle(guild: Guild, channelId: string): string | undefined {
  const channel = guild.channels.cache.get(channelId);
  if (!channel) return 'I cannot see the channel for transcripts.';
  if (channel.type !== ChannelType.GuildText && channel.type !== ChannelType.GuildAnnouncement) {
    return `There can be no threads in #${channel.name}: it is a thread or the chat of a voice channel. Choose a text channel with /transcript channel.`;
  }
  const { me } = guild.members;
  const has = me && channel.permissionsFor(me);
  const lacking = RIGHTS.find(([right]) => !has?.has(right));
  return lacking && `I cannot make threads in #${channel.name}: I lack ${lacking[1]} there.`;
}

/** Makes a public thread and gives its id. Rejects with an Error whose message a person can read. */
export async function startThread(guild: Guild, channelId: string, name: string): Promise<string> {
  const obstacle = threadObstacle(guild, channelId);
  if (obstacle) throw new Error(obstacle);
  const channel = guild.channels.cache.get(channelId);
  if (channel?.type !== ChannelType.GuildText && channel?.type !== ChannelType.GuildAnnouncement) {
    throw new Error('I cannot see the channel for transcripts.');
  }
  const reason = 'a thread for each conversation: /transcript live thread';
  try {
    return (await makeThread(channel, threadName(name), reason)).id;
  } catch (error) {
    const answered = verdictOf(error) !== 'lost';
    const why = answered ? 'Discord refused it.' : 'Discord did not answer.';
    throw new Error(`I could not make a thread in #${channel.name}: ${why}`, { cause: error });
  }
}

function threadName(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return [...line].slice(0, LONGEST_NAME).join('').slice(0, LONGEST_NAME).toWellFormed() || 'Conversation';
}
