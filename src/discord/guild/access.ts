import {
  type Guild,
  type GuildBasedChannel,
  type GuildMember,
  PermissionFlagsBits,
  PermissionsBitField,
} from 'discord.js';
import type { UserId } from '../../ports/voice.ts';

/** What a channel changes for one role or person. */
export interface Overwrite {
  readonly id: string;
  readonly person: boolean;
  readonly allow: bigint;
  readonly deny: bigint;
}

/** What a channel (no thread) changes for whom. */
interface ChannelAccess {
  readonly voice: boolean;
  readonly overwrites: readonly Overwrite[];
}

interface RoleAccess {
  readonly permissions: bigint;
  readonly bot: boolean;
  /** Higher ones stand above lower ones. */
  readonly position: number;
}

/** What permissions in a guild are worked out from, as it was at one moment. */
export interface Access {
  readonly guildId: string;
  readonly ownerId: string;
  /** `bot`: Discord gave it to the account of a bot; no person can have it. The role of everybody has the guild's id. */
  readonly roles: ReadonlyMap<string, RoleAccess>;
  readonly channels: ReadonlyMap<string, ChannelAccess>;
}

/** Somebody with these roles; `userId` null: anybody without overwrites of their own. */
export interface Subject {
  readonly userId: UserId | null;
  readonly roleIds: readonly string[];
}

/** A member, by the roles that they are known to have. */
export function subjectOf(member: GuildMember): Subject {
  return { userId: member.id, roleIds: [...member.roles.cache.keys()] };
}

const { Administrator, Connect, ManageGuild, ManageThreads, ReadMessageHistory, ViewChannel } = PermissionFlagsBits;
const ALL = PermissionsBitField.All;
/** On which reading depends. */
const READING = Administrator | Connect | ManageGuild | ManageThreads | ReadMessageHistory | ViewChannel;
/** Beyond so many kinds of roles nobody works out what people could have: then it counts as not known. */
const MOST_KINDS = 40;
/** Types of channels in which people speak. https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
const VOICE_TYPES: readonly unknown[] = [2, 13];

/** What the library knows of a guild by what the gateway told. */
export function knownAccess(guild: Guild): Access {
  const roles = [...guild.roles.cache.values()].map(
    (role) => [role.id, roleOf(role.permissions.bitfield, role.tags?.botId, role.position)] as const,
  );
  const channels = [...guild.channels.cache.values()].flatMap((channel) =>
    channel.isThread() ? [] : [[channel.id, channelOf(channel)] as const],
  );
  return { guildId: guild.id, ownerId: guild.ownerId, roles: new Map(roles), channels: new Map(channels) };
}

/** A guild as Discord's own answers have it: of GET /guilds/ID/channels and GET /guilds/ID/roles. Throws TypeError for anything else. */
export function answeredAccess(guild: Guild, channels: unknown, roles: unknown): Access {
  if (!Array.isArray(channels) || !Array.isArray(roles)) throw new TypeError('no list of channels and roles');
  return {
    guildId: guild.id,
    ownerId: guild.ownerId,
    roles: new Map(
      roles.map((role) => [
        String(role.id),
        roleOf(BigInt(role.permissions), role.tags?.bot_id, Number(role.position)),
      ]),
    ),
    channels: new Map(
      channels.map(({ id, type, permission_overwrites: overwrites = [] }) => [
        String(id),
        {
          voice: VOICE_TYPES.includes(type),
          overwrites: (overwrites as Record<string, string>[]).map((one) => ({
            id: String(one.id),
            person: Number(one.type) === 1,
            allow: BigInt(one.allow ?? 0),
            deny: BigInt(one.deny ?? 0),
          })),
        },
      ]),
    ),
  };
}

/**
 * What somebody may in the guild, or in a channel of it; nothing in a channel that is not there.
 * https://docs.discord.com/developers/topics/permissions#permission-overwrites
 */
export function permissionsOf(access: Access, { userId, roleIds }: Subject, channelId?: string): bigint {
  if (userId !== null && userId === access.ownerId) return ALL;
  let bits = access.roles.get(access.guildId)?.permissions ?? 0n;
  for (const id of roleIds) bits |= access.roles.get(id)?.permissions ?? 0n;
  if (bits & Administrator) return ALL;
  if (channelId === undefined) return bits;
  const channel = access.channels.get(channelId);
  if (!channel) return 0n;
  const everyone = channel.overwrites.find(({ person, id }) => !person && id === access.guildId);
  if (everyone) bits = (bits & ~everyone.deny) | everyone.allow;
  const ofRoles = channel.overwrites.filter(
    ({ person, id }) => !person && id !== access.guildId && roleIds.includes(id),
  );
  for (const { deny } of ofRoles) bits &= ~deny;
  for (const { allow } of ofRoles) bits |= allow;
  const own = channel.overwrites.find(({ person, id }) => person && id === userId);
  if (own) bits = (bits & ~own.deny) | own.allow;
  if (!(bits & ViewChannel)) return 0n;
  // https://docs.discord.com/developers/topics/permissions#implicit-permissions
  return channel.voice && !(bits & Connect) ? bits & ViewChannel : bits;
}

/** Whether a member has all of these in a channel; a thread counts as its channel. */
export function allows(access: Access, member: GuildMember, channel: GuildBasedChannel, bits: bigint): boolean {
  const id = channel.isThread() ? (channel.parentId ?? channel.id) : channel.id;
  return (permissionsOf(access, subjectOf(member), id) & bits) === bits;
}

/** Whether somebody hears or sees what is told in a channel while it is told. */
export function follows(access: Access, subject: Subject, channelId: string): boolean {
  const bits = permissionsOf(access, subject, channelId);
  return (bits & ViewChannel) !== 0n && (!access.channels.get(channelId)?.voice || (bits & Connect) !== 0n);
}

/** Whether somebody can read what was written in a channel before. */
export function reads(access: Access, subject: Subject, channelId: string): boolean {
  return follows(access, subject, channelId) && (permissionsOf(access, subject, channelId) & ReadMessageHistory) !== 0n;
}

/** Whether somebody may manage the server. */
export function manages(access: Access, subject: Subject): boolean {
  return (permissionsOf(access, subject) & ManageGuild) !== 0n;
}

/** Whether somebody manages a channel's threads, and so sees the private ones. */
export function managesThreads(access: Access, subject: Subject, channelId: string): boolean {
  return (permissionsOf(access, subject, channelId) & ManageThreads) !== 0n;
}

/** On what a test of people depends, beside the channel that they follow. */
export interface Dependence {
  readonly channelIds: readonly string[];
  readonly roleIds: readonly string[];
  readonly userIds: readonly UserId[];
}

/**
 * Whether the test holds for everybody who follows a channel, whoever that is or may come to be: for every set of roles
 * that gives it, and for everybody with an overwrite of their own. False where that cannot be worked out. The test may
 * ask reads(), manages(), and for roles that somebody has; more roles may make it fail only by what a channel denies.
 * `without`: accounts that are no people.
 */
export function holdsForFollowers(
  access: Access,
  channelId: string,
  depends: Dependence,
  test: (subject: Subject) => boolean,
  without: readonly UserId[] = [],
): boolean {
  const channelIds = [...new Set([channelId, ...depends.channelIds])];
  if (!access.channels.has(channelId)) return false;
  const kinds = kindsOfRoles(access, channelIds, depends.roleIds);
  if (kinds.length > MOST_KINDS) return false;
  const own = channelIds.flatMap((id) =>
    (access.channels.get(id)?.overwrites ?? []).flatMap((one) => (one.person ? one.id : [])),
  );
  const users = new Set([...own, ...depends.userIds].filter((id) => !without.includes(id)));
  for (const userId of [null, ...users]) {
    for (const roleIds of fewOf(kinds)) {
      const subject = { userId, roleIds };
      if (follows(access, subject, channelId) && !test(subject)) return false;
    }
  }
  return true;
}

/** A channel, as a guild was at one moment. */
export interface Followed {
  readonly access: Access;
  readonly channelId: string;
}

/**
 * Whether somebody may follow a channel now who could not follow another one, or the same, before: by any set of roles, or
 * by an overwrite of their own. True where that cannot be worked out. What becomes of roles that somebody has counts for
 * nothing: whoever is given the role for a room is meant to be there. `rolesOf`: those that somebody has, where that is known.
 * `without`: accounts that are no people.
 */
export function reachesOthers(
  before: Followed,
  now: Followed,
  { rolesOf, without }: { rolesOf(userId: UserId): readonly string[] | undefined; readonly without: readonly UserId[] },
): boolean {
  if (!now.access.channels.has(now.channelId) || !before.access.channels.has(before.channelId)) return true;
  const kinds = kindsIn([before, now]);
  if (kinds.length > MOST_KINDS) return true;
  const own = [before, now].flatMap(({ access, channelId }) =>
    (access.channels.get(channelId)?.overwrites ?? []).flatMap((one) => (one.person ? one.id : [])),
  );
  const users = new Set(own.filter((id) => !without.includes(id)));
  for (const userId of [null, ...users]) {
    const known = userId === null ? undefined : rolesOf(userId);
    for (const roleIds of known ? [known] : fewOf(kinds)) {
      const subject = { userId, roleIds };
      // Whoever manages the server may read everything anyway.
      if (manages(now.access, subject) || !follows(now.access, subject, now.channelId)) continue;
      if (!follows(before.access, subject, before.channelId)) return true;
    }
  }
  return false;
}

function kindsIn(moments: readonly Followed[]): readonly string[] {
  const ids = new Set(moments.flatMap(({ access }) => [...access.roles.keys()]));
  const kinds = new Map<string, string>();
  for (const id of ids) {
    const kind = moments.flatMap(({ access, channelId }) => {
      const { permissions, bot } = access.roles.get(id) ?? { permissions: 0n, bot: false, position: 0 };
      const own = access.channels.get(channelId)?.overwrites.find((one) => !one.person && one.id === id);
      const everyone = access.roles.get(access.guildId)?.permissions ?? 0n;
      if (bot || id === access.guildId) return [];
      return [permissions & READING & ~everyone, (own?.allow ?? 0n) & READING, (own?.deny ?? 0n) & READING];
    });
    if (kind.some((bits) => bits !== 0n)) kinds.set(kind.join(), id);
  }
  return [...kinds.values()];
}

/** One role of each kind: those of one kind do the same in these channels. */
function kindsOfRoles(access: Access, channelIds: readonly string[], named: readonly string[]): readonly string[] {
  const kinds = new Map<string, string>();
  const everyone = access.roles.get(access.guildId)?.permissions ?? 0n;
  const nothing = [0n, false, ...channelIds.flatMap(() => [0n, 0n])].join();
  for (const [id, { permissions, bot }] of access.roles) {
    if (id === access.guildId || bot) continue;
    const overwrites = channelIds.flatMap((channelId) => {
      const own = access.channels.get(channelId)?.overwrites.find((one) => !one.person && one.id === id);
      return [(own?.allow ?? 0n) & READING, (own?.deny ?? 0n) & READING];
    });
    const kind = [permissions & READING & ~everyone, named.includes(id), ...overwrites].join();
    if (kind !== nothing) kinds.set(kind, id);
  }
  return [...kinds.values()];
}

/**
 * Sets of at most three: one role may let somebody see a channel, one let them connect, and one take something away in
 * another channel. What a larger set shows, one of these shows.
 */
function* fewOf(ids: readonly string[]): Generator<readonly string[]> {
  yield [];
  for (const [at, one] of ids.entries()) {
    yield [one];
    for (const [next, two] of ids.slice(at + 1).entries()) {
      yield [one, two];
      for (const three of ids.slice(at + next + 2)) yield [one, two, three];
    }
  }
}

function roleOf(permissions: bigint, botId: unknown, position: number): RoleAccess {
  return { permissions, bot: botId !== undefined && botId !== null, position };
}

function channelOf(channel: Exclude<GuildBasedChannel, { isThread(): true }>): ChannelAccess {
  const overwrites = 'permissionOverwrites' in channel ? [...channel.permissionOverwrites.cache.values()] : [];
  return {
    voice: channel.isVoiceBased(),
    overwrites: overwrites.map(({ id, type, allow, deny }) => ({
      id,
      person: Number(type) === 1,
      allow: allow.bitfield,
      deny: deny.bitfield,
    })),
  };
}
