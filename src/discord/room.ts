import type { Guild } from 'discord.js';
import type { Person, Room, UserId } from '../bridge/ports.ts';
import { lackingToWrite } from './writing.ts';

/** Who is in a voice channel, from what the gateway told. */
export class GuildRoom implements Room {
  readonly guildId: string;
  /** Follows the bot when a moderator moves it. */
  channelId: string;
  readonly #guild: Guild;
  readonly #textChannelId: () => string;

  /** `textChannelId`: where the transcript goes now; a setting may change it while the room lives. */
  constructor(options: { guild: Guild; channelId: string; textChannelId: () => string }) {
    this.#guild = options.guild;
    this.guildId = options.guild.id;
    this.channelId = options.channelId;
    this.#textChannelId = options.textChannelId;
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

  mayWrite(userId: UserId): boolean {
    const channel = this.#guild.channels.cache.get(this.#textChannelId());
    const member = this.#guild.members.cache.get(userId);
    if (!channel?.isTextBased() || !member || member.isCommunicationDisabled()) return false;
    return lackingToWrite(channel, member) === undefined;
  }
}
