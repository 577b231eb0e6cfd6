import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Client,
  DiscordAPIError,
  RESTJSONErrorCodes,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Logger } from 'pino';
import { wallClock } from '../../clock/wall-clock.ts';
import type { Registered, RegistrationMemory } from '../../ports/registration.ts';
import { isNoAccess, LoginError, loginError } from '../client/login-error.ts';
import { bitsOnTheWire, CommandScope, isOf, type RegisteredCommand, type SentCommand } from './command-scope.ts';

/** So often a day at most, whatever somebody else makes of the list: each time people see an error for a moment. */
const MOST_A_DAY = 20;
const DAY_MS = 86_400_000;

/** What is registered, and where. */
export interface Deployment {
  readonly commands: readonly { readonly data: { toJSON(): RESTPostAPIChatInputApplicationCommandsJSONBody } }[];
  /** One guild, where new commands appear at once; null: everywhere. */
  readonly guildId: string | null;
  readonly apiUrl: string;
  readonly log: Logger;
  /** Absent: nothing is known of earlier registrations. */
  readonly memory?: RegistrationMemory;
}

/**
 * Registers the commands unless Discord has them already: it allows 200 new ones a day and shows people an error while
 * it takes a new list on. Other commands of the application stay as they are. Rejects with LoginError.
 */
export async function deployCommands(
  client: Client<true>,
  deployment: Deployment,
): Promise<'unchanged' | 'registered'> {
  const { guildId, memory, log } = deployment;
  const scope = new CommandScope(client, guildId);
  const wanted = wantedBy(deployment);
  const known = await memory?.of(scope.key).catch(() => undefined);
  const names = new Set([...wanted.map(({ name }) => name), ...(known?.names ?? [])]);
  const mine = isOf(names);
  try {
    const there = await scope.list();
    if (!isDue(deployment, wanted, there.filter(mine), known)) return 'unchanged';
    const made = await scope.write({ wanted, names, there, log });
    const at = [...lastDay(known), wallClock.now()];
    const registered = { names: [...names], sent: digest(wanted), got: digest(made.filter(mine)), at };
    await memory?.note(scope.key, registered).catch(() => {});
  } catch (error) {
    throw deployError(error, deployment);
  }
  log.info({ commands: wanted.length, guildId }, 'slash commands registered');
  return 'registered';
}

/** Whether Discord has exactly these commands of ours. Rejects with LoginError. */
export async function isDeployed(client: Client<true>, deployment: Deployment): Promise<boolean> {
  const wanted = wantedBy(deployment);
  const mine = isOf(new Set(wanted.map(({ name }) => name)));
  try {
    const there = await new CommandScope(client, deployment.guildId).list();
    return sameCommands(wanted, there.filter(mine), deployment.guildId !== null);
  } catch (error) {
    throw deployError(error, deployment);
  }
}

/** Whether Discord must be told: not where it has what we want, or what it made of the same list before. */
function isDue(
  { guildId, log }: Deployment,
  wanted: readonly SentCommand[],
  mine: readonly RegisteredCommand[],
  known: Registered | undefined,
): boolean {
  if (sameCommands(wanted, mine, guildId !== null)) return false;
  if (known?.sent === digest(wanted) && known.got === digest(mine)) {
    log.debug({ guildId }, 'Discord keeps the slash commands otherwise than they were sent; they are left so');
    return false;
  }
  if (lastDay(known).length < MOST_A_DAY) return true;
  log.warn(
    { guildId, times: MOST_A_DAY },
    'the slash commands were registered too often today and are left as Discord has them: look which other program registers commands with the same token',
  );
  return false;
}

/** A clock that was wrong then, or is now, makes no registration of today. */
function lastDay(known: Registered | undefined): readonly number[] {
  return (known?.at ?? []).filter((at) => Math.abs(wallClock.now() - at) < DAY_MS);
}

function wantedBy({ commands, guildId }: Deployment): SentCommand[] {
  return commands.map((command) => onTheWire(command.data.toJSON(), guildId !== null));
}

function deployError(error: unknown, { guildId, apiUrl }: Deployment): LoginError {
  if (guildId && isNoAccess(error)) {
    return new LoginError(
      `Could not register the slash commands: the bot is not on the server DISCORD_GUILD_ID=${guildId}, or was invited without the scope applications.commands.`,
      { cause: error },
    );
  }
  if (isDailyLimit(error)) {
    return new LoginError(
      'Could not register the slash commands: Discord takes 200 new ones a day, and they are used up.',
      { cause: error },
    );
  }
  return loginError(error, { doing: 'register the slash commands', apiUrl });
}

/** Whether the day's new commands are used up. */
export function isDailyLimit(error: unknown): boolean {
  return (
    error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.MaximumDailyApplicationCommandCreatesReached
  );
}

/** Where a command may be used and who may install it is for global commands only. */
function onTheWire(command: RESTPostAPIChatInputApplicationCommandsJSONBody, isOfGuild: boolean): SentCommand {
  const { default_member_permissions: bits, contexts, integration_types, ...rest } = command;
  return {
    ...rest,
    ...(bits && { default_member_permissions: bitsOnTheWire(bits) }),
    ...(!isOfGuild && { contexts, integration_types }),
  };
}

/** Whether what Discord has registered is what we want, leaving out what Discord adds of its own. Order does not count. */
export function sameCommands(wanted: unknown, registered: unknown, isOfGuild = false): boolean {
  if (!Array.isArray(wanted) || !Array.isArray(registered) || wanted.length !== registered.length) return false;
  const there = new Map(registered.map((command) => [keyOf(command), command]));
  return wanted.every((command) => {
    const other = there.get(keyOf(command));
    // Discord fills these in where they are not said.
    const said = isOfGuild ? [] : GLOBAL.filter((key) => command[key] !== undefined);
    const kept = [...KEPT, ...said];
    return other !== undefined && isDeepStrictEqual(essence(command, kept), essence(other, kept));
  });
}

function digest(commands: readonly object[]): string {
  const essences = commands.map((command) => essence(command as Record<string, unknown>, [...KEPT, ...GLOBAL]));
  const sorted = essences.map((one) => JSON.stringify(one)).toSorted();
  return createHash('sha256').update(sorted.join('\n')).digest('base64url');
}

function keyOf({ type, name }: { readonly type?: number; readonly name: string }): string {
  return `${type ?? 1} ${name}`;
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
    if (!Array.isArray(value)) return isEmpty(value) ? [] : [[key, value] as const];
    if (value.length === 0) return [];
    const isNested = key === 'options' || key === 'choices';
    // Lists of numbers are sets: types of channels, contexts.
    return [[key, isNested ? value.map((inner) => essence(inner, kept)) : value.toSorted()] as const];
  });
  return Object.fromEntries([['type', one.type ?? 1], ...entries]);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
