import { ChannelType, type Client, type GuildMember, PermissionFlagsBits } from 'discord.js';
import type { UserId } from '../bridge/ports.ts';

/** A member as far as reading goes. */
export interface KnownReader {
  readonly managesServer: boolean;
  readonly roleIds: readonly string[];
}

/** Who of a guild sees what, from what the gateway told. */
export class ReadablePlaces {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** undefined: no member (any more). */
  async reader(guildId: string, userId: UserId): Promise<KnownReader | undefined> {
    const member = await this.#member(guildId, userId);
    return (
      member && {
        managesServer: member.permissions.has(PermissionFlagsBits.ManageGuild),
        roleIds: [...member.roles.cache.keys()],
      }
    );
  }

  /** The voice channels that there are now. */
  voiceChannels(guildId: string): readonly string[] {
    const channels = this.#client.guilds.cache.get(guildId)?.channels.cache.values() ?? [];
    return [...channels].flatMap((channel) => (channel.isVoiceBased() ? [channel.id] : []));
  }

  /** Whether Discord shows a member what was written in a channel; for an archived thread it is asked. */
  async shows(guildId: string, userId: UserId, channelId: string): Promise<boolean> {
    const guild = this.#client.guilds.cache.get(guildId);
    const member = await this.#member(guildId, userId);
    if (!guild || !member) return false;
    const channel =
      guild.channels.cache.get(channelId) ?? (await guild.channels.fetch(channelId).catch(() => undefined));
    if (!channel) return false;
    const has = channel.permissionsFor(member);
    if (channel.isVoiceBased() && !has.has(PermissionFlagsBits.Connect)) return false;
    if (channel.type === ChannelType.PrivateThread && !has.has(PermissionFlagsBits.ManageThreads)) {
      const there = channel.members.cache.has(userId) || (await channel.members.fetch(userId).catch(() => undefined));
      if (!there) return false;
    }
    return has.has(PermissionFlagsBits.ViewChannel) && has.has(PermissionFlagsBits.ReadMessageHistory);
  }

  async #member(guildId: string, userId: UserId): Promise<GuildMember | undefined> {
    const guild = this.#client.guilds.cache.get(guildId);
    return guild?.members.cache.get(userId) ?? (await guild?.members.fetch(userId).catch(() => undefined));
  }
}
