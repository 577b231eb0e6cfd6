import type { Gateway } from '../gateway/gateway.ts';
import type { Channel, Json, Member, StoredFile, User } from '../guild/entities.ts';
import type { SimulatedGuild } from '../guild/guild.ts';
import { Permission, type PermissionName } from '../guild/permissions.ts';
import type { Interactions } from '../interactions/interactions.ts';
import type { CommandRegistry } from './command-registry.ts';
import { refusal } from './discord-error.ts';
import type { RestFaults } from './faults.ts';

/** What the bot wrote to somebody directly; `closed`: they take nothing. */
export interface DirectMessages {
  readonly userId: string;
  readonly contents: string[];
  closed: boolean;
}

/** What the routes work on. */
export interface RestWorld {
  readonly token: string;
  readonly bot: User;
  readonly applicationId: string;
  readonly grantedIntents: number;
  readonly guilds: ReadonlyMap<string, SimulatedGuild>;
  readonly users: ReadonlyMap<string, User>;
  readonly commands: CommandRegistry;
  readonly interactions: Interactions;
  readonly gateway: Gateway;
  readonly gatewayUrl: () => string;
  readonly rateFactor: number;
  readonly faults: RestFaults;
  /** Channels to one person each, by their ids. */
  readonly direct: Map<string, DirectMessages>;
  /** The bot left a guild. */
  readonly left: (guild: SimulatedGuild) => void;
}

/** One request on its way through a route. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly files: readonly StoredFile[];
}

/** Answers with JSON under 200, or with 204 where it gives undefined. Throws DiscordError. */
export type Route = (call: Call) => unknown;
/** Adds a route, e.g. `route('GET', '/channels/:channel', …)`. `open`: no bot token is asked for; `status`: instead of 200. */
export type AddRoute = (
  method: string,
  path: string,
  route: Route,
  options?: { open?: boolean; status?: number },
) => void;

/** The guild of a path. Throws Unknown Guild. */
export function guildOf(world: RestWorld, call: Call): SimulatedGuild {
  const guild = world.guilds.get(call.params.guild ?? '');
  if (!guild?.members.has(world.bot.id)) throw refusal('unknownGuild');
  return guild;
}

/** The channel of a path, which the bot must be able to see. Throws Unknown Channel and Missing Access. */
export function channelOf(world: RestWorld, call: Call): { guild: SimulatedGuild; channel: Channel; rights: bigint } {
  for (const guild of world.guilds.values()) {
    const channel = guild.channels.get(call.params.channel ?? '');
    if (!channel) continue;
    if (!guild.members.has(world.bot.id)) throw refusal('missingAccess');
    const rights = guild.permissions(botIn(world, guild), channel);
    if (!(rights & Permission.ViewChannel)) throw refusal('missingAccess');
    return { guild, channel, rights };
  }
  throw refusal('unknownChannel');
}

export function botIn(world: RestWorld, guild: SimulatedGuild): Member {
  return guild.members.get(world.bot.id) as Member;
}

/** Throws Missing Permissions unless the bot has every one of them. */
export function need(rights: bigint, ...names: readonly PermissionName[]): void {
  for (const name of names) if (!(rights & Permission[name])) throw refusal('missingPermissions');
}
