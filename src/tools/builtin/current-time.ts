import { z } from 'zod';
import { wallClock } from '../../clock/wall-clock.ts';
import type { PersonTimes } from '../../ports/settings.ts';
import { findZone } from '../../time/places.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';

/** The date and time of a place, without asking anybody. `now` is settable for tests. */
export function currentTime(
  options: { readonly now?: () => Date; readonly times?: Pick<PersonTimes, 'of'> } = {},
): Tool {
  return defineTool({
    name: 'current_time',
    description:
      'Tells the current date and time in a city or time zone. Without a place: where the person or the server is, or in UTC.',
    input: z.object({
      place: z
        .string()
        .trim()
        .max(100)
        .optional()
        .describe('A large city in English, such as "Berlin", or an IANA time zone such as "America/New_York"'),
    }),
    risk: 'read',
    async run({ place }, { room, askers, certain }) {
      const [asker, another] = certain ? askers : [];
      const theirs = await options.times?.of(room.guildId, asker && !another ? asker.userId : null);
      const timeZone = place ? zoneOf(place) : (theirs?.zone ?? 'UTC');
      return describe(options.now?.() ?? new Date(wallClock.now()), timeZone);
    },
  });
}

/** The IANA zone of a city, a country or a zone. Throws ToolError where none is known. */
export function zoneOf(place: string): string {
  const zone = findZone(place);
  if (zone) return zone;
  const what = JSON.stringify(place);
  throw new ToolError(
    `No time zone is known for ${what}. Try a larger city nearby or an IANA zone such as Europe/Berlin.`,
  );
}

function describe(now: Date, timeZone: string) {
  const date = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full' }).format(now);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(now);
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now);
  const offset = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  return { timeZone, date, time, offset: offset.replace('GMT', 'UTC') };
}
