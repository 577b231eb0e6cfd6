import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** What every part of the product logs with: fields first, then a short sentence. */
export type Log = Logger;

/** Field names whose values are never written. `*` is one level of nesting. */
const SECRET_FIELDS = ['token', 'apiKey', 'authorization', 'Authorization', 'api_key', 'password', 'secret', 'headers'];
const MASK = '[redacted]';
/** Shorter values would blank out ordinary words; no real key is that short. */
const SHORTEST_SECRET = 8;

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
  const destination = options.destination ?? process.stdout;
  const mask = maskOf(options.redact);
  const target = (options.pretty ?? process.stdout.isTTY) ? prettyStream(destination) : destination;
  return pino(
    {
      level: options.level,
      base: null,
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: MASK },
      hooks: { streamWrite: mask },
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
  const spellings = secrets
    .filter((value) => value.length >= SHORTEST_SECRET)
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  // The longest first: one spelling may be a part of another.
  const known = [...new Set(spellings)].sort((one, other) => other.length - one.length);
  return (line) => {
    let masked = line;
    for (const value of known) masked = masked.replaceAll(value, MASK);
    return masked
      .replace(/([?&](?:key|api_key|access_token|token)=)[^&\s"'\\]+/gi, `$1${MASK}`)
      .replace(/\b(Bearer|Bot) [\w.~+/=-]{16,}/g, `$1 ${MASK}`);
  };
}
