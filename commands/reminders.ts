import type { Asked, Command, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { plain } from './words.ts';

const SHOWN = 60;

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
    ),

  async execute(asked, context) {
    return asked.options.getSubcommand() === 'delete' ? remove(asked, context) : list(asked, context);
  },

  async autocomplete(typing, context) {
    const part = typing.options.getFocused().toLowerCase();
    const mine = await context.reminders.of(typing.guildId, typing.user.id);
    return mine
      .filter(({ id, text }) => `${id} ${text}`.toLowerCase().includes(part))
      .map(({ id, text }) => ({ name: `${id}: ${text}`.slice(0, 100).toWellFormed(), value: id }));
  },
};

async function list(asked: Asked, { reminders }: CommandContext): Promise<string> {
  const mine = await reminders.of(asked.guildId, asked.user.id);
  if (mine.length === 0) return 'You have no reminders here. Say “remind me …” while I am in your voice channel.';
  const lines = mine.map(({ id, text, dueAt }) => `**${id}** <t:${Math.floor(dueAt / 1000)}:R>: ${plain(text, SHOWN)}`);
  return [...lines, 'Cancel one with `/reminders delete`.'].join('\n').slice(0, 2_000);
}

async function remove(asked: Asked, { reminders }: CommandContext): Promise<string> {
  const id = asked.options.getInteger('reminder', true);
  const removed = await reminders.remove(asked.guildId, asked.user.id, id);
  return removed ? `Reminder ${id} is cancelled.` : `You have no reminder ${id}. \`/reminders list\` shows yours.`;
}
