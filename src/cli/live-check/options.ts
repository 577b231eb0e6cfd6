import { parseArgs } from 'node:util';

export const USAGE = `Checks Discord and the model for real, with a second bot that speaks to yours in a test server: docs/live-check.md.

  npm run live-check -- --guild ID --channel ID     the server and an empty voice channel; LIVE_CHECK_TOKEN has the second bot's token
      --providers                every configured provider in turn, not only the first
      --wait-for-commands        at the end of the first, wait until you have typed three commands
      --yes                      begin at once: do not wait 5 s after saying what it costs
      --out FILE                 where the report goes (default out/live-check-report.md)`;

/** What the operator asks for. */
export interface Options {
  readonly guildId: string;
  readonly channelId: string;
  readonly providers: boolean;
  readonly waitForCommands: boolean;
  readonly yes: boolean;
  readonly out: string;
}

const ID = /^\d{15,20}$/;

/** The command line cannot be used. `message` is for the operator. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** 'help' where that is all that is asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = valuesOf(args);
  if (values.help) return 'help';
  return {
    guildId: id(values.guild, '--guild', 'the server, Copy Server ID'),
    channelId: id(values.channel, '--channel', 'the voice channel, Copy Channel ID'),
    providers: values.providers,
    waitForCommands: values['wait-for-commands'],
    yes: values.yes,
    out: values.out,
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parsed(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      guild: { type: 'string' },
      channel: { type: 'string' },
      providers: { type: 'boolean', default: false },
      'wait-for-commands': { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      out: { type: 'string', default: 'out/live-check-report.md' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
}

function id(given: string | undefined, option: string, where: string): string {
  if (given !== undefined && ID.test(given)) return given;
  const what = given === undefined ? 'is missing' : 'must be an id, digits only';
  throw new UsageError(`${option} ${what}: right-click ${where} (Settings → Advanced → Developer Mode shows it).`);
}
