import { isDeepStrictEqual } from 'node:util';
import { type Client, type RESTPostAPIChatInputApplicationCommandsJSONBody, Routes } from 'discord.js';
import type { Logger } from 'pino';
import { isNoAccess, StartError, startError } from './start-error.ts';

/** What is registered, and where. */
export interface Deployment {
  readonly commands: readonly { readonly data: { toJSON(): RESTPostAPIChatInputApplicationCommandsJSONBody } }[];
  /** One guild, where new commands appear at once; null: everywhere. */
  readonly guildId: string | null;
  readonly apiUrl: string;
  readonly log: Logger;
}

/**
 * Registers the commands unless Discord has them already: it allows 200 creations a day and shows people an error while
 * it takes a new list on. Rejects with StartError.
 */
export async function deployCommands(
  client: Client<true>,
  deployment: Deployment,
): Promise<'unchanged' | 'registered'> {
  const { guildId, log } = deployment;
  if (await isDeployed(client, deployment)) return 'unchanged';
  const wanted = wantedBy(deployment);
  await client.rest
    .put(routeOf(client, guildId), { body: wanted })
    .catch((error: unknown) => Promise.reject(deployError(error, deployment)));
  log.info({ commands: wanted.length, guildId }, 'slash commands registered');
  return 'registered';
}

/** Whether Discord has exactly these commands. Rejects with StartError. */
export async function isDeployed(client: Client<true>, deployment: Deployment): Promise<boolean> {
  const query = new URLSearchParams({ with_localizations: 'true' });
  try {
    const there = await client.rest.get(routeOf(client, deployment.guildId), { query });
    return sameCommands(wantedBy(deployment), there, deployment.guildId !== null);
  } catch (error) {
    throw deployError(error, deployment);
  }
}

function wantedBy({ commands, guildId }: Deployment): object[] {
  return commands.map((command) => onTheWire(command.data.toJSON(), guildId !== null));
}

function routeOf(client: Client<true>, guildId: string | null): `/${string}` {
  return guildId
    ? Routes.applicationGuildCommands(client.application.id, guildId)
    : Routes.applicationCommands(client.application.id);
}

function deployError(error: unknown, { guildId, apiUrl }: Deployment): StartError {
  if (guildId && isNoAccess(error)) {
    return new StartError(
      `Could not register the slash commands: the bot is not on the server DISCORD_GUILD_ID=${guildId}, or was invited without the scope applications.commands.`,
      { cause: error },
    );
  }
  return startError(error, { doing: 'register the slash commands', apiUrl });
}

/**
 * The published schema has default_member_permissions as an integer where builders make a string; Discord takes both.
 * Where a command may be used and who may install it is for global commands only. https://github.com/discord/discord-api-spec
 */
function onTheWire(command: RESTPostAPIChatInputApplicationCommandsJSONBody, isOfGuild: boolean): object {
  const { default_member_permissions: bits, contexts, integration_types, ...rest } = command;
  return {
    ...rest,
    ...(bits && { default_member_permissions: Number(bits) }),
    ...(!isOfGuild && { contexts, integration_types }),
  };
}

/** Whether what Discord has registered is what we want, leaving out what Discord adds of its own. Order does not count. */
export function sameCommands(wanted: unknown, registered: unknown, isOfGuild = false): boolean {
  const kept = isOfGuild ? KEPT : [...KEPT, ...GLOBAL];
  return isDeepStrictEqual(essentials(wanted, kept), essentials(registered, kept));
}

function essentials(commands: unknown, kept: readonly string[]): unknown {
  if (!Array.isArray(commands)) return undefined;
  return new Map(commands.map((command) => [`${command.type ?? 1} ${command.name}`, essence(command, kept)]));
}

const KEPT = [
  ...['name', 'description', 'name_localizations', 'description_localizations', 'required', 'choices', 'options'],
  ...['channel_types', 'min_value', 'max_value', 'min_length', 'max_length', 'autocomplete', 'value', 'nsfw'],
  'default_member_permissions',
];
/** Fields that only global commands have. */
const GLOBAL = ['contexts', 'integration_types'];

/** The fields that make a command, an option or a choice what it is; a default counts as absent, as Discord may send it. */
function essence(one: Record<string, unknown>, kept: readonly string[]): Record<string, unknown> {
  const entries = kept.flatMap((key) => {
    const value = one[key];
    if (value === undefined || value === null || value === false) return [];
    if (key === 'default_member_permissions') return [[key, String(value)] as const];
    if (!Array.isArray(value)) return [[key, value] as const];
    if (value.length === 0) return [];
    const isNested = key === 'options' || key === 'choices';
    // Lists of numbers are sets: types of channels, contexts.
    return [[key, isNested ? value.map((inner) => essence(inner, kept)) : value.toSorted()] as const];
  });
  return Object.fromEntries([['type', one.type ?? 1], ...entries]);
}
