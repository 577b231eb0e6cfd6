import type { ButtonInteraction } from 'discord.js';
import type { Reminder, Reminders } from '../../ports/guild.ts';
import type { MessageButton } from '../../ports/room.ts';
import { type ButtonRoutes, buttonId } from './buttons.ts';

/** The button below a reminder that comes again: ends it. */
export function reminderButtons({ id, person }: Pick<Reminder, 'id' | 'person'>): readonly MessageButton[] {
  return [{ id: buttonId('reminder-end', person.userId, String(id)), label: 'Stop reminding me' }];
}

/** What that button does: it ends the reminder of the person who presses, if it is theirs. */
export function reminderRoutes(reminders: Pick<Reminders, 'remove'>): Pick<ButtonRoutes, 'reminder-end'> {
  return { 'reminder-end': { press: (pressed, ...parts) => pressEnd(reminders, pressed, ...parts) } };
}

async function pressEnd(
  reminders: Pick<Reminders, 'remove'>,
  pressed: ButtonInteraction<'cached'>,
  userId?: string,
  id?: string,
): Promise<string> {
  if (userId !== pressed.user.id) return 'That is the reminder of somebody else. Only they can end it.';
  const removed = await reminders.remove(pressed.guildId, userId, Number(id));
  return removed ? 'I do not remind you of that any more.' : 'That reminder has ended already.';
}
