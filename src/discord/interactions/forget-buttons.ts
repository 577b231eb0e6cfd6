import type { ButtonInteraction } from 'discord.js';
import type { Log } from '../../lib/log.ts';
import { BusyError } from '../../ports/errors.ts';
import type { Forgotten, OwnRecords } from '../../ports/personal-data.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { UserId } from '../../ports/voice.ts';

const FAILED =
  'My database failed in the middle of it, so some of it is still there. Please press the button again in a few minutes. If that does not help, tell whoever runs me.';
/** On every server of which anything is kept. */
const ALL = 'all';

/** The button below the question of `/privacy forget`. `on`: a server, or `all`, for a direct message. */
export function forgetButton(userId: UserId, on?: { readonly guildId: string; readonly label: string }): MessageButton {
  if (!on) return { id: `privacy-forget/${userId}`, label: 'Delete it for good' };
  return { id: `privacy-forget-on/${userId}/${on.guildId}`, label: on.label };
}

/** The same in a direct message. Whose it is, Discord says: whoever presses can only be forgotten themselves. */
export async function pressForgetOn(
  pressed: ButtonInteraction,
  ownRecords: Pick<OwnRecords, 'forget' | 'guildsOf'>,
  log: Pick<Log, 'error'>,
): Promise<string | undefined> {
  const [kind, userId, where = ''] = pressed.customId.split('/');
  if (kind !== 'privacy-forget-on') return undefined;
  if (userId !== pressed.user.id) return 'That button is not yours. Use `/privacy forget` yourself.';
  // Its BusyError is a sentence for whoever pressed.
  const guilds = where === ALL ? await ownRecords.guildsOf(userId) : [where];
  const forgotten: Forgotten[] = [];
  try {
    for (const guildId of guilds) forgotten.push(await ownRecords.forget(guildId, userId));
  } catch (error) {
    if (error instanceof BusyError) return error.message;
    log.error({ err: error, guildId: guilds[forgotten.length] }, 'somebody could not be forgotten');
    return FAILED;
  }
  return forgottenText(forgotten);
}

/** Forgets whoever presses. Gives the answer for them; undefined: it is another button. */
export async function pressForget(
  pressed: ButtonInteraction<'cached'>,
  ownRecords: Pick<OwnRecords, 'forget'>,
  log: Pick<Log, 'error'>,
): Promise<string | undefined> {
  const [kind, userId] = pressed.customId.split('/');
  if (kind !== 'privacy-forget') return undefined;
  if (userId !== pressed.user.id) return 'That button is not yours. Use `/privacy forget` yourself.';
  try {
    return forgottenText([await ownRecords.forget(pressed.guildId, userId)]);
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
