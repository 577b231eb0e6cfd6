import { type Client, DiscordAPIError, RESTJSONErrorCodes } from 'discord.js';
import type { Logger } from 'pino';
import type { RegistrationMemory } from '../../ports/registration.ts';
import { CommandScope, isOf, type RegisteredCommand } from './command-scope.ts';

/** One question each: on more servers only those are looked at that the database knows of. */
const MOST_GUILDS = 25;

/** Where commands of ours are looked for that stand beside the registered ones. */
export interface LeftOptions {
  /** The names of the bot's commands. */
  readonly names: readonly string[];
  /** Where they are registered; null: everywhere. */
  readonly guildId: string | null;
  readonly memory?: RegistrationMemory;
}

/** A scope with commands of ours that people see beside those that are registered. */
interface Left {
  readonly scope: CommandScope;
  readonly names: ReadonlySet<string>;
  readonly there: readonly RegisteredCommand[];
  readonly mine: readonly RegisteredCommand[];
}

/** What is told of a scope that cannot be looked at or written; the others go on. */
type Failed = (guildId: string | null, error: unknown) => void;

/** What an earlier setting of DISCORD_GUILD_ID left behind, one scope after another. Never rejects. */
export async function* leftCommands(
  client: Client<true>,
  { names, guildId, memory }: LeftOptions,
  failed: Failed,
): AsyncGenerator<Left> {
  const known = (await memory?.scopes().catch(() => undefined)) ?? [];
  const isKnown = (id: string) => known.includes(new CommandScope(client, id).key);
  const guilds = [...client.guilds.cache.keys()].filter((id) => id !== guildId);
  const looked = guilds.length > MOST_GUILDS ? guilds.filter(isKnown) : guilds;
  for (const id of [...(guildId === null ? [] : [null]), ...looked]) {
    const scope = new CommandScope(client, id);
    const earlier = (await memory?.of(scope.key).catch(() => undefined))?.names ?? [];
    const all = new Set([...names, ...earlier]);
    try {
      const there = await scope.list();
      const mine = there.filter(isOf(all));
      if (mine.length > 0) yield { scope, names: all, there, mine };
    } catch (error) {
      failed(id, error);
    }
  }
}

/** Removes them, until the signal. Never rejects. */
export async function removeLeftCommands(
  client: Client<true>,
  { log, signal, ...options }: LeftOptions & { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const failed: Failed = (guildId, error) => {
    if (signal.aborted) return;
    if (!isMissingAccess(error)) {
      log.warn({ err: error, guildId }, 'could not look for slash commands that stand twice');
      return;
    }
    log.warn(
      { guildId },
      'nobody sees the slash commands on a server: invite the bot there again with the address in the README (scope applications.commands)',
    );
  };
  for await (const { scope, names, there, mine } of leftCommands(client, options, failed)) {
    if (signal.aborted) return;
    const { guildId } = scope;
    try {
      await scope.write({ wanted: [], names, there, log });
      await options.memory?.forget(scope.key).catch(() => {});
      log.info({ guildId, commands: mine.length }, 'slash commands that stood beside the registered ones removed');
    } catch (error) {
      failed(guildId, error);
    }
  }
}

/** Whether the server took the bot without the scope `applications.commands`. */
export function isMissingAccess(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.MissingAccess;
}
