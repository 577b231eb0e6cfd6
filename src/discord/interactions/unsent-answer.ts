import { DiscordAPIError, RESTJSONErrorCodes } from 'discord.js';
import type { Logger } from 'pino';

/** The interaction is too old, already answered, or its message is gone: nobody can be told any more. */
const TOO_LATE: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
  RESTJSONErrorCodes.UnknownMessage,
]);

/** Whether Discord takes no answer to this interaction any more. */
export function isTooLate(error: unknown): boolean {
  return error instanceof DiscordAPIError && TOO_LATE.has(error.code);
}

/** Logs that Discord did not take an answer to an interaction. */
export function reportUnsent(
  error: unknown,
  { id, guildId }: { readonly id: string; readonly guildId: string | null },
  log: Pick<Logger, 'debug' | 'warn'>,
): void {
  const fields = { err: error, interactionId: id, guildId };
  const code = error instanceof DiscordAPIError ? error.code : undefined;
  if (code === RESTJSONErrorCodes.UnknownInteraction) {
    // https://github.com/discordjs/discord.js/issues/10752: the code says nothing of its cause.
    log.warn(
      fields,
      'Discord waited 3 s and got no answer: this machine was too busy, or its network too slow; whoever asked read “The application did not respond”',
    );
  } else if (code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged) {
    // Each process answers an interaction once: whoever was first is another one.
    log.warn(
      fields,
      'another process answers with the same token: stop it, or make a new token in the developer portal',
    );
  } else if (isTooLate(error)) log.debug(fields, 'an answer came too late');
  else log.warn(fields, 'an answer could not be sent');
}
