import type { Identity } from '../gateway/identity.ts';
import type { Json } from '../guild/entities.ts';
import { checkCommands, checkScope, ENTRY_POINT } from './command-rules.ts';
import { DiscordError, refusal } from './discord-error.ts';

/** A registered command in the form in which Discord gives it back. */
export interface RegisteredCommand extends Json {
  readonly id: string;
  readonly name: string;
  readonly type: number;
}

/** Commands of new names a day and scope. https://docs.discord.com/developers/interactions/application-commands#registering-a-command */
const CREATES_A_DAY = 200;

/** The application's commands: global ones under `''`, a guild's under its id. */
export class CommandRegistry {
  /** Set in the developer portal: then interactions are sent there, and none comes over the gateway. */
  endpointUrl: string | null = null;
  /** Guilds that took the bot without the scope `applications.commands`. */
  readonly withoutScope = new Set<string>();
  /** What Discord makes of a command that it is asked for, beside its own fields: something new, or something changed. */
  alter: (command: RegisteredCommand) => RegisteredCommand = (command) => command;
  readonly #created = new Map<string, number>();
  readonly #identity: Identity;
  readonly #applicationId: string;
  readonly #scopes = new Map<string, Map<string, RegisteredCommand>>();

  constructor(identity: Identity, applicationId: string) {
    this.#identity = identity;
    this.#applicationId = applicationId;
  }

  list(scope: string): RegisteredCommand[] {
    return [...this.#scope(scope).values()];
  }

  /** Throws Unknown application command. */
  get(scope: string, id: string): RegisteredCommand {
    const found = this.#scope(scope).get(id);
    if (!found) throw refusal('unknownCommand');
    return found;
  }

  /** Commands of new names that were made in this scope; set it to play a day's limit (200) that is used up. */
  created(scope: string, count?: number): number {
    if (count !== undefined) this.#created.set(scope, count);
    return this.#created.get(scope) ?? 0;
  }

  /** What the developer portal makes where somebody switches Activities on. */
  enableActivities(): RegisteredCommand {
    const body = { name: 'launch', type: ENTRY_POINT, handler: 2, contexts: [0, 1, 2], integration_types: [0, 1] };
    const made = this.#make('', body, undefined);
    this.#scope('').set(made.id, made);
    return made;
  }

  /** As a GET gives it: with dictionaries of localizations only where they are asked for. */
  shown(command: RegisteredCommand, query: Readonly<Record<string, string>>): RegisteredCommand {
    const given = this.alter(command);
    return query.with_localizations === 'true' ? given : withoutLocalizations(given);
  }

  /**
   * Replaces all; a command that keeps its name and type, or is named by its id, keeps its id. Throws 50035, 30034, and
   * 50240 where the entry point command is left out.
   */
  overwrite(scope: string, bodies: unknown): RegisteredCommand[] {
    const list = Array.isArray(bodies) ? (bodies as Json[]) : [];
    checkScope(list, scope !== '');
    checkCommands(list, String);
    const old = this.list(scope);
    const isEntryPoint = ({ type }: Json) => type === ENTRY_POINT;
    if (old.some(isEntryPoint) && !list.some(isEntryPoint)) throw refusal('entryPointLeftOut');
    const before = list.map((body) => old.find((one) => one.id === body.id) ?? sameName(old, body));
    this.#count(scope, before.filter((one) => !one).length);
    const made = list.map((body, index) => this.#make(scope, body, before[index]?.id));
    this.#scopes.set(scope, new Map(made.map((one) => [one.id, one])));
    return made.map((one) => this.alter(one));
  }

  /** Adds one, or replaces the one of that name. Throws 50035. */
  put(scope: string, body: Json): RegisteredCommand {
    checkScope([body], scope !== '');
    checkCommands([body], () => '');
    const old = sameName(this.list(scope), body);
    this.#count(scope, old ? 0 : 1);
    const made = this.#make(scope, body, old?.id);
    this.#scope(scope).set(made.id, made);
    return this.alter(made);
  }

  /** Changes one. Throws 50035 and Unknown application command. */
  patch(scope: string, id: string, body: Json): RegisteredCommand {
    const changed = { ...this.get(scope, id), ...body };
    checkCommands([changed], () => '');
    const made = this.#make(scope, changed, id);
    this.#scope(scope).set(id, made);
    return made;
  }

  delete(scope: string, id: string): void {
    this.get(scope, id);
    this.#scope(scope).delete(id);
  }

  /** Chat commands that people of a guild see: the guild's own, then the global ones. */
  visibleIn(guildId: string): RegisteredCommand[] {
    if (this.withoutScope.has(guildId)) return [];
    const usable = this.list('').filter((one) => (one.contexts ?? [0]).includes(0));
    return [...this.list(guildId), ...usable].filter((one) => one.type === 1);
  }

  /** The slash commands of direct messages with the bot. */
  visibleInDirect(): RegisteredCommand[] {
    return this.list('').filter((one) => one.type === 1 && (one.contexts ?? [0, 1]).includes(1));
  }

  #count(scope: string, creates: number): void {
    const total = this.created(scope) + creates;
    if (creates > 0 && total > CREATES_A_DAY) {
      throw new DiscordError(
        400,
        30_034,
        `Max number of daily application command creates has been reached (${CREATES_A_DAY})`,
      );
    }
    this.#created.set(scope, total);
  }

  #scope(scope: string): Map<string, RegisteredCommand> {
    const found = this.#scopes.get(scope) ?? new Map<string, RegisteredCommand>();
    this.#scopes.set(scope, found);
    return found;
  }

  #make(scope: string, body: Json, id: string | undefined): RegisteredCommand {
    const permissions = body.default_member_permissions;
    return {
      id: id ?? this.#identity.entity(),
      application_id: this.#applicationId,
      version: this.#identity.moment(),
      default_member_permissions: permissions === undefined || permissions === null ? null : String(permissions),
      type: body.type ?? 1,
      name: body.name,
      name_localizations: body.name_localizations ?? null,
      description: body.description ?? '',
      description_localizations: body.description_localizations ?? null,
      nsfw: body.nsfw ?? false,
      ...(scope ? { guild_id: scope } : { dm_permission: body.dm_permission ?? true, contexts: body.contexts ?? null }),
      integration_types: body.integration_types ?? [0],
      ...(body.options?.length && { options: body.options }),
      ...(body.handler !== undefined && { handler: body.handler }),
    };
  }
}

function sameName(commands: readonly RegisteredCommand[], body: Json): RegisteredCommand | undefined {
  return commands.find((one) => one.name === body.name && one.type === (body.type ?? 1));
}

// https://docs.discord.com/developers/interactions/application-commands#retrieving-localized-commands
function withoutLocalizations<Part extends Json>({ name_localizations, description_localizations, ...part }: Part) {
  const { options, choices } = part as Json;
  return {
    ...part,
    ...(options && { options: options.map(withoutLocalizations) }),
    ...(choices && { choices: choices.map(withoutLocalizations) }),
  } as unknown as Part;
}
