import type { Reminder } from '../src/ports/guild.ts';
import { repeatWords } from '../src/time/repeats.ts';
import type { Asked, Command, CommandAnswer, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { plain } from './text.ts';
import { clockIn, unknownZone, zoneChoices, zoneTyped } from './voice/timezone.ts';

const SHOWN = 60;
/** Discord's limit of a row; `/reminders delete` ends the others. */
const MOST_BUTTONS = 5;

/** One's own reminders. */
export const reminders: Command = {
  data: guildCommand('reminders', 'What I am to remind you of')
    .addSubcommand((sub) => sub.setName('list').setDescription('Show your reminders, the next first'))
    .addSubcommand((sub) =>
      sub
        .setName('delete')
        .setDescription('Cancel one of your reminders')
        .addIntegerOption((option) =>
          option.setName('reminder').setDescription('Which one').setRequired(true).setMinValue(1).setAutocomplete(true),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('timezone')
        .setDescription('Whose clock you mean, where it is not that of this server')
        .addStringOption((option) =>
          option
            .setName('zone')
            .setDescription('A city or a time zone, such as Berlin or America/New_York; none: that of the server')
            .setRequired(true)
            .setMaxLength(100)
            .setAutocomplete(true),
        ),
    ),

  async execute(asked, context) {
    switch (asked.options.getSubcommand()) {
      case 'delete':
        return remove(asked, context);
      case 'timezone':
        return setZone(asked, context);
      default:
        return list(asked, context);
    }
  },

  async autocomplete(typing, context) {
    if (typing.options.getSubcommand() === 'timezone') {
      return zoneChoices(typing.options.getFocused(), context.clock.now());
    }
    const part = typing.options.getFocused().toLowerCase();
    const mine = await context.reminders.of(typing.guildId, typing.user.id);
    return mine
      .filter(({ id, text }) => `${id} ${text}`.toLowerCase().includes(part))
      .map(({ id, text }) => ({ name: `${id}: ${text}`.slice(0, 100).toWellFormed(), value: id }));
  },
};

async function list(asked: Asked, { reminders, reminderButtons }: CommandContext): Promise<CommandAnswer> {
  const mine = await reminders.of(asked.guildId, asked.user.id);
  if (mine.length === 0) return 'You have no reminders here. Say “remind me …” while I am in your voice channel.';
  const lines = [...mine.map(line), 'Cancel one with `/reminders delete`.'];
  const content = lines.join('\n').slice(0, 2_000);
  const buttons = mine
    .filter(({ repeat }) => repeat)
    .slice(0, MOST_BUTTONS)
    .flatMap((one) => reminderButtons(one).map(({ id }) => ({ id, label: `Stop ${one.id}` })));
  return buttons.length === 0 ? content : { content, files: [], buttons };
}

function line({ id, text, dueAt, repeat }: Reminder): string {
  const at = Math.floor(dueAt / 1000);
  const again = repeat ? `, ${repeatWords(repeat)}` : '';
  return `**${id}** <t:${at}:R>${again}: ${plain(text, SHOWN)}`;
}

async function remove(asked: Asked, { reminders }: CommandContext): Promise<string> {
  const id = asked.options.getInteger('reminder', true);
  const removed = await reminders.remove(asked.guildId, asked.user.id, id);
  return removed ? `Reminder ${id} is cancelled.` : `You have no reminder ${id}. \`/reminders list\` shows yours.`;
}

async function setZone(asked: Asked, { times, clock }: CommandContext): Promise<string> {
  const { guildId, user } = asked;
  const typed = asked.options.getString('zone', true).trim();
  const zone = zoneTyped(typed);
  if (zone === undefined) return unknownZone(typed);
  await times.choose(guildId, user.id, zone);
  if (zone !== null) {
    return `When you say a time here, I take it as **${zone}**, where it is ${clockIn(zone, clock.now())} now.`;
  }
  const { zone: others } = await times.of(guildId, null);
  return `When you say a time here, ${others === null ? 'I ask you for a city: this server has no time zone' : `I take it as **${others}**, as this server does`}.`;
}
