import type { ButtonInteraction } from 'discord.js';
import type { Reminder, Reminders } from '../../ports/guild.ts';
import type { MessageButton } from '../../ports/room.ts';

const KIND = 'reminder-end';

/** The button below a reminder that comes again: ends it. */
export function reminderButtons({ id, person }: Pick<Reminder, 'id' | 'person'>): readonly MessageButton[] {
  return [{ id: `${KIND}/${person.userId}/${id}`, label: 'Stop reminding me' }];
}

/** Ends the reminder of whoever presses. Gives the answer for them; undefined: it is another button. */
export async function pressReminder(
  pressed: ButtonInteraction<'cached'>,
  reminders: Pick<Reminders, 'remove'>,
): Promise<string | undefined> {
  const [kind, userId, id] = pressed.customId.split('/');
  if (kind !== KIND) return undefined;
  if (userId !== pressed.user.id) return 'That is the reminder of somebody else. Only they can end it.';
  const removed = await reminders.remove(pressed.guildId, userId, Number(id));
  return removed ? 'I do not remind you of that any more.' : 'That reminder has ended already.';
}
