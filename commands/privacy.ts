import type { Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { askToForget, exportOwn, showOwn } from './privacy-own.ts';

/** What is kept of the person who asks, and what they want to happen with it. */
export const privacy: Command = {
  data: guildCommand('privacy', 'What I keep of you on this server')
    .addSubcommand((sub) => sub.setName('show').setDescription('Show what I keep of you here; only you see it'))
    .addSubcommand((sub) => sub.setName('export').setDescription('Get all that I keep of you here as a file'))
    .addSubcommand((sub) => sub.setName('forget').setDescription('Have me delete all that I keep of you here')),

  async execute(asked, context) {
    switch (asked.options.getSubcommand()) {
      case 'export':
        return exportOwn(asked, context);
      case 'forget':
        return askToForget(asked, context);
      default:
        return showOwn(asked, context);
    }
  },
};
