import { setTimeout as wait } from 'node:timers/promises';
import { DiscordAPIError, MessageFlags, type REST, RESTJSONErrorCodes, Routes } from 'discord.js';
import { RestRefusal } from '../rest/refusal.ts';
import { verdictOf } from '../rest/verdict.ts';

/** https://docs.discord.com/developers/interactions/receiving-and-responding#responding-to-an-interaction: within 3 seconds. */
const LIMIT_MS = 2_500;
/** Before the second attempt; twice as long before each further one. */
const AGAIN_MS = 150;

/** Whose first response it is; `deferred` is set where Discord took it and the library saw no answer. */
export interface Acknowledged {
  deferred: boolean;
}

/** What belongs to a first response. */
export interface FirstResponse {
  readonly respond: () => Promise<unknown>;
  /** Whether Discord has a response, whatever it answered; asked only where it says that it does not know the interaction. */
  readonly isThere?: () => Promise<boolean>;
}

/**
 * Makes the first response to an interaction, again where its answer is lost or it was kept off on its way: “already
 * acknowledged” after an answer that was lost means that Discord took it. Resolves when it was taken, so that the answer
 * can be edited; rejects with what Discord answered, or with an Error where nobody knows within the three seconds that
 * Discord gives.
 */
export async function acknowledge(interaction: Acknowledged, { respond, isThere }: FirstResponse): Promise<void> {
  const startedAt = performance.now();
  const left = (): number => startedAt + LIMIT_MS - performance.now();
  let isLost = false;
  for (let pauseMs = AGAIN_MS; ; pauseMs *= 2) {
    try {
      await within(respond(), Math.max(left() / 2, AGAIN_MS));
      return;
    } catch (error) {
      if ((isLost && isAlreadyAcknowledged(error)) || (isUnknown(error) && (await isThere?.()))) {
        // The library, which saw no answer, would not let it be edited.
        interaction.deferred = true;
        return;
      }
      const verdict = verdictOf(error);
      isLost ||= verdict === 'lost';
      const mayHelp = verdict === 'lost' || (verdict === 'later' && !(error instanceof RestRefusal));
      if (!mayHelp || left() <= pauseMs) throw error;
    }
    await wait(pauseMs);
  }
}

/** Another process answered it, unless an answer was lost. */
export function isAlreadyAcknowledged(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
}

/** The response that Discord shows, if there is one: “thinking…”, or what took its place. Never rejects. */
export async function shownResponse(
  rest: REST,
  { application, token }: { readonly application: string; readonly token: string },
): Promise<'none' | 'thinking' | 'answered'> {
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const message = await rest.get(Routes.webhookMessage(application, token), { auth: false, signal });
    const { flags = 0 } = message as { readonly flags?: number };
    return (flags & MessageFlags.Loading) === 0 ? 'answered' : 'thinking';
  } catch {
    return 'none';
  }
}

/**
 * Said at times of an interaction whose deferral Discord took, so that “thinking…” stands there:
 * https://github.com/discordjs/discord.js/issues/7005, https://github.com/discord/discord-api-docs/issues/5558
 */
function isUnknown(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownInteraction;
}

async function within(answer: Promise<unknown>, ms: number): Promise<void> {
  const given = new AbortController();
  const late = wait(ms, undefined, { signal: given.signal }).then(() => {
    throw new Error('Discord did not answer.');
  });
  late.catch(() => {});
  answer.catch(() => {});
  try {
    await Promise.race([answer, late]);
  } finally {
    given.abort();
  }
}
