import type { SlashCommandSubcommandBuilder } from 'discord.js';
import { findZone, proposedZones } from '../../src/time/places.ts';
import { wallTime } from '../../src/time/zones.ts';
import type { Asked, Choice, CommandContext } from '../command.ts';
import { plain } from '../text.ts';
import { change } from './settings-text.ts';

/** What people type to have none. */
const NO_ZONE = 'none';

/** `/voice timezone`. */
export function timezoneOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('timezone')
    .setDescription('Whose clocks and days count on this server')
    .addStringOption((option) =>
      option
        .setName('zone')
        .setDescription('A city or a time zone, such as Berlin or America/New_York; none takes it away')
        .setRequired(true)
        .setMaxLength(100)
        .setAutocomplete(true),
    );
}

/** Zones that have what was typed in their names, with the time that it is there. */
export function zoneChoices(typed: string, now: number): readonly Choice[] {
  const zones = proposedZones(typed).slice(0, 24);
  const choices = zones.map((zone) => ({ name: `${zone} (${clockIn(zone, now)} now)`, value: zone }));
  return NO_ZONE.startsWith(typed.trim().toLowerCase()) ? [...choices, { name: NO_ZONE, value: NO_ZONE }] : choices;
}

/** Sets the server's zone. */
export async function setTimezone(asked: Asked, context: CommandContext): Promise<string> {
  const typed = asked.options.getString('zone', true).trim();
  const timeZone = zoneTyped(typed);
  if (timeZone === undefined) return unknownZone(typed);
  return change(asked, context, { timeZone }, () => zoneWords(timeZone, context.clock.now()));
}

/** The zone that somebody typed; null: none; undefined: it is no zone. */
export function zoneTyped(typed: string): string | null | undefined {
  return typed.toLowerCase() === NO_ZONE ? null : findZone(typed);
}

/** What somebody reads who typed no zone. */
export function unknownZone(typed: string): string {
  return `I know no time zone of “${plain(typed, 60)}”. Type a large city nearby, or a zone such as \`Europe/Berlin\`. Nothing was changed.`;
}

function zoneWords(zone: string | null, now: number): string {
  if (zone === null) return 'This server has no time zone now: I ask for one where a time of day is meant.';
  return `Times and days on this server are those of **${zone}**, where it is ${clockIn(zone, now)} now.`;
}

/** `14:05`. */
export function clockIn(zone: string, now: number): string {
  const { hour, minute } = wallTime(now, zone);
  return `${hour}:${String(minute).padStart(2, '0')}`;
}
