import { type Guild, type GuildBasedChannel, type GuildMember, PermissionFlagsBits } from 'discord.js';
import type { Permission, Room } from '../../ports/room.ts';
import type { Person, UserId } from '../../ports/voice.ts';
import { type Access, allows } from './access.ts';
import { freshAccess } from './fresh-access.ts';
import { MemberLookup } from './member-lookup.ts';
import { isTimedOut, presentMember } from './members.ts';
import { nameIn, userIn } from './names.ts';
import { lackingToWrite } from './write-permissions.ts';

/** These are about text; the others about voice. */
const IN_TEXT: ReadonlySet<Permission> = new Set(['ManageMessages', 'CreatePublicThreads']);

/** Discord's answer is as good as what the gateway told for this long. Ms. */
const ANSWER_HOLDS_MS = 5_000;

/** Who is in a voice channel, from what the gateway told. */
export class GuildRoom implements Room {
  readonly guildId: string;
  /** Follows the bot when a moderator moves it. */
  channelId: string;
  readonly #guild: Guild;
  readonly #lookup: MemberLookup;
  readonly #textChannelId: () => string;
  readonly #mayHear: (userId: UserId) => boolean;
  readonly #isBot: (userId: UserId) => boolean;
  /** Channels and roles as Discord answered when it was asked last, and when that was (performance.now()). */
  #asked: { readonly access: Access; readonly at: number } | undefined;

  /**
   * `textChannelId`: where the transcript goes now; a setting may change it while the room lives. `mayHear`: by default
   * everybody may be heard. `isBot`: by default whoever Discord says is one.
   */
  constructor(options: {
    guild: Guild;
    channelId: string;
    textChannelId: () => string;
    mayHear?: (userId: UserId) => boolean;
    isBot?: (userId: UserId) => boolean;
  }) {
    this.#guild = options.guild;
    this.#lookup = new MemberLookup(options.guild);
    this.guildId = options.guild.id;
    this.channelId = options.channelId;
    this.#textChannelId = options.textChannelId;
    this.#mayHear = options.mayHear ?? (() => true);
    this.#isBot = options.isBot ?? ((userId) => userIn(this.#guild, userId)?.bot === true);
  }

  people(): readonly Person[] {
    const here = [...this.#guild.voiceStates.cache.values()].filter((state) => state.channelId === this.channelId);
    return here.flatMap(({ id }) => {
      this.#lookup.need(id);
      return this.#isBot(id) ? [] : [{ userId: id, name: nameIn(this.#guild, id) }];
    });
  }

  nameOf(userId: UserId): string {
    this.#lookup.need(userId);
    return nameIn(this.#guild, userId);
  }

  mayHear(userId: UserId): boolean {
    return this.#mayHear(userId);
  }

  isBot(userId: UserId): boolean {
    return this.#isBot(userId);
  }

  mayWrite(userId: UserId): boolean {
    const channel = this.#guild.channels.cache.get(this.#textChannelId());
    const member = this.#guild.members.cache.get(userId);
    if (!channel?.isTextBased() || !member || this.#isBot(userId) || isKeptFromActing(member)) return false;
    const { SendMessages, SendMessagesInThreads } = PermissionFlagsBits;
    const write = channel.isThread() ? SendMessagesInThreads : SendMessages;
    return lackingToWrite(channel, member) === undefined && this.#answered(channel, member, write);
  }

  get textChannelId(): string {
    return this.#textChannelId();
  }

  isSilenced(userId: UserId): boolean {
    const member = this.#guild.members.cache.get(userId);
    // The state holds the mute also of somebody who has left.
    const isMuted = this.#guild.voiceStates.cache.get(userId)?.serverMute === true;
    return isMuted || (member !== undefined && isTimedOut(member));
  }

  isMember(userId: UserId): boolean {
    return this.#guild.members.cache.has(userId);
  }

  async refresh(userIds: readonly UserId[]): Promise<void> {
    const access = freshAccess(this.#guild);
    access.catch(() => {});
    await this.refreshMembers(userIds);
    this.#asked = { access: await access, at: performance.now() };
  }

  async refreshMembers(userIds: readonly UserId[]): Promise<void> {
    await Promise.all(userIds.map((user) => presentMember(this.#guild, user)));
  }

  rolesOf(userId: UserId): readonly string[] {
    if (this.#isBot(userId)) return [];
    const roles = this.#guild.members.cache.get(userId)?.roles.cache.keys() ?? [];
    return [...roles].filter((id) => id !== this.#guild.id);
  }

  permits(userId: UserId, permission: Permission): boolean {
    const channelId = IN_TEXT.has(permission) ? this.#textChannelId() : this.channelId;
    const channel = this.#guild.channels.cache.get(channelId);
    const member = this.#guild.members.cache.get(userId);
    if (!channel || !member || this.#isBot(userId) || isKeptFromActing(member)) return false;
    const bit = PermissionFlagsBits[permission];
    return channel.permissionsFor(member).has(bit) && this.#answered(channel, member, bit);
  }

  outranks(userId: UserId, otherId: UserId): boolean {
    const { ownerId, members } = this.#guild;
    if (userId === otherId || otherId === ownerId || this.#isBot(userId)) return false;
    if (userId === ownerId) return true;
    const [one, other] = [members.cache.get(userId), members.cache.get(otherId)];
    return one !== undefined && other !== undefined && one.roles.highest.comparePositionTo(other.roles.highest) > 0;
  }

  /** Whether Discord's own answer gives a right, too, where it was just asked: the event that takes it may be late. */
  #answered(channel: GuildBasedChannel, member: GuildMember, bit: bigint): boolean {
    if (!this.#asked || performance.now() - this.#asked.at > ANSWER_HOLDS_MS) return true;
    return allows(this.#asked.access, member, channel, bit);
  }
}

/**
 * Discord takes nearly every permission from somebody who is timed out, and from a member who has not passed the server's
 * screening yet; discord.js counts neither in.
 */
function isKeptFromActing(member: GuildMember): boolean {
  return isTimedOut(member) || member.pending;
}
