import { ChannelType, type Client, Events, type Guild } from 'discord.js';
import type { Logger } from 'pino';
import type { UserId } from '../../ports/voice.ts';
import { type Access, knownAccess, reachesOthers } from './access.ts';
import { freshAccess } from './fresh-access.ts';

/** Where a conversation can be followed: its voice channel, and the channel where it is posted. */
type Places = readonly [voiceChannelId: string, textChannelId: string];

/** Where people have rights: a thread has those of its channel. */
interface Reachable {
  readonly channelId: string;
  /** Of those, only its members follow this thread. */
  readonly privateThread: string | undefined;
}

interface Moment {
  readonly access: Access;
  readonly places: readonly Reachable[];
}

/** What a room's reach is made of. */
interface RoomReachDeps {
  readonly client: Client;
  readonly guild: Guild;
  /** As of now. */
  readonly places: () => Places;
  /** Others than before may follow it from now on. */
  readonly grown: () => void;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Notices when others than before may come to hear a conversation or to read it: the bot was moved, another channel was
 * chosen, or a channel or a role was changed. Goes by what the gateway tells, and after a move by Discord's own answer, too.
 * Whoever made it closes it.
 */
export class RoomReach {
  readonly #deps: RoomReachDeps;
  #before: Moment;
  readonly #off: () => void;

  constructor(deps: RoomReachDeps) {
    const { client, guild, places } = deps;
    this.#deps = deps;
    this.#before = { access: knownAccess(guild), places: reachable(guild, places()) };
    const changed = (one: { readonly guild?: Guild }): void => {
      if (one.guild?.id === guild.id) this.look();
    };
    const channelChanged = (_before: unknown, one: object): void => changed(one);
    client.on(Events.ChannelUpdate, channelChanged);
    client.on(Events.GuildRoleUpdate, channelChanged);
    client.on(Events.GuildRoleDelete, changed);
    this.#off = () => {
      client.off(Events.ChannelUpdate, channelChanged);
      client.off(Events.GuildRoleUpdate, channelChanged);
      client.off(Events.GuildRoleDelete, changed);
    };
  }

  /** The bot is somewhere else. */
  moved(): void {
    const before = this.#before;
    if (this.look()) return;
    const { guild, places, grown, log } = this.#deps;
    const there = places();
    // The event that opened the channel may be late.
    freshAccess(guild).then(
      (access) => {
        const now = { access, places: reachable(guild, there) };
        if (same(places(), there) && this.#isMore(before, now)) grown();
      },
      (error: unknown) => {
        log.warn({ err: error, guildId: guild.id }, 'Discord could not be asked who comes into the channel');
        if (same(places(), there)) grown();
      },
    );
  }

  /** Something may have changed. Gives whether others than before may follow. */
  look(): boolean {
    const { guild, places, grown } = this.#deps;
    const before = this.#before;
    const now = { access: knownAccess(guild), places: reachable(guild, places()) };
    this.#before = now;
    const isMore = this.#isMore(before, now);
    if (isMore) grown();
    return isMore;
  }

  /** Idempotent. */
  close(): void {
    this.#off();
  }

  #isMore(before: Moment, now: Moment): boolean {
    const people = peopleOf(this.#deps.guild);
    return now.places.some(({ channelId, privateThread }, at) => {
      const then = before.places[at] ?? { channelId, privateThread };
      if (then.privateThread !== undefined && then.privateThread !== privateThread) return true;
      return reachesOthers({ ...then, access: before.access }, { access: now.access, channelId }, people);
    });
  }
}

function reachable(guild: Guild, places: Places): readonly Reachable[] {
  return places.map((id) => {
    const channel = guild.channels.cache.get(id);
    const thread = channel?.isThread() ? channel : undefined;
    const privateThread = thread?.type === ChannelType.PrivateThread ? id : undefined;
    return { channelId: thread?.parentId ?? id, privateThread };
  });
}

function same(one: Places, other: Places): boolean {
  return one.every((id, at) => id === other[at]);
}

/** Whether everybody who may follow these channels may follow that one, too, by what the gateway told. */
export function isWithin(guild: Guild, places: Places, channelId: string): boolean {
  const access = knownAccess(guild);
  const before = { access, channelId };
  const others = reachable(guild, places).filter((place) => place.channelId !== channelId);
  return others.every((place) => !reachesOthers(before, { access, channelId: place.channelId }, peopleOf(guild)));
}

function peopleOf({ members, client }: Guild) {
  return {
    rolesOf: (userId: UserId) => members.cache.get(userId)?.roles.cache.map(({ id }) => id),
    without: [client.user.id],
  };
}
