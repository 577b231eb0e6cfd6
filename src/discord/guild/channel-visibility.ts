import { type AnyThreadChannel, ChannelType, type Client, type Guild, type GuildMember } from 'discord.js';
import type { UserId } from '../../ports/voice.ts';
import {
  type Access,
  follows,
  holdsForFollowers,
  knownAccess,
  manages,
  managesThreads,
  reads,
  type Subject,
  subjectOf,
} from './access.ts';
import { freshAccess } from './fresh-access.ts';
import { presentMember } from './members.ts';

/** A member as far as reading goes. */
export interface KnownReader {
  readonly managesServer: boolean;
  readonly roleIds: readonly string[];
}

/** What it takes to read something, beside managing the server, which is enough. */
interface ReadingNeeds {
  /** Everything that was written in these. */
  readonly channelIds: readonly string[];
  /** One of these roles or people; null: anybody. */
  readonly named: { readonly roleIds: readonly string[]; readonly userIds: readonly UserId[] } | null;
}

/**
 * `now`: Discord is asked. `told`: by what it told last, for a person who is using a command at this moment and of whom it
 * told with that.
 */
export type AsOf = 'now' | 'told';

/** Who of a guild sees what, at one moment. */
export interface Sight {
  /** undefined: no member (any more). */
  reader(userId: UserId): KnownReader | undefined;
  /** The voice channels that there are. */
  readonly voiceChannels: readonly string[];
  /** Whether Discord shows a member what was written in a channel; of a private thread its members are asked for. */
  shows(userId: UserId, channelId: string): Promise<boolean>;
  /** Whether a member may come into a voice channel and hear what is said there. */
  hears(userId: UserId, channelId: string): boolean;
  /**
   * Whether everybody who follows what is told in a channel, in voice or in writing, may read something: whoever that is,
   * by every set of roles that lets them. False where nobody can say.
   */
  everyFollower(channelId: string, needs: ReadingNeeds): Promise<boolean>;
}

/** Who of a guild sees what. */
export class ChannelVisibility {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** `userIds`: who is going to be asked about. Rejects with an Error for people where Discord cannot be asked. */
  async look(guildId: string, userIds: readonly UserId[], asOf: AsOf = 'now'): Promise<Sight> {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) throw new Error('I am not on that server any more.');
    try {
      const fresh = asOf === 'now' ? freshAccess(guild) : undefined;
      const members = await Promise.all(userIds.map((userId) => memberIn(guild, userId, asOf)));
      // A right that only one of both knows of was just given or just taken: in doubt it is not there.
      const accesses = [knownAccess(guild), ...(fresh === undefined ? [] : [await fresh])];
      return new GuildSight(guild, new Map(members.flatMap((one) => (one ? [[one.id, one]] : []))), accesses);
    } catch (cause) {
      throw new Error('I could not ask Discord who may read that now. Try again in a moment.', { cause });
    }
  }
}

class GuildSight implements Sight {
  readonly #guild: Guild;
  readonly #members: ReadonlyMap<UserId, GuildMember>;
  readonly #accesses: readonly Access[];

  constructor(guild: Guild, members: ReadonlyMap<UserId, GuildMember>, accesses: readonly Access[]) {
    this.#guild = guild;
    this.#members = members;
    this.#accesses = accesses;
  }

  reader(userId: UserId): KnownReader | undefined {
    const member = this.#members.get(userId);
    if (!member) return undefined;
    const subject = subjectOf(member);
    return {
      managesServer: this.#accesses.every((access) => manages(access, subject)),
      roleIds: subject.roleIds,
    };
  }

  get voiceChannels(): readonly string[] {
    const [known, ...others] = this.#accesses;
    const ids = [...(known?.channels ?? [])].flatMap(([id, { voice }]) => (voice ? [id] : []));
    return ids.filter((id) => others.every(({ channels }) => channels.has(id)));
  }

  async shows(userId: UserId, channelId: string): Promise<boolean> {
    const member = this.#members.get(userId);
    const place = await this.#placeOf(channelId);
    if (!member || !place) return false;
    const subject = subjectOf(member);
    if (!this.#accesses.every((access) => reads(access, subject, place.channelId))) return false;
    const { thread } = place;
    if (!thread || this.#accesses.every((access) => managesThreads(access, subject, place.channelId))) return true;
    // Who was taken out of a private thread is told to nobody without a privileged intent: the cache is no help.
    const there = await thread.members.fetch({ member: userId, force: true, cache: false }).catch(() => undefined);
    return there !== undefined;
  }

  hears(userId: UserId, channelId: string): boolean {
    const member = this.#members.get(userId);
    return member !== undefined && this.#accesses.every((access) => follows(access, subjectOf(member), channelId));
  }

  async everyFollower(channelId: string, { channelIds, named }: ReadingNeeds): Promise<boolean> {
    const followed = await this.#placeOf(channelId);
    const needed = await Promise.all(channelIds.map((id) => this.#placeOf(id)));
    if (!followed) return false;
    const ids: string[] = [];
    for (const [at, place] of needed.entries()) {
      // Who is in a private thread cannot be told from roles.
      if (!place || (place.thread && channelIds[at] !== channelId)) return false;
      ids.push(place.channelId);
    }
    const { roleIds = [], userIds = [] } = named ?? {};
    const isNamed = (subject: Subject): boolean =>
      named === null ||
      // Everybody has the role of the guild's own id.
      roleIds.includes(this.#guild.id) ||
      (subject.userId !== null && userIds.includes(subject.userId)) ||
      subject.roleIds.some((id) => roleIds.includes(id));
    const depends = { channelIds: ids, roleIds, userIds };
    const bots = this.#guild.members.cache.filter(({ user }) => user.bot).map(({ id }) => id);
    return this.#accesses.every((access) =>
      holdsForFollowers(
        access,
        followed.channelId,
        depends,
        (subject) => manages(access, subject) || (isNamed(subject) && ids.every((id) => reads(access, subject, id))),
        bots,
      ),
    );
  }

  /** The channel whose overwrites count, and the thread where only its members see it; undefined: there is none. */
  async #placeOf(
    channelId: string,
  ): Promise<{ readonly channelId: string; readonly thread: AnyThreadChannel | undefined } | undefined> {
    const { channels } = this.#guild;
    // An archived thread is in no cache.
    const channel = channels.cache.get(channelId) ?? (await channels.fetch(channelId).catch(() => undefined));
    if (!channel) return undefined;
    if (!channel.isThread()) return { channelId, thread: undefined };
    if (channel.parentId === null) return undefined;
    return { channelId: channel.parentId, thread: channel.type === ChannelType.PrivateThread ? channel : undefined };
  }
}

async function memberIn(guild: Guild, userId: UserId, asOf: AsOf): Promise<GuildMember | undefined> {
  const known = asOf === 'told' ? guild.members.cache.get(userId) : undefined;
  return known ?? (await presentMember(guild, userId));
}
