import { DiscordAPIError, HTTPError, RESTJSONErrorCodes } from 'discord.js';
import { RestRefusal, RestTimeout, untilWhen } from '../rest/refusal.ts';

/** Unless DISCORD_API_URL says otherwise. */
const DISCORD_API = 'https://discord.com/api';

/** What a LoginError is made with. */
interface LoginErrorOptions extends ErrorOptions {
  readonly temporary?: boolean;
}

/** The bot cannot work with Discord as it is. `message` is one line for the operator that names what to look at. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  /** It may help to start the bot again later; otherwise somebody has to change something first. */
  readonly temporary: boolean;

  constructor(message: string, { temporary = false, ...options }: LoginErrorOptions = {}) {
    super(message, options);
    this.temporary = temporary;
  }
}

/** Discord does not take the token. */
export function refusedToken(prefix = '', options: LoginErrorOptions = {}): LoginError {
  return new LoginError(
    `${prefix}Discord refused DISCORD_TOKEN. Make a new one in the developer portal (Bot → Reset Token).`,
    options,
  );
}

/** What an operator does about an error of Discord's REST API or of the way there. `doing`: `log in`, say. */
export function loginError(error: unknown, { doing, apiUrl }: { doing: string; apiUrl: string }): LoginError {
  if (error instanceof LoginError) return error;
  const could = `Could not ${doing}`;
  const later = { cause: error, temporary: true };
  if (isRefusedToken(error)) return refusedToken(`${could}: `, { cause: error });
  if (error instanceof RestRefusal) {
    const when = error.waitMs === undefined ? 'in a few minutes' : `then, ${untilWhen(error.waitMs)}`;
    return new LoginError(`${could}: ${error.message} Start the bot again ${when}.`, later);
  }
  if (error instanceof DiscordAPIError && typeof error.code !== 'number' && error.status !== 404) {
    // Discord's own answers have a code. Cloudflare blocks an address for a while; a firewall, until somebody opens it.
    const who = `a server between this machine and Discord refused it (${error.status})`;
    return new LoginError(`${could}: ${who}, such as a proxy, a firewall, or Cloudflare for this address.`, later);
  }
  if (error instanceof DiscordAPIError) {
    // A server that is not Discord answers 404 to everything, without Discord's error codes.
    const hint = error.code === 0 || error.status === 404 ? ' Is DISCORD_API_URL right?' : '';
    return new LoginError(`${could}: Discord answered ${error.status} (${oneLine(error.message)}).${hint}`, {
      cause: error,
    });
  }
  if (error instanceof HTTPError) {
    const state = 'Its state: https://discordstatus.com. Try again later.';
    return new LoginError(`${could}: Discord answered ${error.status}. ${state}`, later);
  }
  if (error instanceof RestTimeout) {
    return new LoginError(`${could}: ${error.message} Check the network and DISCORD_API_URL.`, later);
  }
  if (isOtherServer(error) && apiUrl === DISCORD_API) {
    const who = 'something between this machine and Discord answers in its place';
    return new LoginError(`${could}: ${who}, such as the login page of a network, or a proxy.`, later);
  }
  if (isOtherServer(error)) {
    return new LoginError(`${could}: ${apiUrl} does not answer as Discord does. Is DISCORD_API_URL right?`, {
      cause: error,
    });
  }
  return new LoginError(
    `${could}: ${apiUrl} cannot be reached (${reasonOf(error)}). Check the network and DISCORD_API_URL.`,
    later,
  );
}

function isRefusedToken(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return error.status === 401;
  // discord.js's own word for an empty token or a 401 of GET /gateway/bot.
  return error instanceof Error && 'code' in error && error.code === 'TokenInvalid';
}

/** The library found something else than it read for: no JSON, or without the fields that Discord sends. */
function isOtherServer(error: unknown): boolean {
  return (
    (error instanceof TypeError && error.cause === undefined && !('code' in error)) || error instanceof SyntaxError
  );
}

/** `ECONNREFUSED` and the like; the deepest cause knows best. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return 'code' in error && typeof error.code === 'string' ? error.code : oneLine(error.message);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

/** Whether Discord says that the bot has no access to a guild or channel, or that there is none. */
export function isNoAccess(error: unknown): boolean {
  if (!(error instanceof DiscordAPIError)) return false;
  return error.code === RESTJSONErrorCodes.MissingAccess || error.code === RESTJSONErrorCodes.UnknownGuild;
}
