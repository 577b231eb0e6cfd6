import { DiscordAPIError, type Guild, PermissionFlagsBits, RESTJSONErrorCodes } from 'discord.js';
import type { Person, UserId } from '../bridge/ports.ts';
import type { Permission, Room } from '../bridge/room-ports.ts';
import { lackingToWrite } from './writing.ts';

/** These are about text; the others about voice. */
const IN_TEXT: ReadonlySet<Permission> = new Set(['ManageMessages', 'CreatePublicThreads']);

/** Who is in a voice channel, from what the gateway told. */
export class GuildRoom implements Room {
  readonly guildId: string;
  /** Follows the bot when a moderator moves it. */
  channelId: string;
  readonly #guild: Guild;
  readonly #textChannelId: () => string;
  readonly #mayHear: (userId: UserId) => boolean;

  /**
   * `textChannelId`: where the transcript goes now; a setting may change it while the room lives. `mayHear`: by default
   * everybody may be heard.
   */
  constructor(options: {
    guild: Guild;
    channelId: string;
    textChannelId: () => string;
    mayHear?: (userId: UserId) => boolean;
  }) {
    this.#guild = options.guild;
    this.guildId = options.guild.id;
    this.channelId = options.channelId;
    this.#textChannelId = options.textChannelId;
    this.#mayHear = options.mayHear ?? (() => true);
  }

  people(): readonly Person[] {
    const here = [...this.#guild.voiceStates.cache.values()].filter((state) => state.channelId === this.channelId);
    return here.flatMap(({ id, member }) =>
      member?.user.bot ? [] : [{ userId: id, name: member?.displayName ?? id }],
    );
  }

  nameOf(userId: UserId): string {
    return this.#guild.members.cache.get(userId)?.displayName ?? userId;
  }

  mayHear(userId: UserId): boolean {
    return this.#mayHear(userId);
  }

  mayWrite(userId: UserId): boolean {
    const channel = this.#guild.channels.cache.get(this.#textChannelId());
    const member = this.#guild.members.cache.get(userId);
    if (!channel?.isTextBased() || !member || member.isCommunicationDisabled()) return false;
    return lackingToWrite(channel, member) === undefined;
  }

  /**
   * Changes of members are told only with a privileged intent, which Parley does without: what the cache holds may be
   * as old as somebody's last move in voice. https://docs.discord.com/developers/events/gateway#list-of-intents
   */
  async refresh(userIds: readonly UserId[]): Promise<void> {
    await Promise.all(userIds.map((user) => this.#refresh(user)));
  }

  rolesOf(userId: UserId): readonly string[] {
    const roles = this.#guild.members.cache.get(userId)?.roles.cache.keys() ?? [];
    return [...roles].filter((id) => id !== this.#guild.id);
  }

  permits(userId: UserId, permission: Permission): boolean {
    const channelId = IN_TEXT.has(permission) ? this.#textChannelId() : this.channelId;
    const channel = this.#guild.channels.cache.get(channelId);
    const member = this.#guild.members.cache.get(userId);
    // Discord takes nearly every permission from somebody who is timed out, but discord.js does not count it in.
    if (!channel || !member || member.isCommunicationDisabled()) return false;
    return channel.permissionsFor(member).has(PermissionFlagsBits[permission]);
  }

  outranks(userId: UserId, otherId: UserId): boolean {
    const { ownerId, members } = this.#guild;
    if (userId === otherId || otherId === ownerId) return false;
    if (userId === ownerId) return true;
    const [one, other] = [members.cache.get(userId), members.cache.get(otherId)];
    return one !== undefined && other !== undefined && one.roles.highest.comparePositionTo(other.roles.highest) > 0;
  }

  async #refresh(user: UserId): Promise<void> {
    try {
      await this.#guild.members.fetch({ user, force: true });
    } catch (error) {
      const gone = error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownMember;
      if (!gone) throw error;
      this.#guild.members.cache.delete(user);
    }
  }
}
