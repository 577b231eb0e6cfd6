import type { Json } from '../guild/entities.ts';

/**
 * An error as Discord's REST API gives it: `{ message, code, errors? }` under an HTTP status.
 * https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 */
export class DiscordError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: Json | undefined;

  constructor(status: number, code: number, message: string, errors?: Json) {
    super(message);
    this.name = 'DiscordError';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  toJSON(): Json {
    return { message: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

const known = {
  notFound: [404, 0, '404: Not Found'],
  unauthorized: [401, 0, '401: Unauthorized'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownRole: [404, 10011, 'Unknown Role'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  unknownVoiceState: [404, 10065, 'Unknown Voice State'],
  alreadyAcknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  notInVoice: [400, 40032, 'Target user is not connected to voice.'],
  missingAccess: [403, 50001, 'Missing Access'],
  editOfOthers: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  cannotMessage: [403, 50007, 'Cannot send messages to this user'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  wrongChannelType: [400, 50024, 'Cannot execute action on this channel type'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  archivedThread: [400, 50083, 'Thread is archived'],
  entryPointLeftOut: [
    400,
    50240,
    "You cannot remove this app's Entry Point command in a bulk update operation. Please include the Entry Point command in your update request or delete it separately.",
  ],
  malformedBody: [400, 50109, 'The request body contains invalid JSON.'],
} as const satisfies Record<string, readonly [status: number, code: number, message: string]>;

/** One of the errors that have a fixed text. */
export function refusal(name: keyof typeof known): DiscordError {
  const [status, code, message] = known[name];
  return new DiscordError(status, code, message);
}

/** Collects what is wrong with a body; throws 50035 with every fault under its path. https://docs.discord.com/developers/reference#error-messages */
export class FormFaults {
  readonly #errors: Json = {};
  #count = 0;

  /** `path` as in `options.0.name`. Always false, so that a check can end with it. */
  add(path: string, code: string, message: string): false {
    let at = this.#errors;
    for (const key of path.split('.').filter(Boolean)) {
      at[key] ??= {};
      at = at[key];
    }
    at._errors ??= [];
    at._errors.push({ code, message });
    this.#count += 1;
    return false;
  }

  /** Text between two lengths, counted in code points as Discord does. Absent text is left to `required`. */
  text(value: unknown, path: string, length: { min: number; max: number; required?: boolean }): value is string {
    if (value === undefined || value === null) return length.required ? this.required(path) : false;
    if (typeof value !== 'string') return this.add(path, 'STRING_TYPE_CONVERT', 'Could not interpret value as string.');
    const size = [...value].length;
    if (size === 0 && length.min > 0) return this.required(path);
    if (size >= length.min && size <= length.max) return true;
    if (length.min === 0) return this.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${length.max} or fewer in length.`);
    return this.add(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${length.min} and ${length.max} in length.`);
  }

  /** A list of at most `max`. Gives an empty list where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: items of a body from outside
  list(value: unknown, path: string, max: number): readonly any[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.add(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType.');
      return [];
    }
    if (value.length > max) this.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
    return value;
  }

  /** A number between two bounds; `whole` asks for an integer. */
  number(value: unknown, path: string, bounds: { min: number; max: number }): value is number {
    if (!Number.isInteger(value)) return this.add(path, 'NUMBER_TYPE_COERCE', `Value "${value}" is not int.`);
    if ((value as number) < bounds.min)
      return this.add(path, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${bounds.min}.`);
    if ((value as number) > bounds.max)
      return this.add(path, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${bounds.max}.`);
    return true;
  }

  choice(value: unknown, path: string, allowed: readonly unknown[]): boolean {
    if (allowed.includes(value)) return true;
    return this.add(path, 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`);
  }

  required(path: string): false {
    return this.add(path, 'BASE_TYPE_REQUIRED', 'This field is required');
  }

  /** Throws when anything was added. */
  check(): void {
    if (this.#count > 0) throw new DiscordError(400, 50035, 'Invalid Form Body', this.#errors);
  }
}
