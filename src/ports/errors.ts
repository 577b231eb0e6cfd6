import { fileURLToPath } from 'node:url';

/**
 * Why a session could not be had or was lost; decides what people are told and whether trying again makes sense. `quota`:
 * what the account may use is used up. `limit`: too much at once, which passes.
 */
export type SessionLossKind =
  | 'authentication'
  | 'quota'
  | 'limit'
  | 'unknown-model'
  | 'invalid-request'
  | 'no-answer'
  | 'expired'
  | 'network'
  | 'provider';

/** The model's connection failed or ended against our will. `message` is for people: no key, no URL, no stack. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
  readonly kind: SessionLossKind;
  /** Whether it passes by itself. A verdict, such as a rejected key, does not. */
  readonly retryable: boolean;
  /** When the service wants to be asked again, as it said; whoever waits sets a limit. */
  readonly retryAfterMs: number | undefined;
  constructor(
    kind: SessionLossKind,
    message: string,
    options: { retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The bot's place in the voice channel could not be had or was lost. `message` is for people. */
export class LineLostError extends Error {
  override readonly name = 'LineLostError';
  readonly retryable: boolean;
  /** There are as many conversations as there may be. */
  readonly noRoom: boolean;
  constructor(message: string, options: { retryable: boolean; noRoom?: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.noRoom = options.noRoom ?? false;
  }
}

/** A conversation was called off before it began. `message` is for whoever asked for it. */
export class CalledOffError extends Error {
  override readonly name = 'CalledOffError';
}

/** Too much of it was asked for at a time. `message` is a sentence for people. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** A text model did not write what it should. `message` is a sentence for people. */
export class WritingFailedError extends Error {
  override readonly name = 'WritingFailedError';
}

/** A message that was posted can never be edited again: it, its channel or its thread is gone or closed. `message` is for people. */
export class MessageGoneError extends Error {
  override readonly name = 'MessageGoneError';
}

/** A place takes nothing from the bot any more: it is gone, closed, or forbidden. `message` is for people. */
export class PlaceRefusedError extends Error {
  override readonly name = 'PlaceRefusedError';
}

/** This text, with its files and buttons, is never taken, however often it is sent; others are. `message` is for people. */
export class ContentRefusedError extends Error {
  override readonly name = 'ContentRefusedError';
}

/** It was asked for, and nobody knows whether it was done. `message` is for people. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError';
}

/**
 * The message of an error where it is a sentence of ours for people; else `otherwise`. What a package or the runtime threw
 * repeats what it was given: a request's body, a statement with what somebody said.
 */
export function wordsOf(error: unknown, otherwise: string): string {
  return isOurs(error) ? error.message : otherwise;
}

/** Our classes stand in our files; a plain Error without a code that our files or a tool's made is one that a port promised. */
function isOurs(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code, errno, status } = error as unknown as Readonly<Record<string, unknown>>;
  if (code !== undefined || errno !== undefined || status !== undefined) return false;
  return error.constructor === Error ? !isOfPackage(error) : OURS.has(error.constructor.name);
}

/** Where this bot is; it may itself stand below a node_modules. */
const HOME = new URL('../..', import.meta.url);

/** Whether a package or the runtime made it: what they say repeats what they were given. */
function isOfPackage({ stack = '', message }: Error): boolean {
  const from = message === '' ? 0 : stack.indexOf(message) + message.length;
  const [first] = stack.slice(from).match(/^ {4}at .*$/m) ?? [];
  if (first === undefined) return true;
  const place = first.replace(HOME.href, '').replace(fileURLToPath(HOME), '');
  return /[\\/]?node_modules[\\/]|\bnode:|\(native\)|<anonymous>\)?$/.test(place);
}

const OURS: ReadonlySet<string> = new Set([
  'AnswerLostError',
  'BusyError',
  'CalledOffError',
  'ContentRefusedError',
  'DatabaseTrouble',
  'LineLostError',
  'MessageGoneError',
  'PlaceRefusedError',
  'RestRefusal',
  'RestTimeout',
  'SessionLostError',
  'StoreError',
  'ToolError',
  'WritingFailedError',
]);

/** The environment cannot be used. `message` has one line per problem, each naming the variable and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
