import {
  type Channel,
  channelPermissions,
  isThread,
  type Member,
  Permission,
  type Role,
  type SimulatedGuild,
} from '@parley/simulator/discord';
import type { Overwrite } from '../../src/discord/guild/access.ts';

/** Words that can be told from all others wherever they turn up, and who may get to know them. */
export interface Token {
  readonly text: string;
  readonly speaker: string;
  /** The voice channel in which they were said. */
  readonly channelId: string;
  /** Where they were posted; undefined: they were said in this conversation, and stand where that was posted then. */
  readonly postedIn: string | undefined;
  /** Where the conversation was when they were said. */
  readonly homes: Set<string>;
}

export const TOKEN = /zq\d+zq/g;

/** A guild as it was at one moment. */
interface Moment {
  readonly at: number;
  readonly guild: { readonly id: string; readonly ownerId: string; readonly roles: ReadonlyMap<string, Role> };
  readonly members: ReadonlyMap<string, Member>;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Who is in which voice channel. */
  readonly places: ReadonlyMap<string, string>;
  readonly silent: ReadonlySet<string>;
}

const { Connect, ReadMessageHistory, SendMessages, ViewChannel } = Permission;
/** What was right so shortly before may be on its way still: the bot asks Discord, and then it takes a while. */
const ON_ITS_WAY_MS = 2_500;

/** Who may do what in a simulated guild, by the guild itself and not by what the bot was told: now, and a moment ago. */
export class Truth {
  readonly #guild: SimulatedGuild;
  readonly #silent = new Set<string>();
  readonly #botId: string;
  #moments: Moment[] = [];

  constructor(guild: SimulatedGuild, botId: string) {
    this.#guild = guild;
    this.#botId = botId;
    this.note();
  }

  /** Something is different from now on. */
  note(): void {
    const guild = this.#guild;
    const now = performance.now();
    this.#moments = this.#moments.filter((_, at) => (this.#moments[at + 1]?.at ?? now) > now - 60_000);
    this.#moments.push({
      at: now,
      guild: structuredClone({ id: guild.id, ownerId: guild.ownerId, roles: guild.roles }),
      members: structuredClone(guild.members),
      channels: structuredClone(guild.channels),
      places: new Map(guild.people.flatMap(({ userId }) => placeOf(guild, userId))),
      silent: new Set(this.#silent),
    });
  }

  /** Somebody opts out or in; note() is to follow. */
  silence(userId: string, silent: boolean): void {
    if (silent) this.#silent.add(userId);
    else this.#silent.delete(userId);
  }

  /** Whether it was right at some moment since `since` (performance.now()), or shortly before now. */
  was(since: number | undefined, such: (moment: Moment) => boolean): boolean {
    const from = since ?? performance.now() - ON_ITS_WAY_MS;
    return this.#moments.some(
      (moment, at) => (this.#moments[at + 1]?.at ?? Number.POSITIVE_INFINITY) >= from && such(moment),
    );
  }

  has(moment: Moment, userId: string, channelId: string, bits: bigint): boolean {
    const member = moment.members.get(userId);
    const channel = moment.channels.get(channelId);
    if (!member || !channel) return false;
    const own = isThread(channel) ? moment.channels.get(channel.parentId ?? '') : channel;
    return own !== undefined && (channelPermissions(moment.guild, member, own) & bits) === bits;
  }

  follows(moment: Moment, userId: string, channelId: string): boolean {
    const isVoice = moment.channels.get(channelId)?.type === 2;
    return this.has(moment, userId, channelId, isVoice ? ViewChannel | Connect : ViewChannel);
  }

  writes(moment: Moment, userId: string, channelId: string): boolean {
    return this.follows(moment, userId, channelId) && this.has(moment, userId, channelId, SendMessages);
  }

  /** Whether somebody may read it in the record. */
  reads(moment: Moment, userId: string, token: Token): boolean {
    const places = [token.channelId, ...(token.postedIn === undefined ? [] : [token.postedIn])];
    return places.every((id) => this.follows(moment, userId, id) && this.has(moment, userId, id, ReadMessageHistory));
  }

  /** Whether everybody who follows these channels may read it in the record; `aloud`: and everybody who is there. */
  allRead(moment: Moment, channelIds: readonly string[], token: Token, aloud: boolean): boolean {
    return [...moment.members.keys()].every((userId) => {
      if (userId === this.#botId) return true;
      const isThere = aloud && channelIds.includes(moment.places.get(userId) ?? '');
      const hears = isThere || channelIds.some((id) => this.follows(moment, userId, id));
      return !hears || this.reads(moment, userId, token);
    });
  }

  /** Whether everybody who follows this channel could also have listened where it was said. */
  allListened(moment: Moment, channelId: string, token: Token): boolean {
    return [...moment.members.keys()].every(
      (userId) =>
        userId === this.#botId ||
        !this.follows(moment, userId, channelId) ||
        this.follows(moment, userId, token.channelId),
    );
  }
}

function placeOf(guild: SimulatedGuild, userId: string): [string, string][] {
  const place = guild.places.of(userId);
  return place ? [[userId, place.channelId]] : [];
}

/** An overwrite as Discord has it. */
export function overwriteOf(
  id: string,
  change: Partial<Pick<Overwrite, 'allow' | 'deny'>>,
): Channel['overwrites'][number] {
  return { id, type: 0, allow: change.allow ?? 0n, deny: change.deny ?? 0n };
}
