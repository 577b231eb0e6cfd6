import { RESTJSONErrorCodes as Code, DiscordAPIError, HTTPError } from 'discord.js';
import { RestRefusal } from './refusal.ts';

/**
 * What a failed request means. `lost`: it may have been done, the answer did not come. `later`: it was not done, and may
 * be another time. `place`: nothing is taken there. `content`: this is never taken. `gone`: the message is not there.
 */
export type RestVerdict = 'lost' | 'later' | 'place' | 'content' | 'gone';

const BLOCKED = [
  Code.MessageWasBlockedByAutomaticModeration,
  Code.TitleWasBlockedByAutomaticModeration,
  Code.MessageBlockedByHarmfulLinksFilter,
];

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const BY_CODE: ReadonlyMap<number, RestVerdict> = new Map(
  (
    [
      ['gone', [Code.UnknownMessage]],
      [
        'place',
        [
          Code.UnknownChannel,
          Code.UnknownGuild,
          Code.UnknownWebhook,
          Code.MissingAccess,
          Code.MissingPermissions,
          Code.CannotSendMessagesToThisUser,
          Code.CannotSendMessagesInNonTextChannel,
          Code.CannotExecuteActionOnThisChannelType,
          Code.InvalidActionOnArchivedThread,
          Code.ThreadLocked,
          Code.ChannelVerificationLevelTooHighForYouToGainAccess,
        ],
      ],
      [
        'content',
        [
          ...BLOCKED,
          Code.CannotSendAnEmptyMessage,
          Code.InvalidFormBodyOrContentType,
          Code.RequestBodyContainsInvalidJSON,
          Code.RequestEntityTooLarge,
          Code.ExplicitContentCannotBeSentToTheDesiredRecipient,
        ],
      ],
      [
        'later',
        [
          Code.ActionCannotBePerformedDueToSlowmodeRateLimit,
          Code.ChannelSendRateLimit,
          Code.ServerSendRateLimit,
          Code.MaximumNumberOfEditsToMessagesOlderThanOneHourReached,
          Code.APIResourceOverloaded,
        ],
      ],
    ] as const
  ).flatMap(([verdict, codes]) => codes.map((code) => [code as number, verdict] as const)),
);

/** Statuses that say nothing about what was sent. */
const PASSING: ReadonlySet<number> = new Set([401, 408, 425, 429]);

/** Codes of errors that come before a request is on the wire. */
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What an error of discord.js's REST client means for what was asked. */
export function verdictOf(error: unknown): RestVerdict {
  if (error instanceof DiscordAPIError) {
    const { code, status } = error;
    const known = BY_CODE.get(Number(code));
    if (known) return known;
    if (PASSING.has(status)) return 'later';
    // What says no code is none of Discord's own words, such as a page of the network in front of it.
    if (typeof code !== 'number') return 'later';
    return status === 403 || status === 404 ? 'place' : 'content';
  }
  // Kept back by the client's own limits, so that it was never sent.
  if (error instanceof RestRefusal) return 'later';
  if (error instanceof HTTPError) return 'lost';
  return isUnsent(error) ? 'later' : 'lost';
}

/** Whether the server's own rules about words stand against it. */
export function isBlocked(error: unknown): boolean {
  return error instanceof DiscordAPIError && BLOCKED.some((code) => code === error.code);
}

function isUnsent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (UNSENT.has((at as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}
