import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../lib/log.ts';
import { hiding, MASK } from '../lib/secrets.ts';
import { foreignSentence, loggedError, quietly } from './log-error.ts';
import { LogSink, standardOutput } from './log-sink.ts';

/** Field names whose values are never written. `*` is one level of nesting. */
const SECRET_FIELDS = ['token', 'apiKey', 'authorization', 'Authorization', 'api_key', 'password', 'secret', 'headers'];

const foreign = (value: unknown) => (typeof value === 'string' ? foreignSentence(value) : loggedError(value));

/**
 * What fields of a line become, whoever logs them. `err`: an error, chosen field by field. `said`, `warning`, `error`: what
 * a service or a package said. `reason`: a sentence of ours, which may name somebody in quotation marks.
 */
export const serializers = {
  err: (error: unknown) => loggedError(error),
  error: foreign,
  said: foreign,
  warning: foreign,
  reason: (value: unknown) => (typeof value === 'string' ? quietly(value) : value),
};

/** Pino takes the error's own message where a line has none. */
function withOwnSentence(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, sentence, ...rest]: unknown[] = args;
  const error = first instanceof Error ? { err: first } : first;
  const lacks = typeof error === 'object' && error !== null && sentence === undefined;
  method.apply(this, [error, lacks ? 'an error' : sentence, ...rest] as Parameters<LogFn>);
}

/**
 * The process's logger: coloured lines when `pretty`, JSON lines otherwise (default: by whether stdout is a terminal).
 * `redact` holds secret values: they are blanked wherever they turn up in a line, also inside messages and URLs.
 */
export function createLog(options: {
  level: string;
  redact: readonly string[];
  pretty?: boolean;
  destination?: DestinationStream & NodeJS.WritableStream;
}): Log {
  const mask = maskOf(options.redact);
  const isPretty = options.pretty ?? process.stdout.isTTY;
  const plain = options.destination ?? new LogSink(standardOutput());
  const target = isPretty ? prettyStream(options.destination ?? process.stdout) : plain;
  return pino(
    {
      level: options.level,
      base: null,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: MASK },
      hooks: { streamWrite: mask, logMethod: withOwnSentence },
      serializers,
    },
    target,
  );
}

function prettyStream(destination: NodeJS.WritableStream): DestinationStream {
  // In this thread, so that the mask above sees every line and nothing is lost at exit.
  return pretty({ destination, colorize: true, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' });
}

/** Blanks known values in all the spellings that a line may hold, and what looks like a credential anyway. */
function maskOf(secrets: readonly string[]): (line: string) => string {
  const hide = hiding(secrets);
  return (line) =>
    hide(line)
      .replace(/([?&](?:key|api_key|access_token|token)=)[^&\s"'\\]+/gi, `$1${MASK}`)
      .replace(/\b(Bearer|Bot) [\w.~+/=-]{16,}/g, `$1 ${MASK}`);
}
