import type { Json } from '../guild/entities.ts';
import { FormFaults } from './discord-error.ts';

/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type */
export const OptionType = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const;

/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
/** https://docs.discord.com/developers/reference#locales */
const LOCALES = new Set(
  'id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko'.split(
    ' ',
  ),
);
/** The type of the command that starts an application's Activity. */
export const ENTRY_POINT = 4;
/** All names, descriptions and values of one command together. */
const TOTAL_LENGTH = 8000;

/** Throws 50035 with every fault of a list of commands, as a bulk overwrite does. `base`: path of each in the errors. */
export function checkCommands(commands: readonly Json[], base: (index: number) => string): void {
  const faults = new FormFaults();
  const names = new Set<string>();
  commands.forEach((command, index) => {
    const at = base(index);
    checkCommand(command, at, faults);
    const key = `${command?.type ?? 1} ${command?.name}`;
    if (names.has(key))
      faults.add(`${at}.name`, 'APPLICATION_COMMANDS_DUPLICATE_NAME', 'Application command names must be unique');
    names.add(key);
  });
  for (const [type, limit] of [
    [1, 100],
    [2, 15],
    [3, 15],
  ] as const) {
    const count = commands.filter((one) => (one?.type ?? 1) === type).length;
    if (count > limit) faults.add('', 'BASE_TYPE_MAX_LENGTH', `Must be ${limit} or fewer in length.`);
  }
  faults.check();
}

/** Throws 50035 where an entry point command is made for a guild, or a second one at all. */
export function checkScope(commands: readonly Json[], isOfGuild: boolean): void {
  const faults = new FormFaults();
  const entryPoints = commands.flatMap((one, index) => (one?.type === ENTRY_POINT ? [{ one, index }] : []));
  for (const { one, index } of entryPoints) {
    if (isOfGuild) faults.choice(one.type, `${index}.type`, [1, 2, 3]);
    faults.choice(one.handler ?? 1, `${index}.handler`, [1, 2]);
  }
  if (entryPoints.length > 1) faults.add('', 'BASE_TYPE_MAX_LENGTH', 'Must be 1 or fewer in length.');
  faults.check();
}

function checkCommand(command: Json, at: string, faults: FormFaults): void {
  const prefix = at ? `${at}.` : '';
  const type = command?.type ?? 1;
  faults.choice(type, `${prefix}type`, [1, 2, 3, 4]);
  if (type === 1) {
    checkNamed(command, prefix, faults);
    checkOptions(command.options, `${prefix}options`, 0, faults);
    if (lengthOf(command) > TOTAL_LENGTH) {
      faults.add(at, 'APPLICATION_COMMAND_TOO_LARGE', `Command exceeds maximum size (${TOTAL_LENGTH})`);
    }
  } else {
    faults.text(command.name, `${prefix}name`, { min: 1, max: 32, required: true });
    if (command.description && type !== ENTRY_POINT)
      faults.add(
        `${prefix}description`,
        'CONTEXT_MENU_COMMAND_DESCRIPTION_NOT_ALLOWED',
        'Context menu commands cannot have description',
      );
  }
  const permissions = command.default_member_permissions;
  if (permissions !== undefined && permissions !== null && !/^\d+$/.test(String(permissions))) {
    faults.add(`${prefix}default_member_permissions`, 'NUMBER_TYPE_COERCE', `Value "${permissions}" is not int.`);
  }
  faults
    .list(command.contexts, `${prefix}contexts`, 3)
    .forEach((one, index) => void faults.choice(one, `${prefix}contexts.${index}`, [0, 1, 2]));
  faults
    .list(command.integration_types, `${prefix}integration_types`, 2)
    .forEach((one, index) => void faults.choice(one, `${prefix}integration_types.${index}`, [0, 1]));
}

function checkNamed(one: Json, prefix: string, faults: FormFaults): void {
  const names: [value: unknown, path: string][] = [[one.name, `${prefix}name`]];
  for (const [locale, name] of Object.entries(one.name_localizations ?? {})) {
    const path = `${prefix}name_localizations.${locale}`;
    if (!LOCALES.has(locale)) faults.add(path, 'BASE_TYPE_CHOICES', 'Not a valid locale.');
    if (name !== null) names.push([name, path]);
  }
  for (const [name, path] of names) {
    if (!faults.text(name, path, { min: 1, max: 32, required: true })) continue;
    if (!NAME.test(name) || name !== name.toLowerCase())
      faults.add(path, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
  }
  faults.text(one.description, `${prefix}description`, { min: 1, max: 100, required: true });
  for (const [locale, text] of Object.entries(one.description_localizations ?? {})) {
    const path = `${prefix}description_localizations.${locale}`;
    if (!LOCALES.has(locale)) faults.add(path, 'BASE_TYPE_CHOICES', 'Not a valid locale.');
    if (text !== null) faults.text(text, path, { min: 1, max: 100 });
  }
}

// `depth` 0: of the command; 1: of a subcommand or a group; 2: of a group's subcommand.
function checkOptions(options: unknown, at: string, depth: number, faults: FormFaults): void {
  const list = faults.list(options, at, 25);
  const names = new Set<string>();
  const nests = list.some((one) => one?.type <= OptionType.group);
  let optionalSeen = false;
  list.forEach((option, index) => {
    const path = `${at}.${index}`;
    checkNamed(option ?? {}, `${path}.`, faults);
    if (names.has(option?.name))
      faults.add(path, 'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS', 'Option name already exists.');
    names.add(option?.name);
    if (!faults.choice(option?.type, `${path}.type`, Object.values(OptionType))) return;
    if (nests && option.type > OptionType.group) {
      faults.add(
        path,
        'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
        'Sub-command and sub-command group option types are mutually exclusive to all other types',
      );
    }
    if (option.type <= OptionType.group) checkNest(option, path, depth, faults);
    else if (option.required && optionalSeen) {
      faults.add(
        path,
        'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
        'Required options must be placed before non-required options',
      );
    } else optionalSeen ||= !option.required;
    checkValues(option, path, faults);
  });
}

function checkNest(option: Json, path: string, depth: number, faults: FormFaults): void {
  const tooDeep = option.type === OptionType.group ? depth > 0 : depth > 1;
  if (tooDeep)
    faults.add(`${path}.type`, 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-commands cannot be nested this deep');
  const children: Json[] = Array.isArray(option.options) ? option.options : [];
  if (
    option.type === OptionType.group &&
    (children.length === 0 || children.some((one) => one?.type !== OptionType.subcommand))
  ) {
    faults.add(
      `${path}.options`,
      'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
      'A sub-command group must contain sub-commands only',
    );
  }
  if (option.type === OptionType.subcommand && children.some((one) => one?.type <= OptionType.group)) {
    faults.add(
      `${path}.options`,
      'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
      'A sub-command cannot contain sub-commands',
    );
    return;
  }
  checkOptions(option.options, `${path}.options`, depth + 1, faults);
}

function checkValues(option: Json, path: string, faults: FormFaults): void {
  const { type, choices, autocomplete } = option;
  const numeric = type === OptionType.integer || type === OptionType.number;
  if (choices?.length || autocomplete) {
    if (!numeric && type !== OptionType.string) {
      faults.add(path, 'APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID', 'Choices are not allowed on this option type');
    }
    if (choices?.length && autocomplete) {
      faults.add(
        path,
        'APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID',
        'Autocomplete may not be true when choices are present',
      );
    }
  }
  checkChoices(choices, `${path}.choices`, type, faults);
  if (
    numeric &&
    typeof option.min_value === 'number' &&
    option.min_value > (option.max_value ?? Number.POSITIVE_INFINITY)
  ) {
    faults.add(path, 'APPLICATION_COMMAND_OPTION_MIN_VALUE_INVALID', 'The min value must be less than the max value');
  }
  if (type === OptionType.string) {
    if (option.min_length != null) faults.number(option.min_length, `${path}.min_length`, { min: 0, max: 6000 });
    if (option.max_length != null) faults.number(option.max_length, `${path}.max_length`, { min: 1, max: 6000 });
  }
}

/** Rules of choices, of a definition and of an autocomplete result alike: at most 25. */
export function checkChoices(choices: unknown, at: string, type: number, faults: FormFaults): void {
  const names = new Set<string>();
  faults.list(choices, at, 25).forEach((choice, index) => {
    const path = `${at}.${index}`;
    faults.text(choice?.name, `${path}.name`, { min: 1, max: 100, required: true });
    if (names.has(choice?.name))
      faults.add(path, 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS', 'Option choice name already exists');
    names.add(choice?.name);
    if (type === OptionType.string) faults.text(choice?.value, `${path}.value`, { min: 1, max: 100, required: true });
    else if (typeof choice?.value !== 'number')
      faults.add(`${path}.value`, 'NUMBER_TYPE_COERCE', `Value "${choice?.value}" is not a number.`);
  });
}

function lengthOf(one: Json): number {
  const own = String(one.name ?? '').length + String(one.description ?? '').length;
  const choices = (Array.isArray(one.choices) ? one.choices : []) as Json[];
  const options = (Array.isArray(one.options) ? one.options : []) as Json[];
  const ofChoices = choices.reduce(
    (sum, choice) => sum + String(choice?.name).length + String(choice?.value).length,
    0,
  );
  return own + ofChoices + options.reduce((sum, option) => sum + lengthOf(option ?? {}), 0);
}
