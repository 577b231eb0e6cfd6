import { RESTJSONErrorCodes } from 'discord.js';
import { isOwnSentence } from './own-errors.ts';

/** How deep causes are followed, and how many frames of a stack are kept. */
const DEEPEST = 4;
const FRAMES = 12;
const LONGEST_FOREIGN = 160;
const LONGEST_OWN = 500;
const MOST_FIELDS = 10;

/** An error as a log line may carry it. */
export interface LoggedError {
  readonly type: string;
  /** Ours alone. */
  readonly message?: string;
  readonly code?: string | number;
  readonly [field: string]: unknown;
}

/**
 * What may be written of an error: class, code, status and, where it is ours, its sentence. Errors of others carry their
 * input in every part of them: the words that somebody said in the SQL or the body of a request, an export byte by byte,
 * the token of an interaction in the address. So what is kept is chosen, field by field, and never copied.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, errno, status, method, syscall, param } = error as unknown as Readonly<Record<string, unknown>>;
  const type = nameOf(error);
  return {
    type,
    ...(isOwnSentence(error) && { message: quietly(error.message).slice(0, LONGEST_OWN) }),
    ...(isCode(code) && { code }),
    ...(typeof code === 'number' && isDiscord(error) && { meaning: RESTJSONErrorCodes[code] }),
    ...(typeof errno === 'number' && { errno }),
    ...(typeof status === 'number' && { status }),
    ...(typeof method === 'string' && /^[A-Z]{3,7}$/.test(method) && { method }),
    ...routeOf(error),
    ...(typeof syscall === 'string' && isCode(syscall) && { syscall }),
    ...(typeof param === 'string' && /^[\w.[\]]{1,80}$/.test(param) && { param }),
    ...formOf(error),
    ...(error.cause !== undefined && depth < DEEPEST && { cause: loggedError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && {
      errors: error.errors.slice(0, 3).map((one) => loggedError(one, DEEPEST)),
    }),
    stack: framesOf(error),
  };
}

/**
 * As much of a service's own sentence as says what is wrong, for the log and for people: what it repeats of what it was
 * given stands in quotation marks or brackets, or behind a colon, and is left out from there on. Codes before the
 * sentence stay, also those of an error in JSON; of an address its host.
 */
export function foreignSentence(text: string): string {
  const plain = fromJson(text) ?? text;
  const [codes = ''] = CODES.exec(plain) ?? [];
  const rest = plain
    .slice(codes.length)
    .replace(/\s+/g, ' ')
    .replace(/\b([a-z]+:\/\/)(?:[^\s/@]*@)?([^\s/?#@]+)\S*/gi, '$1$2/…')
    .trim();
  const end = rest.search(REPEATS);
  const kept = end < 0 ? rest : `${rest.slice(0, end).trimEnd()} …`;
  return `${codes}${kept}`.slice(0, LONGEST_FOREIGN).trim();
}

/** Ours before it, `A turn was not written down (2 in a row): `, then `invalid_request_error, string_above_max_length: `, `429: `, `RESOURCE_EXHAUSTED: `, `APIError: `; several in a row. */
const CODES =
  /^(?:[\w ]{1,40} \(\d+ in a row\): )?(?:(?:[a-z]+(?:[_.][a-z0-9]+)+|[A-Z][A-Z_]{3,}|\d{3}|[\w.]{1,40}Error)(?:, |: )){0,3}/;
const REPEATS = /["'`“”„‘«»‹[{<]|\((?!HTTP \d{3}\)|[A-Z]{2,12}\)|\d+ in a row\))|: |=/;

/** The codes and the sentence of an error that came as JSON; undefined: it is none. */
function fromJson(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const whole = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { type, code, status, param, message } = { ...whole, ...(whole.error as object | undefined) };
    const codes = [type, code, status, param].filter((one) => isCode(one) && /[_.\d]|^[A-Z_]+$/.test(String(one)));
    return `${codes.map((one) => `${one}: `).join('')}${typeof message === 'string' ? message : ''}`;
  } catch {
    return undefined;
  }
}

/** Our own sentences may name somebody, always in quotation marks. */
export function quietly(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|“[^”]*”|`[^`]*`/g, '"…"');
}

/** Errors of minified packages have names of one letter, and some set it to what they like. */
function nameOf(error: Error): string {
  const name = error.constructor.name || error.name;
  return /^[\w$]{1,60}$/.test(name) ? name : 'Error';
}

function isCode(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code));
}

function isDiscord(error: Error): boolean {
  return /Discord|HTTPError|RateLimit/.test(nameOf(error));
}

/** The path of a request without what is secret in it: interactions and webhooks have their token there. */
function routeOf(error: Error): { readonly route?: string } {
  const { url } = error as unknown as Readonly<Record<string, unknown>>;
  if (typeof url !== 'string' || !isDiscord(error)) return {};
  const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
  const route = path
    .replace(/\/(webhooks|interactions)\/(\d+)\/[^/]+/, '/$1/$2/:token')
    .replace(/\/reactions\/[^/]+/, '/reactions/:emoji');
  return { route: route.slice(0, 200) };
}

/** Which fields of a form Discord did not take, by their places and its codes: its sentences repeat what was in them. */
function formOf(error: Error): { readonly fields?: readonly string[] } {
  const { rawError } = error as unknown as { readonly rawError?: { readonly errors?: unknown } };
  const fields: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || fields.length >= MOST_FIELDS) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name !== '_errors') walk(inner, /^[\w]{1,40}$/.test(name) ? `${path}.${name}` : `${path}.?`);
      else if (Array.isArray(inner)) {
        const codes = inner.map((one) => (isCode(one?.code) ? one.code : '?'));
        fields.push(`${path.slice(1)}: ${codes.join(', ')}`);
      }
    }
  };
  walk(rawError?.errors, '');
  return fields.length === 0 ? {} : { fields };
}

/** Where it happened: the first lines of a stack are the message. */
function framesOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at [^"']{1,300}$/.test(line));
  return frames
    .slice(0, FRAMES)
    .map((line) => line.trim())
    .join('\n');
}
