import { type GuildBasedChannel, type GuildMember, PermissionFlagsBits, type PermissionsBitField } from 'discord.js';
import type { Readers } from '../src/ports/reading.ts';
import type { UserId } from '../src/ports/voice.ts';

/** Discord's own words for the permissions that a voice bot needs, as they stand in the channel's settings. */
const WORDS = {
  ViewChannel: 'View Channel',
  Connect: 'Connect',
  Speak: 'Speak',
  SendMessages: 'Send Messages',
  SendMessagesInThreads: 'Send Messages in Threads',
  CreatePublicThreads: 'Create Public Threads',
} as const;
type Right = keyof typeof WORDS;

/** The rights that a member lacks in a channel, in Discord's words and in the order given; empty when all are there. */
export function missingRights(
  channel: GuildBasedChannel,
  member: GuildMember,
  rights: readonly Right[],
): readonly string[] {
  const has = channel.permissionsFor(member);
  return rights.filter((right) => !has.has(PermissionFlagsBits[right])).map((right) => WORDS[right]);
}

/** What it takes to write in this channel. In a voice channel whoever may not connect may not write either. */
export function writingRights(channel: GuildBasedChannel): readonly Right[] {
  // https://docs.discord.com/developers/topics/permissions#implicit-permissions
  if (channel.isVoiceBased()) return ['ViewChannel', 'Connect', 'SendMessages'];
  return ['ViewChannel', channel.isThread() ? 'SendMessagesInThreads' : 'SendMessages'];
}

/** Whether a member sees a channel; false where the channel is not known any more. */
export function sees(channel: GuildBasedChannel | undefined, member: GuildMember): boolean {
  return channel !== undefined && missingRights(channel, member, ['ViewChannel']).length === 0;
}

/**
 * Which voice channels this person could listen in, as Discord says now: what is remembered of a channel or a role may be a
 * moment old. Rejects with an Error for people where Discord cannot be asked.
 */
export function listening(
  { guildId, user }: { readonly guildId: string; readonly user: { readonly id: UserId } },
  readers: Pick<Readers, 'couldListen'>,
): Promise<(channelId: string) => Promise<boolean>> {
  return readers.couldListen({ guildId, channelIds: [], people: [user.id] });
}

/** Whether whoever asks manages the server. */
export function managesServer({ memberPermissions }: { readonly memberPermissions: PermissionsBitField }): boolean {
  return memberPermissions.has(PermissionFlagsBits.ManageGuild);
}
