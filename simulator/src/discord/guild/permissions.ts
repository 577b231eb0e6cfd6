import type { Channel, Member, Role } from './entities.ts';
import { isVoice } from './entities.ts';

const names = [
  'CreateInstantInvite',
  'KickMembers',
  'BanMembers',
  'Administrator',
  'ManageChannels',
  'ManageGuild',
  'AddReactions',
  'ViewAuditLog',
  'PrioritySpeaker',
  'Stream',
  'ViewChannel',
  'SendMessages',
  'SendTTSMessages',
  'ManageMessages',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
  'MentionEveryone',
  'UseExternalEmojis',
  'ViewGuildInsights',
  'Connect',
  'Speak',
  'MuteMembers',
  'DeafenMembers',
  'MoveMembers',
  'UseVAD',
  'ChangeNickname',
  'ManageNicknames',
  'ManageRoles',
  'ManageWebhooks',
  'ManageGuildExpressions',
  'UseApplicationCommands',
  'RequestToSpeak',
  'ManageEvents',
  'ManageThreads',
  'CreatePublicThreads',
  'CreatePrivateThreads',
  'UseExternalStickers',
  'SendMessagesInThreads',
  'UseEmbeddedActivities',
  'ModerateMembers',
  'ViewCreatorMonetizationAnalytics',
  'UseSoundboard',
  'CreateGuildExpressions',
  'CreateEvents',
  'UseExternalSounds',
  'SendVoiceMessages',
  null,
  'SetVoiceChannelStatus',
  'SendPolls',
  'UseExternalApps',
  'PinMessages',
  'BypassSlowmode',
] as const;

/** A permission by the name that discord.js gives it. */
export type PermissionName = Exclude<(typeof names)[number], null>;

/** The bit of every permission. https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags */
export const Permission = Object.fromEntries(
  names.flatMap((name, bit) => (name === null ? [] : [[name, 1n << BigInt(bit)]])),
) as Readonly<Record<PermissionName, bigint>>;

/** All permissions there are. */
export const ALL_PERMISSIONS = Object.values(Permission).reduce((all, bit) => all | bit, 0n);

/** What @everyone may in a new guild. */
export const EVERYONE_DEFAULT: readonly PermissionName[] = [
  'CreateInstantInvite',
  'AddReactions',
  'Stream',
  'ViewChannel',
  'SendMessages',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
  'MentionEveryone',
  'UseExternalEmojis',
  'Connect',
  'Speak',
  'UseVAD',
  'ChangeNickname',
  'UseApplicationCommands',
  'RequestToSpeak',
  'CreatePublicThreads',
  'SendMessagesInThreads',
  'UseSoundboard',
];

/** What an invitation with Parley's permissions grants. */
export const BOT_DEFAULT: readonly PermissionName[] = [
  'ViewChannel',
  'Connect',
  'Speak',
  'UseVAD',
  'SendMessages',
  'SendMessagesInThreads',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
  'SetVoiceChannelStatus',
];

/** The bits of some permissions together. */
export function permissionBits(list: readonly PermissionName[]): bigint {
  return list.reduce((bits, name) => bits | Permission[name], 0n);
}

/** A member who is timed out keeps only these. https://docs.discord.com/developers/topics/permissions#permissions-for-timed-out-members */
const TIMED_OUT = Permission.ViewChannel | Permission.ReadMessageHistory;
/** Without SendMessages these mean nothing. */
const NEEDS_SEND =
  Permission.MentionEveryone | Permission.SendTTSMessages | Permission.AttachFiles | Permission.EmbedLinks;

/** What a member may in the whole guild, by the roles. `roles` has @everyone under the guild's id. */
export function guildPermissions(guild: GuildRights, member: Member): bigint {
  if (member.user.id === guild.ownerId) return ALL_PERMISSIONS;
  let bits = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const id of member.roleIds) bits |= guild.roles.get(id)?.permissions ?? 0n;
  if (bits & Permission.Administrator) return ALL_PERMISSIONS;
  return isTimedOut(member) ? bits & TIMED_OUT : bits;
}

/** What permissions are worked out from. */
export interface GuildRights {
  readonly id: string;
  readonly ownerId: string;
  readonly roles: ReadonlyMap<string, Role>;
}

/**
 * What a member may in a channel (a thread: pass its parent): roles, then @everyone's, the roles' and the member's overwrites, then what
 * a missing permission takes along. https://docs.discord.com/developers/topics/permissions#permission-overwrites
 */
export function channelPermissions(guild: GuildRights, member: Member, channel: Channel): bigint {
  let bits = guildPermissions(guild, member);
  if (bits === ALL_PERMISSIONS) return bits;
  const everyone = channel.overwrites.find((one) => one.id === guild.id);
  if (everyone) bits = (bits & ~everyone.deny) | everyone.allow;
  const ofRoles = channel.overwrites.filter((one) => one.type === 0 && member.roleIds.includes(one.id));
  bits &= ~ofRoles.reduce((deny, one) => deny | one.deny, 0n);
  bits |= ofRoles.reduce((allow, one) => allow | one.allow, 0n);
  const own = channel.overwrites.find((one) => one.type === 1 && one.id === member.user.id);
  if (own) bits = (bits & ~own.deny) | own.allow;
  if (isTimedOut(member)) bits &= TIMED_OUT;
  return withImplied(bits, channel);
}

function withImplied(bits: bigint, channel: Channel): bigint {
  if (!(bits & Permission.ViewChannel)) return 0n;
  // In voice and stage channels whoever may not connect may do nothing but see the channel in the list.
  const voice = isVoice(channel);
  if (voice && !(bits & Permission.Connect)) return bits & Permission.ViewChannel;
  return bits & Permission.SendMessages ? bits : bits & ~NEEDS_SEND;
}

/** The highest position among a member's roles; @everyone has 0. */
function highestRole(guild: GuildRights, member: Member): number {
  return Math.max(0, ...member.roleIds.map((id) => guild.roles.get(id)?.position ?? 0));
}

/** Whether a member stands above another one: https://docs.discord.com/developers/topics/permissions#permission-hierarchy */
export function isAbove(guild: GuildRights, member: Member, other: Member): boolean {
  if (other.user.id === guild.ownerId) return false;
  return member.user.id === guild.ownerId || highestRole(guild, member) > highestRole(guild, other);
}

/** Whether a member is timed out now. */
function isTimedOut(member: Member): boolean {
  return member.timedOutUntil !== null && member.timedOutUntil > Date.now();
}
