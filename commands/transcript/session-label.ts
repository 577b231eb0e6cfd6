import type { RecordedConversation } from '../../src/ports/record.ts';
import { compareDays, dayAt, wallTime } from '../../src/time/zones.ts';
import { counted } from '../text.ts';

const DAY_MS = 86_400_000;
/** https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-choice-structure */
const LONGEST = 100;

/**
 * A session as one chooses it: `yesterday 20:14, 43 min, 5 people, Lounge`. Days and clocks are those of `zone`; without
 * one they are UTC's, and it says so.
 */
export function sessionLabel(
  { startedAt, endedAt }: Pick<RecordedConversation, 'startedAt' | 'endedAt'>,
  {
    people,
    channel,
    now,
    zone = null,
  }: { readonly people: number; readonly channel: string; readonly now: number; readonly zone?: string | null },
): string {
  const { hour, minute } = wallTime(startedAt, zone ?? 'UTC');
  const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}${zone === null ? ' UTC' : ''}`;
  const lasted = endedAt === null ? 'still running' : `${lengthText(endedAt - startedAt)}`;
  const who = people === 1 ? '1 person' : `${people} people`;
  const label = `${dayText(startedAt, now, zone ?? 'UTC')} ${clock}, ${lasted}, ${who}, ${channel}`.toWellFormed();
  if (label.length <= LONGEST) return label;
  // No half of a character stays behind.
  return `${label.slice(0, LONGEST - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function dayText(at: number, now: number, zone: string): string {
  const [day, today] = [dayAt(at, zone), dayAt(now, zone)];
  const days = Math.round(compareDays(today, day) / DAY_MS);
  if (days === 0) return 'today';
  if (days === 1) return 'yesterday';
  const year = day.year === today.year ? {} : ({ year: 'numeric' } as const);
  const options = { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', ...year } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(at).replace(',', '');
}

function lengthText(ms: number): string {
  if (ms < 60_000) return counted(Math.round(ms / 1000), 'second');
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
