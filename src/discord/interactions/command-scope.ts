import { ApplicationCommandType, type Client, DiscordAPIError, RESTJSONErrorCodes, Routes } from 'discord.js';
import type { Logger } from 'pino';

/** A command as Discord has it, with everything that it says of it. */
export interface RegisteredCommand {
  readonly id: string;
  readonly name: string;
  readonly type?: number;
  readonly [field: string]: unknown;
}

/** A command as it is sent. */
export interface SentCommand {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Slash commands by these names are this bot's; all others of the application are not its business. */
export function isOf(names: ReadonlySet<string>): (command: RegisteredCommand) => boolean {
  return ({ name, type }) =>
    (type ?? ApplicationCommandType.ChatInput) === ApplicationCommandType.ChatInput && names.has(name);
}

/** The application's commands of one guild, or of everywhere (`guildId` null). */
export class CommandScope {
  readonly guildId: string | null;
  readonly #client: Client<true>;

  constructor(client: Client<true>, guildId: string | null) {
    this.#client = client;
    this.guildId = guildId;
  }

  /** Names the scope among those of all applications. */
  get key(): string {
    return `${this.#client.application.id}/${this.guildId ?? ''}`;
  }

  /** Everything that Discord has here. Rejects as the REST client does. */
  async list(): Promise<readonly RegisteredCommand[]> {
    const query = new URLSearchParams({ with_localizations: 'true' });
    const there = await this.#client.rest.get(this.#route, { query });
    return Array.isArray(there) ? there : [];
  }

  /**
   * Makes `wanted` the commands that `names` has here; `there` is what Discord has now, and what is not by these names stays
   * as it is. Gives what Discord then has. Where it refuses the whole, each command is written by itself, and those that are
   * refused cost a line each. Rejects as the REST client does.
   */
  async write(change: {
    readonly wanted: readonly SentCommand[];
    readonly names: ReadonlySet<string>;
    readonly there: readonly RegisteredCommand[];
    readonly log: Pick<Logger, 'error'>;
  }): Promise<readonly RegisteredCommand[]> {
    const { wanted, names, there, log } = change;
    const mine = isOf(names);
    // A bulk overwrite deletes what it does not have, and must have the entry point command (error 50240).
    // https://docs.discord.com/developers/interactions/application-commands#bulk-overwrite-global-application-commands
    const others = there.filter((one) => !mine(one)).map((one) => this.#asItIs(one));
    try {
      return await this.#put([...wanted, ...others]);
    } catch (error) {
      if (!isRefusedBody(error)) throw error;
      const refused = await this.#writeEach(wanted, log);
      if (wanted.length > 0 && refused === wanted.length) throw error;
    }
    const kept = new Set(wanted.map(({ name }) => name));
    for (const { id } of there.filter((one) => mine(one) && !kept.has(one.name))) {
      await this.#client.rest.delete(`${this.#route}/${id}`);
    }
    return this.list();
  }

  get #route(): `/${string}` {
    const { id } = this.#client.application;
    return this.guildId ? Routes.applicationGuildCommands(id, this.guildId) : Routes.applicationCommands(id);
  }

  async #put(body: readonly SentCommand[]): Promise<readonly RegisteredCommand[]> {
    return (await this.#client.rest.put(this.#route, { body })) as readonly RegisteredCommand[];
  }

  /** How many were refused. A command of a name that is there replaces it. */
  async #writeEach(wanted: readonly SentCommand[], log: Pick<Logger, 'error'>): Promise<number> {
    let refused = 0;
    for (const body of wanted) {
      try {
        await this.#client.rest.post(this.#route, { body });
      } catch (error) {
        if (!isRefusedBody(error)) throw error;
        refused += 1;
        log.error(
          { command: body.name, reason: error.message },
          'Discord refuses a slash command; the others are there',
        );
      }
    }
    return refused;
  }

  /** As it is to be sent to stay what it is, with fields that nobody here knows; without those that are Discord's to set. */
  #asItIs(command: RegisteredCommand): SentCommand {
    const { default_member_permissions: bits, ...fields } = command;
    const ofGlobal = this.guildId === null ? [] : ['contexts', 'integration_types', 'dm_permission'];
    const dropped = new Set([...SET_BY_DISCORD, ...ofGlobal]);
    const entries = Object.entries(fields).filter(([key, value]) => value !== null && !dropped.has(key));
    return {
      ...(Object.fromEntries(entries) as { name: string }),
      ...(bits !== null && bits !== undefined && { default_member_permissions: bitsOnTheWire(String(bits)) }),
    };
  }
}

const SET_BY_DISCORD = [
  ...['application_id', 'guild_id', 'version', 'default_permission'],
  ...['name_localized', 'description_localized'],
];

/** The published schema has an integer where builders make a string; Discord takes both. https://github.com/discord/discord-api-spec */
export function bitsOnTheWire(bits: string): number | string {
  return Number.isSafeInteger(Number(bits)) ? Number(bits) : bits;
}

/** Discord will not have this body, whoever sends it again; the limit of a day is another matter. */
function isRefusedBody(error: unknown): error is DiscordAPIError {
  if (!(error instanceof DiscordAPIError) || error.status !== 400) return false;
  return error.code !== RESTJSONErrorCodes.MaximumDailyApplicationCommandCreatesReached;
}
