import type { ButtonInteraction } from 'discord.js';
import type { Log } from '../../lib/log.ts';
import { BusyError } from '../../ports/errors.ts';
import type { Forgotten, OwnRecords } from '../../ports/personal-data.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { UserId } from '../../ports/voice.ts';
import { type ButtonRoutes, buttonId } from './buttons.ts';

const FAILED =
  'My database failed in the middle of it, so some of it is still there. Please press the button again in a few minutes. If that does not help, tell whoever runs me.';
/** On every server of which anything is kept. */
const ALL = 'all';

/** The button below the question of `/privacy forget`. `on`: a server, or `all`, for a direct message. */
export function forgetButton(userId: UserId, on?: { readonly guildId: string; readonly label: string }): MessageButton {
  if (!on) return { id: buttonId('privacy-forget', userId), label: 'Delete it for good' };
  return { id: buttonId('privacy-forget-on', userId, on.guildId), label: on.label };
}

/** What that button does, on a server and in a direct message: it erases what is kept of the person who presses. */
export function forgetRoutes(deps: Deps): Pick<ButtonRoutes, 'privacy-forget' | 'privacy-forget-on'> {
  return {
    'privacy-forget': { press: (pressed, ...parts) => pressForget(deps, pressed, ...parts) },
    'privacy-forget-on': { pressDirectly: (pressed, ...parts) => pressForgetOn(deps, pressed, ...parts) },
  };
}

interface Deps {
  readonly ownRecords: Pick<OwnRecords, 'erase' | 'guildsOf'>;
  readonly log: Pick<Log, 'error'>;
}

/** Whose it is, Discord says: a person who presses can only be erased themselves. */
async function pressForgetOn(
  { ownRecords, log }: Deps,
  pressed: ButtonInteraction,
  userId?: string,
  where = '',
): Promise<string> {
  if (userId !== pressed.user.id) return 'That button is not yours. Use `/privacy forget` yourself.';
  // Its BusyError is a sentence for whoever pressed.
  const guilds = where === ALL ? await ownRecords.guildsOf(userId) : [where];
  const forgotten: Forgotten[] = [];
  try {
    for (const guildId of guilds) forgotten.push(await ownRecords.erase(guildId, userId));
  } catch (error) {
    if (error instanceof BusyError) return error.message;
    log.error({ err: error, guildId: guilds[forgotten.length] }, 'somebody could not be forgotten');
    return FAILED;
  }
  return forgottenText(forgotten);
}

async function pressForget(
  { ownRecords, log }: Deps,
  pressed: ButtonInteraction<'cached'>,
  userId?: string,
): Promise<string> {
  if (userId !== pressed.user.id) return 'That button is not yours. Use `/privacy forget` yourself.';
  try {
    return forgottenText([await ownRecords.erase(pressed.guildId, userId)]);
  } catch (error) {
    if (error instanceof BusyError) return error.message;
    log.error({ err: error, guildId: pressed.guildId }, 'somebody could not be forgotten');
    return FAILED;
  }
}

function forgottenText(forgotten: readonly Forgotten[]): string {
  const gone = forgotten.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
  const posts = forgotten.reduce((sum, one) => sum + one.posts, 0);
  const things = gone === 1 ? 'one thing' : `${gone} things`;
  const edited =
    posts === 0
      ? 'There is no post of mine left to edit.'
      : `I am taking your words out of ${posts === 1 ? 'one post' : `${posts} posts`}; \`/privacy show\` says how far I am.`;
  return `It is done: I kept ${things} of you, and do not any more. ${edited}`;
}
