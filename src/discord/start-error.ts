import { DiscordAPIError, HTTPError, RESTJSONErrorCodes } from 'discord.js';

/** The bot cannot work with Discord as it is configured. `message` is one line for the operator that names what to look at. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What an operator does about an error of Discord's REST API or of the way there. `doing`: `log in`, say. */
export function startError(error: unknown, { doing, apiUrl }: { doing: string; apiUrl: string }): StartError {
  if (error instanceof StartError) return error;
  const could = `Could not ${doing}`;
  if (isRefusedToken(error)) {
    return new StartError(
      `${could}: Discord refused DISCORD_TOKEN. Make a new one in the developer portal (Bot → Reset Token).`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof DiscordAPIError) {
    // A server that is not Discord answers 404 to everything, without Discord's error codes.
    const hint = error.code === 0 || error.status === 404 ? ' Is DISCORD_API_URL right?' : '';
    return new StartError(`${could}: Discord answered ${error.status} (${oneLine(error.message)}).${hint}`, {
      cause: error,
    });
  }
  if (error instanceof HTTPError) {
    return new StartError(
      `${could}: Discord answered ${error.status}. Its state: https://discordstatus.com. Try again later.`,
      {
        cause: error,
      },
    );
  }
  return new StartError(
    `${could}: ${apiUrl} cannot be reached (${reasonOf(error)}). Check the network and DISCORD_API_URL.`,
    {
      cause: error,
    },
  );
}

function isRefusedToken(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return error.status === 401;
  // discord.js's own word for an empty token or a 401 of GET /gateway/bot.
  return error instanceof Error && 'code' in error && error.code === 'TokenInvalid';
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
