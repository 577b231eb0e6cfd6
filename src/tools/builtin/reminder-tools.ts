import { z } from 'zod';
import { wallClock } from '../../clock/wall-clock.ts';
import type { Reminder, Reminders } from '../../ports/guild.ts';
import type { Readers } from '../../ports/reading.ts';
import type { PersonTimes } from '../../ports/settings.ts';
import { repeatWords } from '../../time/repeats.ts';
import { openHere } from '../audience.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';
import { zoneOf } from './current-time.ts';
import { plannedMoment } from './moment.ts';
import { soleAsker } from './sole-asker.ts';

/** What the tools of reminders work with. `now` is settable for tests. */
export interface ReminderToolsParts {
  readonly reminders: Reminders;
  readonly readers: Pick<Readers, 'couldListen'>;
  /** Absent: nobody chose a zone, and nobody's language is known. */
  readonly times?: Pick<PersonTimes, 'of'>;
  readonly now?: () => Date;
}

/** Making, listing and cancelling one's own reminders. */
export function reminderTools({
  reminders,
  readers,
  times,
  now = () => new Date(wallClock.now()),
}: ReminderToolsParts): Tool[] {
  const remindMe = defineTool({
    name: 'remind_me',
    description:
      'Reminds the person who asks of something at a time: aloud if they are in this voice channel then, else in ' +
      'writing; once, or again and again. It only reminds; it cannot do anything by itself then. When the time is not ' +
      'certain, it gives a question for the person: ask it, never guess.',
    input: z.object({
      text: z.string().trim().min(1).max(300).describe('Of what, in the words of the person'),
      when: z
        .string()
        .trim()
        .min(1)
        .max(100)
        .describe(
          'When, as the person said it, or in English: "in 20 minutes", "tomorrow at 9:00", "2027-01-05 18:30", "every ' +
            'day at 9:00", "every weekday at 8:30", "every monday at 18:00"',
        ),
      place: z
        .string()
        .trim()
        .max(100)
        .optional()
        .describe('City or IANA zone whose clock is meant; left out: that of the person or the server'),
    }),
    risk: 'write',
    async run({ text, when, place }, context) {
      const person = soleAsker(context);
      const { guildId, channelId } = context.room;
      const theirs = await times?.of(guildId, person.userId);
      const timeZone = place ? zoneOf(place) : (theirs?.zone ?? null);
      const planned = plannedMoment(when, { now: now(), timeZone, locales: theirs?.locales ?? [] });
      const outside = context.tainted ? { outside: true } : {};
      const wish = { guildId, channelId, person, text, dueAt: planned.at, ...outside };
      const made = await reminders
        .add(planned.kind === 'repeat' ? { ...wish, repeat: planned.repeat } : wish)
        .catch(refused);
      return { reminder: made.id, ...told(made, now(), timeZone) };
    },
  });
  const listReminders = defineTool({
    name: 'list_reminders',
    description: 'Lists the reminders of the person who asks, and of nobody else.',
    input: z.object({}),
    risk: 'read',
    async run(_input, context) {
      const { guildId } = context.room;
      const { userId } = soleAsker(context);
      const mine = await reminders.of(guildId, userId);
      // Whoever types it reads the answer alone.
      const open = context.typed ? mine : await openHere(mine, readers, context);
      const others = mine.length - open.length;
      const zone = (await times?.of(guildId, userId))?.zone ?? null;
      if (open.some(({ outside }) => outside)) context.outsideFound?.();
      return {
        reminders: open.map((one) => ({ reminder: one.id, text: one.text, ...told(one, now(), zone) })),
        ...(others > 0 && { others, note: ELSEWHERE }),
      };
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

const ELSEWHERE =
  'The others were made where not everybody could listen who can here. /reminders list shows them to that person alone.';

/** `at`: words to say; `due`: what a card shows as everybody's own time. */
function told({ dueAt, repeat }: Reminder, now: Date, timeZone: string | null) {
  const minutes = Math.round((dueAt - now.getTime()) / 60_000);
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timeZone ?? 'UTC',
    dateStyle: 'full',
    timeStyle: 'short',
  });
  return {
    inMinutes: minutes,
    at: `${clock.format(dueAt)} ${timeZone ?? 'UTC'}`,
    due: new Date(dueAt).toISOString(),
    ...(repeat && { repeated: repeatWords(repeat) }),
  };
}

function refused(error: unknown): never {
  throw error instanceof RangeError ? new ToolError(error.message) : error;
}
