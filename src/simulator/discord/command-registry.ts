import { checkCommands } from './command-rules.ts';
import { refusal } from './discord-error.ts';
import type { Json } from './entities.ts';
import type { Identity } from './identity.ts';

/** A registered command in the form in which Discord gives it back. */
export interface RegisteredCommand extends Json {
  readonly id: string;
  readonly name: string;
  readonly type: number;
}

/** The application's commands: global ones under `''`, a guild's under its id. */
export class CommandRegistry {
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

  /** Replaces all; a command that keeps its name and type keeps its id. Throws 50035. */
  overwrite(scope: string, bodies: unknown): RegisteredCommand[] {
    const list = Array.isArray(bodies) ? (bodies as Json[]) : [];
    checkCommands(list, String);
    const old = this.list(scope);
    const made = list.map((body) =>
      this.#make(scope, body, old.find((one) => one.name === body.name && one.type === (body.type ?? 1))?.id),
    );
    this.#scopes.set(scope, new Map(made.map((one) => [one.id, one])));
    return made;
  }

  /** Adds one, or replaces the one of that name. Throws 50035. */
  put(scope: string, body: Json): RegisteredCommand {
    checkCommands([body], () => '');
    const old = this.list(scope).find((one) => one.name === body.name && one.type === (body.type ?? 1));
    const made = this.#make(scope, body, old?.id);
    this.#scope(scope).set(made.id, made);
    return made;
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
    const usable = this.list('').filter((one) => (one.contexts ?? [0]).includes(0));
    return [...this.list(guildId), ...usable].filter((one) => one.type === 1);
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
    };
  }
}
