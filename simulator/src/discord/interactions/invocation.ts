import type { Json } from '../guild/entities.ts';
import type { RegisteredCommand } from '../rest/command-registry.ts';
import { OptionType } from '../rest/command-rules.ts';

/** What a person types as options; ids for users, channels and roles, a choice by its name or value. */
export type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** Finds what an id names in the guild, as it stands under `resolved`; undefined: there is no such thing. */
export interface Resolver {
  user(id: string): { user: Json; member: Json } | undefined;
  channel(id: string): Json | undefined;
  role(id: string): Json | undefined;
}

/** The `data` of INTERACTION_CREATE for a chat command, and what the reply is headed with. */
export interface Invocation {
  readonly command: RegisteredCommand;
  readonly path: string;
  readonly data: Json;
}

/** A command as typed, e.g. `/voice persona`, and the options of what it leads to. Throws an Error as the client would refuse it. */
export function findCommand(
  commands: readonly RegisteredCommand[],
  typed: string,
): { command: RegisteredCommand; path: Json[]; options: Json[] } {
  const [name, ...rest] = typed.trim().replace(/^\//, '').split(/\s+/);
  const command = commands.find((one) => one.name === name);
  if (!command)
    throw new Error(`There is no command /${name}; known: ${commands.map((one) => one.name).join(', ') || 'none'}`);
  const path: Json[] = [];
  let options: Json[] = command.options ?? [];
  while (options.some((one) => one.type <= OptionType.group)) {
    const next = rest.shift();
    const found = options.find((one) => one.name === next);
    if (!found)
      throw new Error(
        `/${name} has no subcommand '${next ?? ''}'; known: ${options.map((one) => one.name).join(', ')}`,
      );
    path.push(found);
    options = found.options ?? [];
  }
  if (rest.length > 0) throw new Error(`/${name} has no subcommand '${rest.join(' ')}'`);
  return { command, path, options };
}

/**
 * Builds a command's data from the registered definition. Throws an Error where Discord's client would not let the
 * person send it. https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-application-command-data-structure
 */
export function invoke(
  commands: readonly RegisteredCommand[],
  typed: string,
  values: OptionValues,
  resolver: Resolver,
): Invocation {
  const { command, path, options } = findCommand(commands, typed);
  for (const name of Object.keys(values)) {
    if (!options.some((one) => one.name === name))
      throw new Error(`/${typed.replace(/^\//, '')} has no option '${name}'`);
  }
  const resolved: Json = {};
  const filled = options.flatMap((option) => {
    const value = values[option.name];
    if (value !== undefined)
      return [{ name: option.name, type: option.type, value: checkValue(option, value, resolver, resolved) }];
    if (option.required) throw new Error(`The option '${option.name}' of /${typed.replace(/^\//, '')} is required`);
    return [];
  });
  return { command, path: nameOf(command, path), data: dataOf(command, path, filled, resolved) };
}

/** Data of an autocomplete request: what is typed so far, unchecked, with one option in focus. */
export function completing(
  commands: readonly RegisteredCommand[],
  typed: string,
  focus: string,
  partial: string,
  values: OptionValues,
): Invocation & { option: Json } {
  const { command, path, options } = findCommand(commands, typed);
  const option = options.find((one) => one.name === focus);
  if (!option?.autocomplete) throw new Error(`/${typed.replace(/^\//, '')} has no option '${focus}' with autocomplete`);
  const filled = options.flatMap((one) => {
    if (one === option) return [{ name: one.name, type: one.type, value: partial, focused: true }];
    const value = values[one.name];
    return value === undefined ? [] : [{ name: one.name, type: one.type, value }];
  });
  return { command, path: nameOf(command, path), data: dataOf(command, path, filled, {}), option };
}

function nameOf(command: RegisteredCommand, path: readonly Json[]): string {
  return [command.name, ...path.map((one) => one.name)].join(' ');
}

function dataOf(command: RegisteredCommand, path: readonly Json[], filled: readonly Json[], resolved: Json): Json {
  const options = path.reduceRight<readonly Json[]>(
    (inner, one) => [{ name: one.name, type: one.type, options: inner }],
    filled,
  );
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(command.guild_id && { guild_id: command.guild_id }),
    ...(options.length > 0 && { options }),
    ...(Object.keys(resolved).length > 0 && { resolved }),
  };
}

function checkValue(
  option: Json,
  value: string | number | boolean,
  resolver: Resolver,
  resolved: Json,
): string | number | boolean {
  if (option.choices?.length) {
    const choice = option.choices.find((one: Json) => one.value === value || one.name === value);
    if (!choice)
      throw new Error(
        `'${value}' is no choice of '${option.name}': ${option.choices.map((one: Json) => one.name).join(', ')}`,
      );
    return choice.value;
  }
  switch (option.type) {
    case OptionType.string:
      return checkText(option, value);
    case OptionType.integer:
    case OptionType.number:
      return checkNumber(option, value);
    case OptionType.boolean:
      if (typeof value !== 'boolean') throw new Error(`'${option.name}' must be true or false`);
      return value;
    default:
      return checkReference(option, String(value), resolver, resolved);
  }
}

function checkText(option: Json, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`'${option.name}' must be text`);
  if (value.length < (option.min_length ?? 1))
    throw new Error(`'${option.name}' needs at least ${option.min_length ?? 1} characters`);
  if (value.length > (option.max_length ?? 6000))
    throw new Error(`'${option.name}' may have at most ${option.max_length ?? 6000} characters`);
  return value;
}

function checkNumber(option: Json, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`'${option.name}' must be a number`);
  if (option.type === OptionType.integer && !Number.isSafeInteger(value))
    throw new Error(`'${option.name}' must be a whole number`);
  if (value < (option.min_value ?? -Infinity)) throw new Error(`'${option.name}' must be at least ${option.min_value}`);
  if (value > (option.max_value ?? Infinity)) throw new Error(`'${option.name}' must be at most ${option.max_value}`);
  return value;
}

function checkReference(option: Json, id: string, resolver: Resolver, resolved: Json): string {
  const missing = () => new Error(`'${option.name}': there is nothing with the id ${id} here`);
  const put = (kind: string, thing: Json) => {
    resolved[kind] = { ...resolved[kind], [id]: thing };
  };
  const kinds = {
    [OptionType.user]: ['user'],
    [OptionType.channel]: ['channel'],
    [OptionType.role]: ['role'],
    [OptionType.mentionable]: ['user', 'role'],
  };
  const wanted = kinds[option.type as keyof typeof kinds];
  if (!wanted) throw new Error(`'${option.name}': options of type ${option.type} are not simulated`);
  const user = wanted.includes('user') ? resolver.user(id) : undefined;
  const role = !user && wanted.includes('role') ? resolver.role(id) : undefined;
  const channel = wanted.includes('channel') ? resolver.channel(id) : undefined;
  if (!user && !role && !channel) throw missing();
  if (user) {
    put('users', user.user);
    put('members', user.member);
  } else if (role) put('roles', role);
  else if (channel) {
    const types: number[] | undefined = option.channel_types;
    if (types?.length && !types.includes(channel.type))
      throw new Error(`'${option.name}' does not take a channel of type ${channel.type}`);
    put('channels', channel);
  }
  return id;
}
