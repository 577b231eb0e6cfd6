import { z } from 'zod';
import type { Reminder, Reminders } from '../bridge/guild-ports.ts';
import { zoneOf } from './current-time.ts';
import { momentOf } from './moment.ts';
import { soleAsker } from './sole-asker.ts';
import { defineTool, type Tool, ToolError } from './tool.ts';

/** What the tools of reminders work with. `now` is settable for tests. */
export interface ReminderToolsParts {
  readonly reminders: Reminders;
  readonly now?: () => Date;
}

/** Making, listing and cancelling one's own reminders. */
export function reminderTools({ reminders, now = () => new Date() }: ReminderToolsParts): Tool[] {
  const remindMe = defineTool({
    name: 'remind_me',
    description:
      'Reminds the person who asks of something at a time: aloud if they are in this voice channel then, else in ' +
      'writing. It only reminds; it cannot do anything by itself then.',
    input: z.object({
      text: z.string().trim().min(1).max(300).describe('Of what, in the words of the person'),
      when: z
        .string()
        .trim()
        .min(1)
        .max(100)
        .describe('When, in English: "in 20 minutes", "tomorrow at 9:00", "2027-01-05 18:30"'),
      place: z
        .string()
        .trim()
        .max(100)
        .optional()
        .describe('City or IANA zone whose clock is meant; needed for a time of day'),
    }),
    risk: 'write',
    async run({ text, when, place }, context) {
      const person = soleAsker(context);
      const { guildId, channelId } = context.room;
      const timeZone = place ? zoneOf(place) : null;
      const dueAt = momentOf(when, { now: now(), timeZone });
      const made = await reminders.add({ guildId, channelId, person, text, dueAt }).catch(refused);
      return { reminder: made.id, ...told(made, now(), timeZone) };
    },
  });
  const listReminders = defineTool({
    name: 'list_reminders',
    description: 'Lists the reminders of the person who asks, and of nobody else.',
    input: z.object({}),
    risk: 'read',
    async run(_input, context) {
      const mine = await reminders.of(context.room.guildId, soleAsker(context).userId);
      return { reminders: mine.map((one) => ({ reminder: one.id, text: one.text, ...told(one, now(), null) })) };
    },
  });
  const cancelReminder = defineTool({
    name: 'cancel_reminder',
    description: 'Cancels a reminder of the person who asks. The number comes from list_reminders.',
    input: z.object({ reminder: z.int().min(1).describe('Its number') }),
    risk: 'write',
    async run({ reminder }, context) {
      const person = soleAsker(context);
      if (await reminders.remove(context.room.guildId, person.userId, reminder)) return { cancelled: true };
      throw new ToolError(
        `${JSON.stringify(person.name)} has no reminder ${reminder}. list_reminders tells which there are.`,
      );
    },
  });
  return [remindMe, listReminders, cancelReminder];
}

function told({ dueAt }: Reminder, now: Date, timeZone: string | null) {
  const minutes = Math.round((dueAt - now.getTime()) / 60_000);
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timeZone ?? 'UTC',
    dateStyle: 'full',
    timeStyle: 'short',
  });
  return { inMinutes: minutes, at: `${clock.format(dueAt)} ${timeZone ?? 'UTC'}` };
}

function refused(error: unknown): never {
  throw error instanceof RangeError ? new ToolError(error.message) : error;
}
